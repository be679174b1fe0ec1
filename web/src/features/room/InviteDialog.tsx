import type { Member, Room } from "@team/core";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useErrorText } from "../../app/useErrorText";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import form from "../../ui/Form.module.css";
import { Notice } from "../../ui/Notice";
import { useToasts } from "../../ui/Toast";
import { PeoplePicker } from "../rooms/PeoplePicker";
import type { PersonFound } from "../rooms/useUserSearch";

type InviteDialogProps = { open: boolean; onClose: () => void; room: Room; name: string; members: readonly Member[] };

export function InviteDialog(props: InviteDialogProps) {
  return props.open ? <InviteForm {...props} /> : null;
}

function InviteForm({ onClose, room, name, members }: InviteDialogProps) {
  const { t } = useTranslation();
  const toasts = useToasts();
  const errorText = useErrorText();
  const [people, setPeople] = useState<readonly PersonFound[]>([]);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const inAlready = useMemo(
    () => new Set(members.filter((one) => one.membership === "join" || one.membership === "invite").map((one) => one.userId)),
    [members],
  );

  const invite = async () => {
    setBusy(true);
    setFailure(null);
    const refused: PersonFound[] = [];
    let why: unknown = null;
    for (const person of people) {
      try {
        await room.invite(person.userId);
      } catch (error) {
        refused.push(person);
        why = error;
      }
    }
    setBusy(false);
    if (people.length > refused.length) toasts.tell(t("room.invitedToast", { count: people.length - refused.length }));
    if (refused.length === 0) onClose();
    else {
      setPeople(refused);
      setFailure(`${t("room.inviteFailed", { names: refused.map((person) => person.name).join(", ") })}. ${errorText(why)}`);
    }
  };

  return (
    <Dialog
      open
      onClose={onClose}
      title={t("room.inviteTitle", { room: name })}
      foot={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button look="primary" busy={busy} disabled={people.length === 0} onClick={() => void invite()}>
            {t("room.inviteAction")}
          </Button>
        </>
      }
    >
      <div className={form.form}>
        {failure !== null && <Notice tone="danger">{failure}</Notice>}
        <PeoplePicker label={t("create.invite")} chosen={people} onChosen={setPeople} without={inAlready} autoFocus />
      </div>
    </Dialog>
  );
}
