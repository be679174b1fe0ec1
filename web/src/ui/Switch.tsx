import { Switch as Radix } from "radix-ui";
import { useId } from "react";
import styles from "./Switch.module.css";

type SwitchProps = { label: string; hint?: string; checked: boolean; onChecked: (checked: boolean) => void; disabled?: boolean };

export function Switch({ label, hint, checked, onChecked, disabled = false }: SwitchProps) {
  const id = useId();
  return (
    <div className={styles.row}>
      <div className={styles.texts}>
        <label className={styles.label} htmlFor={id}>
          {label}
        </label>
        {hint !== undefined && (
          <span className={styles.hint} id={`${id}-hint`}>
            {hint}
          </span>
        )}
      </div>
      <Radix.Root
        id={id}
        className={styles.switch}
        checked={checked}
        disabled={disabled}
        onCheckedChange={onChecked}
        {...(hint === undefined ? {} : { "aria-describedby": `${id}-hint` })}
      >
        <Radix.Thumb className={styles.thumb} />
      </Radix.Root>
    </div>
  );
}
