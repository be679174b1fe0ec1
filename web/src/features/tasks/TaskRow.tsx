import type { TaskView } from "@team/core";
import { useTranslation } from "react-i18next";
import { cx } from "../../ui/cx";
import { RequestAnswer } from "./RequestAnswer";
import { StatusControl } from "./StatusControl";
import { callOf, isClosed } from "./taskFacts";
import { TaskFacts } from "./TaskFacts";
import styles from "./TaskList.module.css";

type TaskRowProps = { task: TaskView; open: boolean; onOpen: (taskId: string) => void; picked?: boolean; onPick?: (picked: boolean) => void };

/** A task as a line of a list. */
export function TaskRow({ task, open, onOpen, picked, onPick }: TaskRowProps) {
  const { t } = useTranslation();
  const call = callOf(task);
  return (
    <li className={cx(styles.row, open && styles.open)} data-task={task.id}>
      {onPick !== undefined && (
        <input
          type="checkbox"
          className={styles.pick}
          aria-label={t("taskList.pick", { task: call })}
          checked={picked ?? false}
          onChange={(event) => onPick(event.target.checked)}
        />
      )}
      <div className={styles.texts}>
        <button
          type="button"
          className={styles.title}
          data-task-title
          aria-label={`${t("tasks.open", { task: call })}: ${task.title}`}
          onClick={() => onOpen(task.id)}
        >
          <span className={styles.key}>{task.key === "" ? t("tasks.creating") : task.key}</span>
          <span className={cx(isClosed(task) && styles.closed)}>{task.title}</span>
        </button>
        <TaskFacts task={task} />
      </div>
      <div className={styles.controls}>
        <RequestAnswer task={task} />
        <StatusControl task={task} />
      </div>
    </li>
  );
}
