import { Bell, ListTodo } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useClient } from "../../app/client";
import { formatRoute, type Route } from "../../app/route";
import { useObservable } from "../../app/useObservable";
import { CountBadge } from "../../ui/Badge";
import { useTasksPresent } from "./taskFacts";
import styles from "./TasksNav.module.css";

/** The way to my tasks and to what the service told me, above the conversations. */
export function TasksNav({ route }: { route: Route }) {
  return useTasksPresent() ? <TasksLinks route={route} /> : null;
}

function TasksLinks({ route }: { route: Route }) {
  const { t } = useTranslation();
  const { tasks } = useClient();
  const mine = useObservable(tasks.mine);
  const { unread } = useObservable(tasks.inbox);
  const count = mine.overdue.length + mine.today.length + mine.requests.length;
  return (
    <>
      <a
        className={styles.link}
        href={formatRoute({ page: "tasks", taskId: null })}
        aria-label={count > 0 ? t("tasks.navDue", { count }) : t("tasks.title")}
        aria-current={route.page === "tasks" ? "page" : undefined}
      >
        <ListTodo size={18} aria-hidden="true" />
        <span className={styles.text}>{t("tasks.title")}</span>
        {count > 0 && <CountBadge count={count} tone="quiet" decorative />}
      </a>
      <a
        className={styles.link}
        href={formatRoute({ page: "inbox" })}
        aria-label={unread > 0 ? t("tasks.inboxUnread", { count: unread }) : t("tasks.inbox")}
        aria-current={route.page === "inbox" ? "page" : undefined}
      >
        <Bell size={18} aria-hidden="true" />
        <span className={styles.text}>{t("tasks.inbox")}</span>
        {unread > 0 && <CountBadge count={unread} decorative />}
      </a>
    </>
  );
}
