import type { MyTasks } from "@team/core";
import { ListTodo } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useClient } from "../../app/client";
import { useObservable } from "../../app/useObservable";
import { navigate } from "../../app/useRoute";
import { CountBadge } from "../../ui/Badge";
import { cx } from "../../ui/cx";
import { EmptyState } from "../../ui/EmptyState";
import { QuickAddField } from "./QuickAddField";
import { TaskRow } from "./TaskRow";
import { TasksFrame } from "./TasksFrame";
import { useTaskKeys } from "./useTaskKeys";
import styles from "./TaskList.module.css";

type Group = Exclude<keyof MyTasks, "complete">;

const groups: readonly Group[] = ["requests", "overdue", "today", "upcoming", "noDate", "assignedByMe"];

const open = (id: string) => navigate({ page: "tasks", taskId: id });

/** What is mine to do, and what I gave to others. */
export function MyTasksPage({ className, taskId }: { className?: string | undefined; taskId: string | null }) {
  const { t } = useTranslation();
  const client = useClient();
  const mine = useObservable(client.tasks.mine);
  const shown = groups.filter((group) => mine[group].length > 0);
  useTaskKeys(open);
  return (
    <TasksFrame
      className={className}
      title={t("tasks.title")}
      taskId={taskId}
      onCloseTask={() => navigate({ page: "tasks", taskId: null })}
    >
      <div className={styles.column}>
        <QuickAddField />
        {shown.length === 0 && <EmptyState icon={<ListTodo size={26} />} title={t("taskGroup.emptyTitle")} text={t("taskGroup.emptyText")} />}
        {shown.map((group) => (
          <section key={group} aria-label={t(`taskGroup.${group}`)}>
            <h2 className={cx(styles.heading, group === "overdue" && styles.late)}>
              {t(`taskGroup.${group}`)}
              <CountBadge count={mine[group].length} tone="quiet" />
            </h2>
            <ul className={styles.list}>
              {mine[group].map((task) => (
                <TaskRow key={task.id} task={task} open={task.id === taskId} onOpen={open} />
              ))}
            </ul>
          </section>
        ))}
      </div>
    </TasksFrame>
  );
}
