import type { TaskView } from "@team/core";
import { CalendarDays, CircleSlash, Clock, Flag, ListChecks, UserRound } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useClient } from "../../app/client";
import { useOwnUserId } from "../../app/ownUser";
import { useObservable } from "../../app/useObservable";
import { cx } from "../../ui/cx";
import { isLate, useDueText, useLocalName, usePersonName } from "./taskFacts";
import styles from "./TaskFacts.module.css";

/** Who, by when, how urgent: as much as a card or a line shows of a task. */
export function TaskFacts({ task }: { task: TaskView }) {
  const { t } = useTranslation();
  const dueText = useDueText();
  const own = useOwnUserId();
  const late = isLate(task);
  const waits = task.mark.pending.length > 0 || task.mark.creating;
  return (
    <span className={styles.facts}>
      {task.assigned_to === own && task.assignment.state === "requested" ? (
        <Asker userId={task.assigner} />
      ) : (
        task.assigned_to !== null && <Assignee userId={task.assigned_to} asked={task.assignment.state === "requested"} />
      )}
      {task.assignment.state === "declined" && (
        <span className={cx(styles.fact, styles.late)}>
          <CircleSlash size={14} aria-hidden="true" />
          {task.assignment.reason === undefined ? t("tasks.declined") : t("tasks.declinedWhy", { reason: task.assignment.reason })}
        </span>
      )}
      {task.due !== null && (
        <span className={cx(styles.fact, late && styles.late)}>
          <CalendarDays size={14} aria-hidden="true" />
          <span className="visually-hidden">{t("tasks.due")}: </span>
          {dueText(task.due)}
          {late && ` · ${t("tasks.overdue")}`}
        </span>
      )}
      {(task.priority === "high" || task.priority === "urgent") && (
        <span className={cx(styles.fact, styles.late)}>
          <Flag size={14} aria-hidden="true" />
          <span className="visually-hidden">{t("tasks.priority")}: </span>
          {t(`priority.${task.priority}`)}
        </span>
      )}
      {task.checklist.length > 0 && (
        <span className={styles.fact}>
          <ListChecks size={14} aria-hidden="true" />
          <span className="visually-hidden">{t("tasks.checklist")}: </span>
          {`${task.checklist.filter(({ done }) => done).length}/${task.checklist.length}`}
        </span>
      )}
      {task.labels.length > 0 && <Labels task={task} />}
      {waits && (
        <span className={styles.fact} title={t("tasks.pending")}>
          <Clock size={14} role="img" aria-label={t("tasks.pending")} />
        </span>
      )}
    </span>
  );
}

function Labels({ task }: { task: TaskView }) {
  const localName = useLocalName();
  const { labels } = useObservable(useClient().tasks.room(task.room_id));
  return task.labels.map((id) => {
    const label = labels.find((each) => each.id === id);
    return (
      <span key={id} className={styles.label}>
        <i className={styles.colour} style={{ background: label?.color ?? "var(--text-3)" }} aria-hidden="true" />
        {label === undefined ? id : localName(label.name)}
      </span>
    );
  });
}

function Asker({ userId }: { userId: string }) {
  const { t } = useTranslation();
  return (
    <span className={styles.fact}>
      <UserRound size={14} aria-hidden="true" />
      {t("tasks.askedBy", { name: usePersonName(userId) })}
    </span>
  );
}

function Assignee({ userId, asked }: { userId: string; asked: boolean }) {
  const { t } = useTranslation();
  const name = usePersonName(userId);
  return (
    <span className={styles.fact}>
      <UserRound size={14} aria-hidden="true" />
      <span className="visually-hidden">{t("tasks.assignee")}: </span>
      {asked ? t("tasks.requested", { name }) : name}
    </span>
  );
}
