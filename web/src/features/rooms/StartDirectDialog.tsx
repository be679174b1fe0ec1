import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useClient } from "../../app/client";
import { roomRoute } from "../../app/route";
import { useErrorText } from "../../app/useErrorText";
import { navigate } from "../../app/useRoute";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { Notice } from "../../ui/Notice";
import form from "../../ui/Form.module.css";
import { PeoplePicker } from "./PeoplePicker";
import type { PersonFound } from "./useUserSearch";

export function StartDirectDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  return open ? <StartDirectForm onClose={onClose} /> : null;
}

function StartDirectForm({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const client = useClient();
  const errorText = useErrorText();
  const [people, setPeople] = useState<readonly PersonFound[]>([]);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const person = people[0];

  const open = async () => {
    if (person === undefined) return;
    setBusy(true);
    setFailure(null);
    try {
      const roomId = await client.rooms.openDirect(person.userId);
      onClose();
      navigate(roomRoute(roomId));
    } catch (error) {
      setFailure(errorText(error));
      setBusy(false);
    }
  };

  return (
    <Dialog
      open
      onClose={onClose}
      title={t("create.directTitle")}
      description={t("create.directText")}
      foot={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button look="primary" busy={busy} disabled={person === undefined} onClick={() => void open()}>
            {t("create.message")}
          </Button>
        </>
      }
    >
      <div className={form.form}>
        {failure !== null && <Notice tone="danger">{failure}</Notice>}
        <PeoplePicker label={t("create.whom")} chosen={people} onChosen={setPeople} limit={1} autoFocus />
      </div>
    </Dialog>
  );
}
