import { lazy, Suspense, useCallback, useEffect, useState } from "react";
import { HomePage } from "../features/rooms/HomePage";
import { QuickSwitcher } from "../features/rooms/QuickSwitcher";
import { Sidebar } from "../features/rooms/Sidebar";
import { RoomPage } from "../features/room/RoomPage";
import { useNotifications } from "../features/notifications/useNotifications";
import { useTitleBadge } from "../features/notifications/useTitleBadge";
import { TasksBanner } from "../features/tasks/TasksBanner";
import { cx } from "../ui/cx";
import { ConnectionBanner } from "./ConnectionBanner";
import { OwnUserProvider } from "./ownUser";
import { useGlobalKeys } from "./useGlobalKeys";
import { useRoute } from "./useRoute";
import type { Route } from "./route";
import styles from "./Shell.module.css";

// Pages that most visits do not open come in pieces of their own, once the first page stands.
const pages = {
  explore: async () => ({ default: (await import("../features/rooms/ExplorePage")).ExplorePage }),
  people: async () => ({ default: (await import("../features/people/PeoplePage")).PeoplePage }),
  tasks: async () => ({ default: (await import("../features/tasks/MyTasksPage")).MyTasksPage }),
  board: async () => ({ default: (await import("../features/tasks/BoardPage")).BoardPage }),
  list: async () => ({ default: (await import("../features/tasks/TaskListPage")).TaskListPage }),
  inbox: async () => ({ default: (await import("../features/tasks/InboxPage")).InboxPage }),
  organisation: async () => ({ default: (await import("../features/tasks/OrgPage")).OrgPage }),
  settings: async () => ({ default: (await import("../features/settings/SettingsPage")).SettingsPage }),
};
const ExplorePage = lazy(pages.explore);
const PeoplePage = lazy(pages.people);
const SettingsPage = lazy(pages.settings);
const MyTasksPage = lazy(pages.tasks);
const BoardPage = lazy(pages.board);
const TaskListPage = lazy(pages.list);
const OrgPage = lazy(pages.organisation);
const InboxPage = lazy(pages.inbox);
const quietAfter = 3000;

/** Fetches the other pages in a quiet moment: they open at once, also when the server is away by then. */
function usePagesAhead(): void {
  useEffect(() => {
    const timer = setTimeout(() => {
      void Promise.allSettled(Object.values(pages).map((page) => page()));
    }, quietAfter);
    return () => clearTimeout(timer);
  }, []);
}

/** The app of a signed-in person: conversations at the left, the chosen one at the right; on a phone one at a time. */
export function Shell({ userId }: { userId: string }) {
  const route = useRoute();
  const [switching, setSwitching] = useState(false);
  const openSwitcher = useCallback(() => setSwitching(true), []);
  useGlobalKeys(openSwitcher);
  useNotifications(route.page === "room" ? route.roomId : null);
  useTitleBadge();
  usePagesAhead();
  return (
    <OwnUserProvider userId={userId}>
      <div className={cx(styles.shell, route.page === "home" && styles.atHome)}>
        <ConnectionBanner />
        <TasksBanner />
        <div className={styles.panes}>
          <Sidebar className={styles.sidebar} route={route} onSearch={openSwitcher} />
          <Suspense fallback={<div className={styles.main} />}>
            <Main route={route} />
          </Suspense>
        </div>
        <QuickSwitcher open={switching} onClose={() => setSwitching(false)} />
      </div>
    </OwnUserProvider>
  );
}

function Main({ route }: { route: Route }) {
  switch (route.page) {
    case "room":
      return <RoomPage key={route.roomId} className={styles.main} route={route} />;
    case "tasks":
      return <MyTasksPage className={styles.main} taskId={route.taskId} />;
    case "board":
      return <BoardPage key={route.roomId} className={styles.main} roomId={route.roomId} taskId={route.taskId} />;
    case "list":
      return <TaskListPage key={route.roomId} className={styles.main} roomId={route.roomId} taskId={route.taskId} />;
    case "inbox":
      return <InboxPage className={styles.main} />;
    case "explore":
      return <ExplorePage className={styles.main} />;
    case "people":
      return <PeoplePage className={styles.main} />;
    case "organisation":
      return <OrgPage className={styles.main} />;
    case "settings":
      return <SettingsPage className={styles.main} section={route.section} />;
    default:
      return <HomePage className={styles.main} />;
  }
}
