import { AlertTriangle, CircleAlert, Info } from "lucide-react";
import type { ReactNode } from "react";
import { cx } from "./cx";
import styles from "./Notice.module.css";

type Tone = "info" | "warning" | "danger";
const icons = { info: Info, warning: AlertTriangle, danger: CircleAlert };

/** A sentence that must be seen; a `danger` one is announced at once. */
export function Notice({ tone = "info", children }: { tone?: Tone; children: ReactNode }) {
  const Icon = icons[tone];
  return (
    <div className={cx(styles.notice, styles[tone])} role={tone === "danger" ? "alert" : "status"}>
      <Icon size={16} aria-hidden="true" />
      <div className={styles.body}>{children}</div>
    </div>
  );
}
