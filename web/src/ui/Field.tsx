import { Eye, EyeOff, Search, X } from "lucide-react";
import { useId, useState } from "react";
import type { ChangeEvent, ComponentProps, ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { IconButton } from "./Button";
import { cx } from "./cx";
import styles from "./Field.module.css";
import { useSettledChoice } from "./useSettledChoice";

/** What is wrong takes the place of the hint. */
type FieldTexts = { label: string; hint?: ReactNode; error?: string | null | undefined; optional?: boolean };

function Frame({ id, label, hint, error, optional, children }: FieldTexts & { id: string; children: ReactNode }) {
  const { t } = useTranslation();
  const wrong = error != null && error !== "";
  return (
    <div className={styles.field}>
      <label className={styles.label} htmlFor={id}>
        {label}
        {optional && <span className={styles.optional}>{t("common.optional")}</span>}
      </label>
      {children}
      {hint !== undefined && !wrong && (
        <div className={styles.hint} id={`${id}-hint`}>
          {hint}
        </div>
      )}
      {wrong && (
        <div className={styles.error} id={`${id}-error`} role="alert">
          {error}
        </div>
      )}
    </div>
  );
}

function describedBy(id: string, { hint, error }: Pick<FieldTexts, "hint" | "error">): string | undefined {
  if (error != null && error !== "") return `${id}-error`;
  return hint === undefined ? undefined : `${id}-hint`;
}

type TextFieldProps = Omit<ComponentProps<"input">, "id"> & FieldTexts & { start?: ReactNode; end?: ReactNode };

export function TextField({ label, hint, error, optional, start, end, className, ...rest }: TextFieldProps) {
  const id = useId();
  return (
    <Frame id={id} label={label} hint={hint} error={error} optional={optional ?? false}>
      <div className={styles.wrap}>
        {start !== undefined && <span className={styles.start}>{start}</span>}
        <input
          id={id}
          className={cx(styles.input, start !== undefined && styles.withStart, end !== undefined && styles.withEnd, className)}
          aria-invalid={error != null && error !== "" ? true : undefined}
          aria-describedby={describedBy(id, { hint, error })}
          {...rest}
        />
        {end !== undefined && <span className={styles.end}>{end}</span>}
      </div>
    </Frame>
  );
}

export function PasswordField(props: Omit<TextFieldProps, "type" | "end">) {
  const { t } = useTranslation();
  const [shown, setShown] = useState(false);
  return (
    <TextField
      {...props}
      type={shown ? "text" : "password"}
      end={
        <IconButton
          size="small"
          label={shown ? t("common.hidePassword") : t("common.showPassword")}
          tooltip={false}
          onClick={() => setShown(!shown)}
        >
          {shown ? <EyeOff size={18} /> : <Eye size={18} />}
        </IconButton>
      }
    />
  );
}

type TextAreaProps = Omit<ComponentProps<"textarea">, "id"> & FieldTexts;

export function TextArea({ label, hint, error, optional, className, ...rest }: TextAreaProps) {
  const id = useId();
  return (
    <Frame id={id} label={label} hint={hint} error={error} optional={optional ?? false}>
      <textarea
        id={id}
        className={cx(styles.input, className)}
        aria-invalid={error != null && error !== "" ? true : undefined}
        aria-describedby={describedBy(id, { hint, error })}
        {...rest}
      />
    </Frame>
  );
}

type SelectFieldProps = Omit<ComponentProps<"select">, "id" | "onChange"> & FieldTexts & {
  value: string;
  onValue: (value: string) => void;
  /** Choosing does something, not only says what is to be done: see {@link useSettledChoice}. */
  atOnce?: boolean;
  options: readonly { readonly value: string; readonly label: string }[];
};

/** One of many; the system's own list, so that fingers and screen readers know it. */
export function SelectField({ label, hint, error, optional, className, options, value, onValue, atOnce = false, ...rest }: SelectFieldProps) {
  const id = useId();
  const settled = useSettledChoice(value, onValue);
  const choice = atOnce ? settled : { value, onChange: (event: ChangeEvent<HTMLSelectElement>) => onValue(event.target.value) };
  return (
    <Frame id={id} label={label} hint={hint} error={error} optional={optional ?? false}>
      <select
        id={id}
        className={cx(styles.input, className)}
        aria-describedby={describedBy(id, { hint, error })}
        {...choice}
        {...rest}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    </Frame>
  );
}

type SearchFieldProps = Omit<ComponentProps<"input">, "onChange" | "value"> & {
  label: string;
  value: string;
  onValue: (value: string) => void;
};

/** A search box: its label is for screen readers, its placeholder for eyes. Escape empties it. */
export function SearchField({ label, value, onValue, className, onKeyDown, ...rest }: SearchFieldProps) {
  const { t } = useTranslation();
  return (
    <div className={styles.wrap}>
      <span className={styles.start}>
        <Search size={16} aria-hidden="true" />
      </span>
      <input
        type="search"
        role="searchbox"
        aria-label={label}
        placeholder={label}
        autoComplete="off"
        value={value}
        className={cx(styles.input, styles.search, styles.withStart, value !== "" && styles.withEnd, className)}
        onChange={(event) => onValue(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape" && value !== "") {
            event.stopPropagation();
            event.preventDefault();
            onValue("");
          }
          onKeyDown?.(event);
        }}
        {...rest}
      />
      {value !== "" && (
        <span className={styles.end}>
          <IconButton size="small" label={t("common.clear")} tooltip={false} onClick={() => onValue("")}>
            <X size={16} />
          </IconButton>
        </span>
      )}
    </div>
  );
}
