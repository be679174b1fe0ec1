import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useErrorText } from "../../app/useErrorText";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { TextField } from "../../ui/Field";

type RenameDialogProps = { name: string; onClose: () => void; onSave: (name: string) => Promise<void> };

export function RenameDialog({ name, onClose, onSave }: RenameDialogProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const [text, setText] = useState(name);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const save = async () => {
    if (text.trim() === "") return;
    setBusy(true);
    try {
      await onSave(text.trim());
      onClose();
    } catch (error) {
      setFailure(errorText(error));
      setBusy(false);
    }
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={t("people.renameTitle", { name })}
      foot={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button look="primary" busy={busy} disabled={text.trim() === ""} onClick={() => void save()}>
            {t("common.save")}
          </Button>
        </>
      }
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <TextField
          label={t("people.fullName")}
          value={text}
          error={failure}
          autoFocus
          maxLength={120}
          onChange={(event) => setText(event.target.value)}
        />
      </form>
    </Dialog>
  );
}
