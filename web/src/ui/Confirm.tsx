import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "./Button";
import { Dialog } from "./Dialog";
import { Notice } from "./Notice";

type ConfirmProps = {
  open: boolean;
  onClose: () => void;
  title: string;
  text: string;
  action: string;
  /** Rejects with an Error whose message may be shown. */
  onConfirm: () => Promise<void> | void;
  danger?: boolean;
  explain?: (error: unknown) => string;
};

/** Asks once before something that cannot be taken back easily. Enter does what does no harm. */
export function Confirm({ open, onClose, title, text, action, onConfirm, danger = true, explain }: ConfirmProps) {
  const { t } = useTranslation();
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const confirm = async () => {
    setBusy(true);
    setFailure(null);
    try {
      await onConfirm();
      onClose();
    } catch (error) {
      setFailure(explain ? explain(error) : t("errors.unknown"));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={title}
      foot={
        <>
          <Button autoFocus={danger} onClick={onClose}>
            {t("common.cancel")}
          </Button>
          <Button autoFocus={!danger} look={danger ? "danger" : "primary"} busy={busy} onClick={() => void confirm()}>
            {action}
          </Button>
        </>
      }
    >
      <p>{text}</p>
      {failure !== null && <Notice tone="danger">{failure}</Notice>}
    </Dialog>
  );
}
