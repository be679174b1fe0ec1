import type { EventId } from "@team/core";
import { DoorOpen } from "lucide-react";
import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { useClient } from "../../app/client";
import { roomRoute, type Panel, type Route } from "../../app/route";
import { useEscape } from "../../app/useEscape";
import { useRoomNames } from "../../app/useNames";
import { useObservable } from "../../app/useObservable";
import { navigate } from "../../app/useRoute";
import { Button } from "../../ui/Button";
import { cx } from "../../ui/cx";
import { EmptyState } from "../../ui/EmptyState";
import { Loading } from "../../ui/Spinner";
import { ThreadPanel } from "../threads/ThreadPanel";
import { ThreadsPanel } from "../threads/ThreadsPanel";
import { TaskPanel } from "../tasks/TaskPanel";
import { Conversation } from "./Conversation";
import { InfoPanel } from "./InfoPanel";
import { PeoplePanel } from "./PeoplePanel";
import { RoomHeader } from "./RoomHeader";
import { Threshold } from "./Threshold";
import styles from "./RoomPage.module.css";

type RoomPageProps = { className?: string | undefined; route: Extract<Route, { page: "room" }> };

export function RoomPage({ className, route }: RoomPageProps) {
  const { t } = useTranslation();
  const client = useClient();
  const roomName = useRoomNames();
  const { roomId, panel, eventId } = route;
  const room = client.rooms.room(roomId);
  const summary = useObservable(room.summary);
  const { loaded } = useObservable(client.rooms.list);
  const setPanel = useCallback((next: Panel | null) => navigate(roomRoute(roomId, next)), [roomId]);
  const openThread = useCallback((rootId: EventId) => setPanel({ kind: "thread", rootId }), [setPanel]);
  useEscape(panel !== null, () => setPanel(null));

  if (summary === null) {
    return (
      <main className={cx(styles.page, className)}>
        {loaded ? (
          <EmptyState icon={<DoorOpen size={26} />} title={t("room.notFound")} text={t("room.notFoundText")}>
            <Button onClick={() => navigate({ page: "home" })}>{t("room.backToList")}</Button>
            <Button look="primary" onClick={() => navigate({ page: "explore" })}>
              {t("rooms.explore")}
            </Button>
          </EmptyState>
        ) : (
          <Loading />
        )}
      </main>
    );
  }
  const name = roomName(summary.name);
  if (summary.membership !== "join") {
    return (
      <main className={cx(styles.page, className)} aria-label={name}>
        <Threshold room={room} summary={summary} name={name} />
      </main>
    );
  }
  return (
    <div className={cx(styles.page, className)}>
      <RoomHeader room={room} summary={summary} name={name} panel={panel} setPanel={setPanel} />
      <div className={styles.panes}>
        <main className={styles.main} aria-label={name}>
          <Conversation
            room={room}
            timeline={room.timeline}
            summary={summary}
            roomName={name}
            openThread={openThread}
            target={eventId}
          />
        </main>
        {panel !== null && (
          <aside className={styles.panel} aria-label={t("room.panel")}>
            {panel.kind === "people" && <PeoplePanel room={room} summary={summary} name={name} onClose={() => setPanel(null)} />}
            {panel.kind === "info" && <InfoPanel room={room} summary={summary} name={name} onClose={() => setPanel(null)} />}
            {panel.kind === "threads" && <ThreadsPanel room={room} onOpen={openThread} onClose={() => setPanel(null)} />}
            {panel.kind === "task" && <TaskPanel key={panel.taskId} taskId={panel.taskId} onClose={() => setPanel(null)} />}
            {panel.kind === "thread" && (
              <ThreadPanel
                key={panel.rootId}
                room={room}
                rootId={panel.rootId}
                summary={summary}
                name={name}
                onClose={() => setPanel(null)}
              />
            )}
          </aside>
        )}
      </div>
    </div>
  );
}
