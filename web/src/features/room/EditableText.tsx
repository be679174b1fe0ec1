import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useErrorText } from "../../app/useErrorText";
import { Button } from "../../ui/Button";
import { TextArea, TextField } from "../../ui/Field";
import form from "../../ui/Form.module.css";

type EditableTextProps = {
  label: string;
  value: string;
  placeholder?: string;
  multiline?: boolean;
  disabled?: boolean;
  hint?: string;
  required?: boolean;
  /** Characters. */
  limit?: number;
  onSave: (value: string) => Promise<void>;
};

/** A text that is saved by a button which appears with the first change. What is being written is never overwritten. */
export function EditableText({ label, value, placeholder, multiline, disabled, hint, required, limit, onSave }: EditableTextProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const [text, setText] = useState(value);
  /** What stood there when one began to write. */
  const [base, setBase] = useState(value);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  // What others change appears, unless one is writing oneself.
  if (base !== value && (text === base || text === value)) {
    setBase(value);
    setText(value);
  }
  const changed = text !== value;
  const meanwhile = changed && base !== value ? t("common.changedMeanwhile", { value }) : undefined;

  const save = async () => {
    if (!changed || (required === true && text.trim() === "")) return;
    setBusy(true);
    setFailure(null);
    try {
      await onSave(text.trim());
      setText(text.trim());
    } catch (error) {
      setFailure(errorText(error));
    } finally {
      setBusy(false);
    }
  };
  const shared = {
    label,
    value: text,
    error: failure,
    readOnly: disabled ?? false,
    ...(placeholder === undefined ? {} : { placeholder }),
    ...(meanwhile === undefined && hint === undefined ? {} : { hint: meanwhile ?? hint }),
  };
  return (
    <form
      className={form.form}
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      {multiline === true ? (
        <TextArea {...shared} rows={3} maxLength={limit ?? 2000} onChange={(event) => setText(event.target.value)} />
      ) : (
        <TextField {...shared} maxLength={limit ?? 200} onChange={(event) => setText(event.target.value)} />
      )}
      {changed && (
        <div className={form.row}>
          <Button
            type="submit"
            size="small"
            look="primary"
            busy={busy}
            disabled={required === true && text.trim() === ""}
            aria-label={`${t("common.save")}: ${label}`}
          >
            {t("common.save")}
          </Button>
          <Button
            size="small"
            look="ghost"
            onClick={() => {
              setText(value);
              setBase(value);
            }}
          >
            {t("common.cancel")}
          </Button>
        </div>
      )}
    </form>
  );
}
