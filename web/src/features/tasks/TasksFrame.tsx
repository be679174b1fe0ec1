import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useEscape } from "../../app/useEscape";
import { navigate } from "../../app/useRoute";
import { EmptyState } from "../../ui/EmptyState";
import { Page } from "../../ui/Page";
import { TaskPanel } from "./TaskPanel";
import { useTasksPresent } from "./taskFacts";
import styles from "./TaskList.module.css";

type TasksFrameProps = {
  className?: string | undefined;
  title: string;
  subtitle?: string;
  actions?: ReactNode;
  taskId: string | null;
  onCloseTask: () => void;
  onBack?: () => void;
  children: ReactNode;
};

/** A page of tasks, with the one that is open beside it. */
export function TasksFrame({ className, title, subtitle, actions, taskId, onCloseTask, onBack, children }: TasksFrameProps) {
  const { t } = useTranslation();
  const present = useTasksPresent();
  useEscape(taskId !== null, () => {
    onCloseTask();
    const title = document.querySelector<HTMLElement>(`[data-task="${CSS.escape(taskId ?? "")}"] [data-task-title]`);
    title?.focus();
  });
  const back = onBack ?? (() => navigate({ page: "home" }));
  if (!present) {
    return (
      <Page className={className} title={title} onBack={back}>
        <EmptyState title={t("tasks.absent")} />
      </Page>
    );
  }
  return (
    <Page className={className} title={title} subtitle={subtitle} onBack={back} actions={actions} bare>
      <div className={styles.panes}>
        <div className={styles.main}>{children}</div>
        {taskId !== null && (
          <aside className={styles.panel} aria-label={t("room.panel")}>
            <TaskPanel key={taskId} taskId={taskId} onClose={onCloseTask} />
          </aside>
        )}
      </div>
    </Page>
  );
}
