import type { ComponentProps, ReactNode } from "react";
import { cx } from "./cx";
import { Spinner } from "./Spinner";
import { Tooltip } from "./Tooltip";
import styles from "./Button.module.css";

type ButtonProps = ComponentProps<"button"> & {
  look?: "primary" | "secondary" | "ghost" | "danger" | "dangerQuiet";
  size?: "small" | "medium" | "large";
  wide?: boolean;
  /** Work is under way: the button cannot be pressed again and shows it. */
  busy?: boolean;
  icon?: ReactNode;
  /** On a phone only the icon is seen; the words stay its name. */
  brief?: boolean;
};

export function Button({
  look = "secondary",
  size = "medium",
  wide = false,
  busy = false,
  icon,
  brief = false,
  className,
  children,
  disabled,
  type = "button",
  ...rest
}: ButtonProps) {
  return (
    <button
      type={type}
      className={cx(
        styles.button,
        styles[look],
        size === "small" && styles.small,
        size === "large" && styles.large,
        wide && styles.wide,
        brief && styles.brief,
        className,
      )}
      disabled={disabled === true || busy}
      aria-busy={busy || undefined}
      {...rest}
    >
      {busy ? <Spinner size={16} /> : icon}
      {brief ? <span className={styles.words}>{children}</span> : children}
    </button>
  );
}

type IconButtonProps = Omit<ComponentProps<"button">, "children"> & {
  /** The accessible name, also shown as a tooltip. */
  label: string;
  children: ReactNode;
  size?: "small" | "medium";
  /** A key combination shown in the tooltip. */
  keys?: string;
  tooltip?: boolean;
};

export function IconButton({
  label,
  children,
  size = "medium",
  keys,
  tooltip = true,
  className,
  type = "button",
  ...rest
}: IconButtonProps) {
  const button = (
    <button
      type={type}
      aria-label={label}
      className={cx(styles.icon, size === "small" && styles.iconSmall, className)}
      {...rest}
    >
      {children}
    </button>
  );
  return tooltip ? (
    <Tooltip label={label} keys={keys}>
      {button}
    </Tooltip>
  ) : (
    button
  );
}
