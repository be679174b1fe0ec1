import type { TaskView } from "@team/core";
import { CalendarDays, Clock, Flag, UserRound } from "lucide-react";
import { useTranslation } from "react-i18next";
import { cx } from "../../ui/cx";
import { isLate, useDueText, usePersonName } from "./taskFacts";
import styles from "./TaskFacts.module.css";

/** Who, by when, how urgent: as much as a card or a line shows of a task. */
export function TaskFacts({ task }: { task: TaskView }) {
  const { t } = useTranslation();
  const dueText = useDueText();
  const late = isLate(task);
  const waits = task.mark.pending.length > 0 || task.mark.creating;
  return (
    <span className={styles.facts}>
      {task.assigned_to !== null && <Assignee userId={task.assigned_to} asked={task.assignment.state === "requested"} />}
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
      {waits && (
        <span className={styles.fact} title={t("tasks.pending")}>
          <Clock size={14} role="img" aria-label={t("tasks.pending")} />
        </span>
      )}
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
