import { ArrowLeft, X } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { IconButton } from "./Button";
import styles from "./PanelFrame.module.css";

type PanelFrameProps = {
  title: string;
  subtitle?: string;
  onClose: () => void;
  /** Leads to a panel above this one. */
  onBack?: () => void;
  actions?: ReactNode;
  /** The content scrolls by itself. */
  bare?: boolean;
  children: ReactNode;
};

/** The frame of everything at the right of a conversation. */
export function PanelFrame({ title, subtitle, onClose, onBack, actions, bare = false, children }: PanelFrameProps) {
  const { t } = useTranslation();
  return (
    <>
      <header className={styles.head}>
        {onBack !== undefined && (
          <IconButton label={t("common.back")} tooltip={false} onClick={onBack}>
            <ArrowLeft size={20} />
          </IconButton>
        )}
        <div className={styles.texts}>
          <h2 className={styles.title}>{title}</h2>
          {subtitle !== undefined && <p className={styles.subtitle}>{subtitle}</p>}
        </div>
        {actions}
        <IconButton label={t("room.closePanel")} tooltip={false} onClick={onClose}>
          <X size={20} />
        </IconButton>
      </header>
      {bare ? children : <div className={styles.body}>{children}</div>}
    </>
  );
}
