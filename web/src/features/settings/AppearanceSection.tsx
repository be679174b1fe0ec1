import { Monitor, Moon, Sun } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useObservable } from "../../app/useObservable";
import { changeLanguage, languages, type Language } from "../../i18n";
import { preferences, type Theme } from "../../platform/preferences";
import { Segments } from "../../ui/Choice";
import styles from "./SettingsPage.module.css";

export function AppearanceSection() {
  const { t } = useTranslation();
  const { theme, language } = useObservable(preferences);
  return (
    <>
      <div className={styles.field}>
        <span className={styles.label}>{t("settings.theme")}</span>
        <Segments<Theme>
          label={t("settings.theme")}
          value={theme}
          onValue={(next) => preferences.change({ theme: next })}
          options={[
            { value: "light", label: t("settings.themeLight"), icon: <Sun size={15} /> },
            { value: "dark", label: t("settings.themeDark"), icon: <Moon size={15} /> },
            { value: "system", label: t("settings.themeSystem"), icon: <Monitor size={15} /> },
          ]}
        />
      </div>
      <div className={styles.field}>
        <span className={styles.label}>{t("settings.language")}</span>
        <Segments<Language>
          label={t("settings.language")}
          value={language}
          onValue={(next) => {
            preferences.change({ language: next });
            changeLanguage(next);
          }}
          options={languages.map(({ code, name }) => ({ value: code, label: name }))}
        />
      </div>
    </>
  );
}
