import { useEffect, useState } from "react";
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
  onSave: (value: string) => Promise<void>;
};

/** A text that is saved by a button which appears with the first change. */
export function EditableText({ label, value, placeholder, multiline, disabled, hint, required, onSave }: EditableTextProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const [text, setText] = useState(value);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  // What others change appears, unless one is writing oneself.
  useEffect(() => setText(value), [value]);
  const changed = text !== value;

  const save = async () => {
    if (!changed || (required === true && text.trim() === "")) return;
    setBusy(true);
    setFailure(null);
    try {
      await onSave(text.trim());
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
    ...(hint === undefined ? {} : { hint }),
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
        <TextArea {...shared} rows={3} maxLength={2000} onChange={(event) => setText(event.target.value)} />
      ) : (
        <TextField {...shared} maxLength={200} onChange={(event) => setText(event.target.value)} />
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
          <Button size="small" look="ghost" onClick={() => setText(value)}>
            {t("common.cancel")}
          </Button>
        </div>
      )}
    </form>
  );
}
