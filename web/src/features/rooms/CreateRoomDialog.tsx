import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useClient } from "../../app/client";
import { roomRoute } from "../../app/route";
import { useErrorText } from "../../app/useErrorText";
import { navigate } from "../../app/useRoute";
import { Button } from "../../ui/Button";
import { Choice } from "../../ui/Choice";
import { Dialog } from "../../ui/Dialog";
import { TextField } from "../../ui/Field";
import { Notice } from "../../ui/Notice";
import form from "../../ui/Form.module.css";
import { PeoplePicker } from "./PeoplePicker";
import type { PersonFound } from "./useUserSearch";

type DialogProps = { open: boolean; onClose: () => void };

export function CreateRoomDialog({ open, onClose }: DialogProps) {
  // The form lives as long as the dialog is open: the next room starts empty.
  return open ? <CreateRoomForm onClose={onClose} /> : null;
}

function CreateRoomForm({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const client = useClient();
  const errorText = useErrorText();
  const [name, setName] = useState("");
  const [topic, setTopic] = useState("");
  const [access, setAccess] = useState<"private" | "public">("private");
  const [people, setPeople] = useState<readonly PersonFound[]>([]);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);

  const create = async () => {
    if (name.trim() === "" || busy) return;
    setBusy(true);
    setFailure(null);
    try {
      const roomId = await client.rooms.create({
        name: name.trim(),
        ...(topic.trim() === "" ? {} : { topic: topic.trim() }),
        preset: access === "public" ? "public_chat" : "private_chat",
        listed: access === "public",
        invite: people.map((person) => person.userId),
      });
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
      title={t("create.title")}
      foot={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button look="primary" busy={busy} disabled={name.trim() === ""} onClick={() => void create()}>
            {t("create.create")}
          </Button>
        </>
      }
    >
      <form
        className={form.form}
        onSubmit={(event) => {
          event.preventDefault();
          void create();
        }}
      >
        {failure !== null && <Notice tone="danger">{failure}</Notice>}
        <TextField
          label={t("create.name")}
          placeholder={t("create.namePlaceholder")}
          maxLength={120}
          autoFocus
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <TextField
          label={t("create.topic")}
          placeholder={t("create.topicPlaceholder")}
          optional
          maxLength={500}
          value={topic}
          onChange={(event) => setTopic(event.target.value)}
        />
        <Choice
          label={t("create.access")}
          value={access}
          onValue={setAccess}
          options={[
            { value: "private", label: t("create.private"), text: t("create.privateText") },
            { value: "public", label: t("create.public"), text: t("create.publicText") },
          ]}
        />
        <PeoplePicker label={t("create.invite")} chosen={people} onChosen={setPeople} />
        <button type="submit" hidden />
      </form>
    </Dialog>
  );
}
