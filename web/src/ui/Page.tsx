import { ArrowLeft } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { IconButton } from "./Button";
import { cx } from "./cx";
import styles from "./Page.module.css";

type PageProps = {
  className?: string | undefined;
  title: string;
  subtitle?: string | undefined;
  /** Leads back on a phone, where the list is another page. */
  onBack: () => void;
  actions?: ReactNode;
  /** The body brings its own columns and scrolling. */
  bare?: boolean;
  children: ReactNode;
};

export function Page({ className, title, subtitle, onBack, actions, bare = false, children }: PageProps) {
  const { t } = useTranslation();
  return (
    <main className={cx(styles.page, className)} aria-label={title}>
      <header className={styles.head}>
        <IconButton label={t("common.back")} className={styles.back} tooltip={false} onClick={onBack}>
          <ArrowLeft size={20} />
        </IconButton>
        <div className={styles.headTexts}>
          <h1 className={styles.title}>{title}</h1>
          {subtitle !== undefined && <p className={styles.subtitle}>{subtitle}</p>}
        </div>
        {actions}
      </header>
      {bare ? children : <div className={styles.body}>{children}</div>}
    </main>
  );
}
