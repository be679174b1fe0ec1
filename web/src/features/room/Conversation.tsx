import type { EventId, Room, RoomSummary, SentItem, Timeline } from "@team/core";
import { Upload } from "lucide-react";
import { useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { roomRoute } from "../../app/route";
import { useObservable } from "../../app/useObservable";
import { navigate } from "../../app/useRoute";
import { Button } from "../../ui/Button";
import { ComposerView } from "../composer/ComposerView";
import { useComposer } from "../composer/useComposer";
import { TaskDialog } from "../tasks/TaskDialog";
import { useMayCreate } from "../tasks/taskFacts";
import { textOf } from "../timeline/MessageToolbar";
import { useTaskCommand } from "../tasks/useTaskCommand";
import { TimelineView } from "../timeline/TimelineView";
import { usePeople } from "./usePeople";
import { useTypingText } from "./useTypingText";
import styles from "./Conversation.module.css";

type ConversationProps = {
  room: Room;
  timeline: Timeline;
  summary: RoomSummary;
  roomName: string;
  openThread: ((rootId: EventId) => void) | null;
  target?: EventId | null;
  /** See {@link TimelineView}. */
  cardless?: boolean;
};

/** Messages above, the field to write below: of a room, or of one thread in it. Files may be dropped anywhere on it. */
export function Conversation({ room, timeline, summary, roomName, openThread, target = null, cardless = false }: ConversationProps) {
  const { t } = useTranslation();
  const members = usePeople(room);
  const { items } = useObservable(timeline);
  const people = useMemo(
    () => members.filter((member) => member.membership === "join" && !member.own).map(({ userId, name, avatar }) => ({ userId, name, avatar })),
    [members],
  );
  const composer = useComposer({ room, timeline, people, mayNotifyRoom: summary.rights.notifyRoom });
  const task = useTaskCommand(room, timeline, composer);
  const mayWrite = summary.rights.send && !summary.encrypted && summary.replacedBy === null;
  const drop = useDrop(mayWrite, composer.addFiles);
  const mayCreate = useMayCreate(room.roomId);
  const [taskFrom, setTaskFrom] = useState<SentItem | null>(null);
  const inThread = timeline.threadId !== null;
  return (
    <div className={styles.conversation} {...drop.handlers}>
      <TimelineView
        room={room}
        timeline={timeline}
        roomName={roomName}
        direct={summary.directUserId !== null}
        openThread={openThread}
        onReply={composer.startReply}
        onEdit={composer.startEdit}
        onMakeTask={mayCreate ? setTaskFrom : null}
        target={target}
        cardless={cardless}
      />
      {!inThread && <TypingLine room={room} />}
      {mayWrite ? (
        <ComposerView
          composer={composer}
          task={task}
          items={items}
          people={people}
          rights={summary.rights}
          label={inThread ? t("composer.placeholderThread") : t("composer.label")}
          placeholder={inThread ? t("composer.placeholderThread") : t("composer.placeholder", { room: roomName })}
        />
      ) : (
        <Closed summary={summary} />
      )}
      {taskFrom !== null && (
        <TaskDialog room={room} source={{ eventId: taskFrom.eventId, text: textOf(taskFrom) }} onClose={() => setTaskFrom(null)} />
      )}
      {drop.over && (
        <div className={styles.drop} aria-hidden="true">
          <Upload size={30} />
          {t("timeline.dropTitle")}
        </div>
      )}
    </div>
  );
}

function TypingLine({ room }: { room: Room }) {
  const text = useTypingText(useObservable(room.typing));
  return (
    <div className={styles.typing} role="status" aria-live="polite">
      {text !== null && (
        <>
          <span className={styles.dots} aria-hidden="true">
            <i />
            <i />
            <i />
          </span>
          <span className={styles.typingText}>{text}</span>
        </>
      )}
    </div>
  );
}

/** Why nothing can be written here. */
function Closed({ summary }: { summary: RoomSummary }) {
  const { t } = useTranslation();
  const { replacedBy } = summary;
  return (
    <div className={styles.closed} role="note">
      {replacedBy !== null ? t("composer.replaced") : summary.encrypted ? t("composer.encrypted") : t("composer.noRight")}
      {replacedBy !== null && (
        <Button size="small" onClick={() => navigate(roomRoute(replacedBy))}>
          {t("composer.openNew")}
        </Button>
      )}
    </div>
  );
}

/** Files dragged over the conversation, and dropped on it. */
function useDrop(allowed: boolean, onFiles: (files: readonly File[]) => void) {
  const [over, setOver] = useState(false);
  const depth = useRef(0);
  const hasFiles = (event: React.DragEvent) => allowed && event.dataTransfer.types.includes("Files");
  return {
    over,
    handlers: {
      onDragEnter: (event: React.DragEvent) => {
        if (!hasFiles(event)) return;
        event.preventDefault();
        depth.current += 1;
        setOver(true);
      },
      onDragOver: (event: React.DragEvent) => {
        if (hasFiles(event)) event.preventDefault();
      },
      onDragLeave: (event: React.DragEvent) => {
        if (!hasFiles(event)) return;
        depth.current -= 1;
        if (depth.current <= 0) setOver(false);
      },
      onDrop: (event: React.DragEvent) => {
        if (!hasFiles(event)) return;
        event.preventDefault();
        depth.current = 0;
        setOver(false);
        onFiles([...event.dataTransfer.files]);
      },
    },
  };
}
