import { Kanban, List, Plus, SquareCheckBig } from "lucide-react";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useClient } from "../../app/client";
import { roomRoute } from "../../app/route";
import { useRoomNames } from "../../app/useNames";
import { useObservable } from "../../app/useObservable";
import { navigate } from "../../app/useRoute";
import { Button, IconButton } from "../../ui/Button";
import { Segments } from "../../ui/Choice";
import { EmptyState } from "../../ui/EmptyState";
import { SetUpDialog } from "./RoomTasksButton";
import { TaskDialog } from "./TaskDialog";
import { TasksFrame } from "./TasksFrame";
import { useMayCreate } from "./taskFacts";
import styles from "./RoomTasks.module.css";

type View = "board" | "list";
type RoomTasksFrameProps = { className?: string | undefined; view: View; roomId: string; taskId: string | null; children: ReactNode };

/** The tasks of one room, as a board or as a list. */
export function RoomTasksFrame({ className, view, roomId, taskId, children }: RoomTasksFrameProps) {
  const { t } = useTranslation();
  const client = useClient();
  const roomName = useRoomNames();
  const room = client.rooms.room(roomId);
  const summary = useObservable(room.summary);
  const mayCreate = useMayCreate(roomId);
  const rules = useObservable(client.tasks.room(roomId));
  const { loaded } = useObservable(client.rooms.list);
  const [opening, setOpening] = useState(false);
  const [asking, setAsking] = useState(false);
  return (
    <TasksFrame
      className={className}
      title={t("tasks.ofRoom")}
      subtitle={summary === null ? "" : roomName(summary.name)}
      taskId={taskId}
      onCloseTask={() => navigate({ page: view, roomId, taskId: null })}
      onBack={() => navigate(roomRoute(roomId))}
      actions={
        <div className={styles.actions}>
          <Segments
            label={t("board.view")}
            value={view}
            onValue={(next) => navigate({ page: next, roomId, taskId })}
            options={[
              { value: "board", label: t("board.board"), icon: <Kanban size={15} aria-hidden="true" /> },
              { value: "list", label: t("board.list"), icon: <List size={15} aria-hidden="true" /> },
            ]}
          />
          {mayCreate && (
            <IconButton label={t("tasks.new")} data-new-task onClick={() => setOpening(true)}>
              <Plus size={19} />
            </IconButton>
          )}
        </div>
      }
    >
      {loaded && (rules.authority !== "ours" || !rules.enabled) ? (
        <EmptyState icon={<SquareCheckBig size={26} />} title={t("tasks.notReady")} text={t("tasks.setUpText")}>
          <Button look="primary" onClick={() => setAsking(true)}>
            {t("tasks.setUp")}
          </Button>
        </EmptyState>
      ) : (
        children
      )}
      {asking && <SetUpDialog room={room} onClose={() => setAsking(false)} />}
      {opening && <TaskDialog room={room} source={null} onClose={() => setOpening(false)} />}
    </TasksFrame>
  );
}
