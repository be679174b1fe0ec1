import type { ReactNode } from "react";
import { cx } from "./cx";
import styles from "./Badge.module.css";

type CountBadgeProps = {
  count: number;
  /** How many there should be at most. */
  limit?: number | undefined;
  tone?: "accent" | "highlight" | "quiet";
  label?: string;
  /** The name of the link or button around it says the number already. */
  decorative?: boolean;
};

/** A number of unread things; more than 99 is "99+". `label` says what is counted. */
export function CountBadge({ count, limit, tone = "accent", label, decorative = false }: CountBadgeProps) {
  return (
    <span
      className={cx(styles.badge, tone === "highlight" && styles.highlight, tone === "quiet" && styles.quiet)}
      {...(label === undefined ? {} : { "aria-label": label, role: "img" })}
      aria-hidden={decorative || undefined}
    >
      {count > 99 ? "99+" : count}
      {limit !== undefined && ` / ${limit}`}
    </span>
  );
}

export function Tag({ tone = "plain", children }: { tone?: "plain" | "accent" | "warning" | "danger"; children: ReactNode }) {
  return <span className={cx(styles.tag, tone !== "plain" && styles[tone])}>{children}</span>;
}
