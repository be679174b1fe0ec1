import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import { useState, type ComponentProps, type ReactNode } from "react";
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

/** The button of the menu that the focus is in: the menu is gone when the dialog closes. */
function menuButton(): HTMLElement | null {
  const menu = document.activeElement?.closest('[role="menu"]');
  return document.getElementById(menu?.getAttribute("aria-labelledby") ?? "");
}

function focused(): HTMLElement | null {
  const { activeElement } = document;
  return activeElement instanceof HTMLElement && activeElement !== document.body ? activeElement : null;
}

function Content(props: ComponentProps<typeof Radix.Content>) {
  const [ofMenu] = useState(menuButton);
  const [before] = useState(focused);
  return (
    <Radix.Content
      {...props}
      onCloseAutoFocus={(event) => {
        // What the dialog has led to may have taken the focus already, such as the field of another room.
        const opener = ofMenu ?? (focused() === null ? before : null);
        if (opener === null || !opener.isConnected) return;
        event.preventDefault();
        opener.focus();
      }}
    />
  );
}

/** A modal question or form. Escape and a click outside close it; focus returns to where it was. */
export function Dialog({ open, onClose, title, description, children, foot, size = "medium", top, bare }: DialogProps) {
  const { t } = useTranslation();
  return (
    <Radix.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className={styles.overlay}>
          <Content
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
          </Content>
        </Radix.Overlay>
      </Radix.Portal>
    </Radix.Root>
  );
}
