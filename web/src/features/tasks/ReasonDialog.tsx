import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { TextArea } from "../../ui/Field";

type ReasonDialogProps = { title: string; action: string; onClose: () => void; onReason: (reason: string) => void };

/** Asks why: some steps want a reason that others read. */
export function ReasonDialog({ title, action, onClose, onReason }: ReasonDialogProps) {
  const { t } = useTranslation();
  const [reason, setReason] = useState("");
  const empty = reason.trim() === "";
  return (
    <Dialog
      open
      onClose={onClose}
      title={title}
      foot={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button
            look="primary"
            disabled={empty}
            onClick={() => {
              onReason(reason.trim());
              onClose();
            }}
          >
            {action}
          </Button>
        </>
      }
    >
      <TextArea label={t("tasks.reason")} autoFocus rows={3} maxLength={300} value={reason} onChange={(event) => setReason(event.target.value)} />
    </Dialog>
  );
}
