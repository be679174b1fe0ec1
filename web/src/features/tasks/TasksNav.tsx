import { ListTodo } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useClient } from "../../app/client";
import { formatRoute, type Route } from "../../app/route";
import { useObservable } from "../../app/useObservable";
import { CountBadge } from "../../ui/Badge";
import { useTasksPresent } from "./taskFacts";
import styles from "./TasksNav.module.css";

/** The way to my tasks, above the conversations. */
export function TasksNav({ route }: { route: Route }) {
  return useTasksPresent() ? <TasksLink route={route} /> : null;
}

function TasksLink({ route }: { route: Route }) {
  const { t } = useTranslation();
  const mine = useObservable(useClient().tasks.mine);
  const count = mine.overdue.length + mine.today.length + mine.requests.length;
  return (
    <a
      className={styles.link}
      href={formatRoute({ page: "tasks", taskId: null })}
      aria-label={count > 0 ? t("tasks.navDue", { count }) : t("tasks.title")}
      aria-current={route.page === "tasks" || route.page === "inbox" ? "page" : undefined}
    >
      <ListTodo size={18} aria-hidden="true" />
      <span className={styles.text}>{t("tasks.title")}</span>
      {count > 0 && <CountBadge count={count} />}
    </a>
  );
}
