import { may, op, type Op, type Priority, type TaskView } from "@team/core";
import { useTranslation } from "react-i18next";
import { useClient } from "../../app/client";
import { useOwnUserId } from "../../app/ownUser";
import { useObservable } from "../../app/useObservable";
import { Button } from "../../ui/Button";
import { SelectField, TextField } from "../../ui/Field";
import { useToasts } from "../../ui/Toast";
import { priorities } from "./TaskDialog";
import { useLocalName } from "./taskFacts";
import { useAssigneeOptions } from "./useAssigneeOptions";
import styles from "./TaskList.module.css";

/** One change for all chosen tasks; those that do not allow it are left as they are, and counted. */
export function BulkBar({ roomId, tasks, onDone }: { roomId: string; tasks: readonly TaskView[]; onDone: () => void }) {
  const { t } = useTranslation();
  const client = useClient();
  const toasts = useToasts();
  const own = useOwnUserId();
  const localName = useLocalName();
  const { workflow } = useObservable(client.tasks.room(roomId));
  const people = useAssigneeOptions(client.rooms.room(roomId), own);
  const ways = workflow.statuses.filter(({ id }) => tasks.some((task) => may(task, `transition:${id}`)));
  const change = async (...ops: Op[]) => {
    const { left } = await client.tasks.bulk(tasks.map(({ id }) => id), ops);
    if (left.length > 0) toasts.warn(t("taskList.left", { count: left.length }));
    onDone();
  };
  const choose = { value: "-", label: t("taskList.choose") };
  return (
    <div className={styles.bulk} role="toolbar" aria-label={t("taskList.bulk")}>
      <span className={styles.bulkCount}>{t("taskList.picked", { count: tasks.length })}</span>
      {ways.length > 0 && (
        <SelectField
          atOnce
          label={t("tasks.status")}
          value="-"
          onValue={(to) => void change(op.transition(to))}
          options={[choose, ...ways.map(({ id, name }) => ({ value: id, label: localName(name) }))]}
        />
      )}
      {tasks.some((task) => may(task, "assign")) && (
        <SelectField
          atOnce
          label={t("tasks.assignee")}
          value="-"
          onValue={(to) => void change(op.assign(to === "" ? null : to))}
          options={[choose, ...people]}
        />
      )}
      {tasks.some((task) => may(task, "set:priority")) && (
        <SelectField
          atOnce
          label={t("tasks.priority")}
          value="-"
          onValue={(to) => void change(op.priority(to as Priority))}
          options={[choose, ...priorities.map((value) => ({ value, label: t(`priority.${value}`) }))]}
        />
      )}
      {tasks.some((task) => may(task, "set:due")) && (
        <TextField
          label={t("tasks.due")}
          type="date"
          value=""
          onChange={(event) => event.target.value !== "" && void change(op.due({ date: event.target.value }))}
        />
      )}
      <Button size="small" onClick={onDone}>
        {t("common.cancel")}
      </Button>
    </div>
  );
}
