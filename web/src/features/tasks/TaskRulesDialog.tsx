import { TaskProblem, type Room } from "@team/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useClient } from "../../app/client";
import { useObservable } from "../../app/useObservable";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { SelectField, TextField } from "../../ui/Field";
import { Notice } from "../../ui/Notice";
import { Switch } from "../../ui/Switch";
import { useToasts } from "../../ui/Toast";
import { usePeople } from "../room/usePeople";
import { LabelsEditor } from "./LabelsEditor";
import { changesOf, draftOf, isPrefix, isSound, type RuleDraft } from "./ruleDraft";
import { StatusesEditor } from "./StatusesEditor";
import panel from "./TaskPanel.module.css";
import styles from "./TaskRules.module.css";
import { useProblemText } from "./useProblemText";

/** How a room's tasks go: for those whom the service lets configure them. */
export function TaskRulesDialog({ room, onClose }: { room: Room; onClose: () => void }) {
  const { t } = useTranslation();
  const client = useClient();
  const toasts = useToasts();
  const problemText = useProblemText();
  const rules = useObservable(client.tasks.room(room.roomId));
  const [before] = useState(() => draftOf(rules));
  const [draft, setDraft] = useState(before);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const change = (part: Partial<RuleDraft>) => setDraft((now) => ({ ...now, ...part }));
  const changes = changesOf(before, draft);
  const ready = Object.keys(changes).length > 0 && isSound(draft);
  const save = async () => {
    if (!ready) return;
    setBusy(true);
    setFailure(null);
    try {
      await client.tasks.configure(room.roomId, changes);
      toasts.tell(t("common.saved"));
      onClose();
    } catch (error) {
      const taken = error instanceof TaskProblem && error.code === "conflict" && changes.prefix !== undefined;
      setFailure(taken ? t("taskRules.prefixTaken") : problemText(error));
      setBusy(false);
    }
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={t("taskRules.title")}
      size="wide"
      foot={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button look="primary" busy={busy} disabled={!ready} onClick={() => void save()}>
            {t("common.save")}
          </Button>
        </>
      }
    >
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Switch label={t("taskRules.enabled")} hint={t("taskRules.enabledHint")} checked={draft.enabled} onChecked={(enabled) => change({ enabled })} />
        <div className={styles.fields}>
          {rules.config?.kind === "team" && (
            <TextField
              label={t("taskRules.prefix")}
              maxLength={10}
              value={draft.prefix}
              hint={t("taskRules.prefixHint", { key: `${draft.prefix}-12` })}
              error={isPrefix(draft.prefix) ? null : t("taskRules.prefixWrong")}
              onChange={(event) => change({ prefix: event.target.value.toUpperCase() })}
            />
          )}
          <SelectField
            label={t("taskRules.create")}
            value={draft.create}
            onValue={(create) => change({ create: create as RuleDraft["create"] })}
            options={(["member", "manager", "admin"] as const).map((value) => ({ value, label: t(`taskRules.creates.${value}`) }))}
          />
          <SelectField
            label={t("taskRules.announce")}
            value={draft.announce}
            onValue={(announce) => change({ announce: announce as RuleDraft["announce"] })}
            options={(["all", "important", "none"] as const).map((value) => ({ value, label: t(`taskRules.announces.${value}`) }))}
          />
          <SelectField
            label={t("taskRules.nonMember")}
            value={draft.nonMember}
            onValue={(nonMember) => change({ nonMember: nonMember as RuleDraft["nonMember"] })}
            options={(["invite", "reject"] as const).map((value) => ({ value, label: t(`taskRules.nonMembers.${value}`) }))}
          />
        </div>
        <Switch
          label={t("taskRules.lineManagers")}
          hint={t("taskRules.lineManagersHint")}
          checked={draft.lineManagerEdits}
          onChecked={(lineManagerEdits) => change({ lineManagerEdits })}
        />
        <AdminsEditor room={room} admins={draft.admins} onAdmins={(admins) => change({ admins })} />
        <LabelsEditor labels={draft.labels} onLabels={(labels) => change({ labels })} />
        <StatusesEditor workflow={draft.workflow} onWorkflow={(workflow) => change({ workflow })} />
        <button type="submit" hidden />
      </form>
      {failure !== null && <Notice tone="danger">{failure}</Notice>}
    </Dialog>
  );
}

/** Members who may do everything with the room's tasks. */
function AdminsEditor({ room, admins, onAdmins }: { room: Room; admins: readonly string[]; onAdmins: (admins: readonly string[]) => void }) {
  const { t } = useTranslation();
  const people = usePeople(room).filter(({ userId, membership }) => membership === "join" || admins.includes(userId));
  return (
    <div role="group" aria-label={t("taskRules.admins")}>
      <h3 className={styles.heading}>{t("taskRules.admins")}</h3>
      <div className={panel.line}>
        {people.map(({ userId, name }) => {
          const on = admins.includes(userId);
          return (
            <button
              key={userId}
              type="button"
              className={panel.chip}
              aria-pressed={on}
              onClick={() => onAdmins(on ? admins.filter((each) => each !== userId) : [...admins, userId])}
            >
              {name}
            </button>
          );
        })}
      </div>
    </div>
  );
}
