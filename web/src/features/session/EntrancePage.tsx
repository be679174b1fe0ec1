import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useObservable } from "../../app/useObservable";
import { changeLanguage, languages, type Language } from "../../i18n";
import { preferences } from "../../platform/preferences";
import { Segments } from "../../ui/Choice";
import { Logo } from "../../ui/Logo";
import { Avatar } from "../../ui/Avatar";
import styles from "./EntrancePage.module.css";

type EntranceProps = { title: string; text?: string; help?: string; children: ReactNode };

/** The frame of every page before the app: sign in, welcome, new password. */
export function EntrancePage({ title, text, help, children }: EntranceProps) {
  const { t } = useTranslation();
  const { language } = useObservable(preferences);
  const speak = (next: Language) => {
    preferences.change({ language: next });
    changeLanguage(next);
  };
  return (
    <div className={styles.page}>
      <main className={styles.column}>
        <div className={styles.brand}>
          <Logo size={34} />
          {t("common.appName")}
        </div>
        <div className={styles.card}>
          <div>
            <h1 className={styles.title}>{title}</h1>
            {text !== undefined && <p className={styles.text}>{text}</p>}
          </div>
          {children}
        </div>
        {help !== undefined && <p className={styles.help}>{help}</p>}
        <div className={styles.foot}>
          <Segments
            label={t("settings.language")}
            value={language}
            onValue={speak}
            options={languages.map(({ code, name }) => ({ value: code, label: name }))}
          />
        </div>
      </main>
    </div>
  );
}

export function EntranceForm({ onSubmit, children }: { onSubmit: () => void; children: ReactNode }) {
  return (
    <form
      className={styles.form}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      {children}
    </form>
  );
}

/** Who this page is about. */
export function EntranceUser({ userId, name }: { userId: string; name: string }) {
  return (
    <div className={styles.user}>
      <Avatar id={userId} name={name} size={40} />
      <div className={styles.userTexts}>
        <div className={styles.userName}>{name}</div>
        <div className={styles.userId}>{userId}</div>
      </div>
    </div>
  );
}
