import { domainOf } from "@team/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useClient } from "../../app/client";
import { useOwnUserId } from "../../app/ownUser";
import { useErrorText } from "../../app/useErrorText";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { TextField } from "../../ui/Field";
import form from "../../ui/Form.module.css";
import { Notice } from "../../ui/Notice";
import { Switch } from "../../ui/Switch";
import { isLocalpart, localpartFor } from "./localpart";
import type { LinkFor } from "./person";

type AddPersonDialogProps = { open: boolean; onClose: () => void; onLink: (link: LinkFor) => void };

export function AddPersonDialog(props: AddPersonDialogProps) {
  return props.open ? <AddPersonForm {...props} /> : null;
}

function AddPersonForm({ onClose, onLink }: AddPersonDialogProps) {
  const { t } = useTranslation();
  const client = useClient();
  const ownId = useOwnUserId();
  const errorText = useErrorText();
  const [name, setName] = useState("");
  // Null: follows the full name until somebody types their own.
  const [typedUser, setTypedUser] = useState<string | null>(null);
  const [admin, setAdmin] = useState(false);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const user = typedUser ?? localpartFor(name);
  const problem = user !== "" && !isLocalpart(user) ? t("errors.invalidUsername") : null;

  const add = async () => {
    if (user === "" || problem !== null || busy) return;
    setBusy(true);
    setFailure(null);
    try {
      const link = await client.admin.addUser({
        localpart: user,
        admin,
        ...(name.trim() === "" ? {} : { displayName: name.trim() }),
      });
      onClose();
      onLink({ link, name: name.trim() || user });
    } catch (error) {
      setFailure(errorText(error));
      setBusy(false);
    }
  };

  return (
    <Dialog
      open
      onClose={onClose}
      title={t("people.addTitle")}
      description={t("people.addText")}
      foot={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button look="primary" busy={busy} disabled={user === "" || problem !== null} onClick={() => void add()}>
            {t("people.addAction")}
          </Button>
        </>
      }
    >
      <form
        className={form.form}
        onSubmit={(event) => {
          event.preventDefault();
          void add();
        }}
      >
        {failure !== null && <Notice tone="danger">{failure}</Notice>}
        <TextField
          label={t("people.fullName")}
          placeholder={t("people.fullNamePlaceholder")}
          autoFocus
          autoComplete="off"
          maxLength={120}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <TextField
          label={t("people.user")}
          placeholder={t("people.userPlaceholder")}
          hint={user === "" ? t("people.userHint") : `@${user}:${domainOf(ownId)}. ${t("people.userHint")}`}
          error={problem}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          maxLength={100}
          value={user}
          onChange={(event) => setTypedUser(event.target.value)}
        />
        <Switch label={t("people.asAdmin")} hint={t("people.asAdminHint")} checked={admin} onChecked={setAdmin} />
        <button type="submit" hidden />
      </form>
    </Dialog>
  );
}
