import { may, op, type Op, type Priority, type TaskView } from "@team/core";
import { Clock } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useClient } from "../../app/client";
import { useOwnUserId } from "../../app/ownUser";
import { formatRoute } from "../../app/route";
import { useObservable } from "../../app/useObservable";
import { Button } from "../../ui/Button";
import { SelectField, TextField } from "../../ui/Field";
import form from "../../ui/Form.module.css";
import { Notice } from "../../ui/Notice";
import { EditableText } from "../room/EditableText";
import { Checklist } from "./Checklist";
import { DecisionsDialog } from "./DecisionsDialog";
import { RequestAnswer } from "./RequestAnswer";
import { StatusControl } from "./StatusControl";
import { priorities } from "./TaskDialog";
import { fieldsOfWhen, useDueText, useLocalName, usePersonName, whenOfFields } from "./taskFacts";
import { useAssigneeOptions } from "./useAssigneeOptions";
import styles from "./TaskPanel.module.css";

/** Everything that a task says; a control where one may change it, and words where not. */
export function TaskDetails({ task }: { task: TaskView }) {
  const { t } = useTranslation();
  const client = useClient();
  const localName = useLocalName();
  const { labels } = useObservable(client.tasks.room(task.room_id));
  const dueText = useDueText();
  const run = async (...ops: Op[]) => {
    await client.tasks.run(task.id, ops);
  };
  const { date, time } = fieldsOfWhen(task.due);
  const setDue = (day: string, hour: string) => void run(op.due(whenOfFields(day, hour)));
  const labelled = may(task, "add:labels") && may(task, "remove:labels");
  const facts: [string, string][] = [];
  if (!may(task, "set:due")) facts.push([t("tasks.due"), task.due === null ? t("tasks.noDue") : dueText(task.due)]);
  if (!may(task, "set:priority")) facts.push([t("tasks.priority"), t(`priority.${task.priority}`)]);
  if (!labelled && task.labels.length > 0) {
    const names = task.labels.map((id) => localName(labels.find((label) => label.id === id)?.name ?? { en: id }));
    facts.push([t("tasks.labels"), names.join(", ")]);
  }

  return (
    <div className={styles.details} data-open-task={task.id}>
      <DecisionNotice task={task} />
      <RequestNotice task={task} />
      <div className={styles.line} data-field="status">
        <StatusControl task={task} />
        {task.mark.pending.length > 0 && <Clock size={15} role="img" aria-label={t("tasks.pending")} />}
      </div>
      {may(task, "set:title") ? (
        <EditableText label={t("tasks.fieldTitle")} value={task.title} required limit={255} onSave={(value) => run(op.title(value))} />
      ) : (
        <h3 className={styles.title}>{task.title}</h3>
      )}
      {may(task, "set:description") ? (
        <EditableText
          label={t("tasks.description")}
          value={task.description ?? ""}
          multiline
          limit={8000}
          onSave={(value) => run(op.description(value === "" ? null : value))}
        />
      ) : (
        task.description !== null && <p className={styles.text}>{task.description}</p>
      )}
      <div data-field="assignee">
        <AssigneeField task={task} />
      </div>
      {may(task, "set:due") && (
        <div className={form.fields} data-field="due">
          <TextField label={t("tasks.due")} type="date" value={date} onChange={(event) => setDue(event.target.value, time)} />
          <TextField
            label={t("tasks.dueTime")}
            optional
            type="time"
            disabled={date === ""}
            value={time}
            onChange={(event) => setDue(date, event.target.value)}
          />
        </div>
      )}
      {may(task, "set:priority") && (
        <div data-field="priority">
          <SelectField
            atOnce
            label={t("tasks.priority")}
            value={task.priority}
            onValue={(value) => void run(op.priority(value as Priority))}
            options={priorities.map((value) => ({ value, label: t(`priority.${value}`) }))}
          />
        </div>
      )}
      {labelled && labels.length > 0 && (
        <div role="group" aria-label={t("tasks.labels")}>
          <div className={styles.heading}>{t("tasks.labels")}</div>
          <div className={styles.line}>
            {labels.map(({ id, name }) => {
              const on = task.labels.includes(id);
              return (
                <button
                  key={id}
                  type="button"
                  className={styles.chip}
                  aria-pressed={on}
                  onClick={() => void run(on ? op.removeLabel(id) : op.addLabel(id))}
                >
                  {localName(name)}
                </button>
              );
            })}
          </div>
        </div>
      )}
      <Checklist task={task} />
      <dl className={styles.facts}>
        {facts.map(([what, value]) => (
          <Fact key={what} what={what} value={value} />
        ))}
        <Creator userId={task.creator} />
      </dl>
      {task.source !== null && (
        <a href={formatRoute({ page: "room", roomId: task.source.room_id, panel: null, eventId: task.source.event_id })}>{t("tasks.source")}</a>
      )}
    </div>
  );
}

function Fact({ what, value }: { what: string; value: string }) {
  return (
    <>
      <dt>{what}</dt>
      <dd>{value}</dd>
    </>
  );
}

function Creator({ userId }: { userId: string }) {
  const { t } = useTranslation();
  return <Fact what={t("tasks.creator")} value={usePersonName(userId)} />;
}

/** A change of mine to this very task that was not accepted. */
function DecisionNotice({ task }: { task: TaskView }) {
  const { t } = useTranslation();
  const [deciding, setDeciding] = useState(false);
  if (task.mark.problems.length === 0 && !deciding) return null;
  return (
    <Notice tone="warning">
      <p>{t("decisions.here")}</p>
      <Button size="small" onClick={() => setDeciding(true)}>
        {t("tasks.decide")}
      </Button>
      {deciding && <DecisionsDialog onClose={() => setDeciding(false)} />}
    </Notice>
  );
}

/** How the assignment stands, where there is something to answer or to know. */
function RequestNotice({ task }: { task: TaskView }) {
  const { t } = useTranslation();
  const assigner = usePersonName(task.assigner);
  if (may(task, "accept") || may(task, "decline")) {
    return (
      <Notice>
        <p>{t("tasks.requestFor", { name: assigner })}</p>
        <div className={styles.line}>
          <RequestAnswer task={task} />
        </div>
      </Notice>
    );
  }
  const { state, reason } = task.assignment;
  if (state === "requested" && task.assigned_to !== null) return <Waiting userId={task.assigned_to} />;
  if (state !== "declined") return null;
  return <Notice tone="warning">{reason === undefined ? t("tasks.declined") : t("tasks.declinedWhy", { reason })}</Notice>;
}

function Waiting({ userId }: { userId: string }) {
  const { t } = useTranslation();
  return <Notice>{t("tasks.requested", { name: usePersonName(userId) })}</Notice>;
}

function AssigneeField({ task }: { task: TaskView }) {
  const { t } = useTranslation();
  const client = useClient();
  const own = useOwnUserId();
  const options = useAssigneeOptions(client.rooms.room(task.room_id), own);
  const name = usePersonName(task.assigned_to ?? own);
  if (!may(task, "assign") && !may(task, "delegate")) {
    return (
      <div>
        <div className={styles.heading}>{t("tasks.assignee")}</div>
        <p>{task.assigned_to === null ? t("tasks.nobody") : name}</p>
      </div>
    );
  }
  const value = task.assigned_to ?? "";
  const all = options.some((option) => option.value === value) ? options : [...options, { value, label: name }];
  return (
    <SelectField
      atOnce
      label={t("tasks.assignee")}
      value={value}
      onValue={(next) => void client.tasks.run(task.id, [op.assign(next === "" ? null : next)])}
      options={all}
    />
  );
}
