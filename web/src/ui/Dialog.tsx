import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { IconButton } from "./Button";
import { cx } from "./cx";
import styles from "./Dialog.module.css";

type DialogProps = {
  open: boolean;
  onClose: () => void;
  title: string;
  description?: ReactNode;
  children: ReactNode;
  /** Buttons under the scrolling body. */
  foot?: ReactNode;
  size?: "medium" | "wide" | "huge";
  /** Stands at the top of the window instead of its middle. */
  top?: boolean;
  /** Hides the visible heading; the dialog keeps its name. */
  bare?: boolean;
};

/** A modal question or form. Escape and a click outside close it; focus returns to where it was. */
export function Dialog({ open, onClose, title, description, children, foot, size = "medium", top, bare }: DialogProps) {
  const { t } = useTranslation();
  return (
    <Radix.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className={styles.overlay}>
          <Radix.Content
            className={cx(styles.content, size !== "medium" && styles[size], top && styles.top)}
            {...(description === undefined ? { "aria-describedby": undefined } : {})}
          >
            {bare ? (
              <Radix.Title className="visually-hidden">{title}</Radix.Title>
            ) : (
              <header className={styles.head}>
                <div className={styles.titles}>
                  <Radix.Title className={styles.title}>{title}</Radix.Title>
                  {description !== undefined && (
                    <Radix.Description className={styles.description}>{description}</Radix.Description>
                  )}
                </div>
                <Radix.Close asChild>
                  <IconButton label={t("common.close")} tooltip={false}>
                    <X size={20} />
                  </IconButton>
                </Radix.Close>
              </header>
            )}
            {bare ? children : <div className={styles.body}>{children}</div>}
            {foot !== undefined && <footer className={styles.foot}>{foot}</footer>}
          </Radix.Content>
        </Radix.Overlay>
      </Radix.Portal>
    </Radix.Root>
  );
}
