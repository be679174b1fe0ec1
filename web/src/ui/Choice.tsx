import { RadioGroup as Radix } from "radix-ui";
import { useId } from "react";
import type { ReactNode } from "react";
import styles from "./Choice.module.css";

type Option<T extends string> = { value: T; label: string; text?: string; icon?: ReactNode };
type ChoiceProps<T extends string> = {
  label: string;
  value: T;
  onValue: (value: T) => void;
  options: Option<T>[];
  disabled?: boolean;
};

/** One of a few, each with a line that explains it. */
export function Choice<T extends string>({ label, value, onValue, options, disabled = false }: ChoiceProps<T>) {
  const id = useId();
  return (
    <div>
      <div className={styles.legend} id={id}>
        {label}
      </div>
      <Radix.Root
        className={styles.group}
        aria-labelledby={id}
        value={value}
        disabled={disabled}
        onValueChange={(next) => onValue(next as T)}
      >
        {options.map((option) => (
          <Radix.Item key={option.value} value={option.value} className={styles.card} aria-label={option.label}>
            <span className={styles.dot} aria-hidden="true" />
            <span>
              <span className={styles.title}>{option.label}</span>
              {option.text !== undefined && <span className={styles.text}>{option.text}</span>}
            </span>
          </Radix.Item>
        ))}
      </Radix.Root>
    </div>
  );
}

/** One of a few short words, side by side. */
export function Segments<T extends string>({ label, value, onValue, options }: ChoiceProps<T>) {
  return (
    <Radix.Root
      className={styles.segments}
      aria-label={label}
      orientation="horizontal"
      value={value}
      onValueChange={(next) => onValue(next as T)}
    >
      {options.map((option) => (
        <Radix.Item key={option.value} value={option.value} className={styles.segment}>
          {option.icon}
          {option.label}
        </Radix.Item>
      ))}
    </Radix.Root>
  );
}
