import type { EventId, Room, RoomSummary } from "@team/core";
import { useTranslation } from "react-i18next";
import { roomRoute } from "../../app/route";
import { navigate } from "../../app/useRoute";
import { PanelFrame } from "../../ui/PanelFrame";
import { Conversation } from "../room/Conversation";

type ThreadPanelProps = { room: Room; rootId: EventId; summary: RoomSummary; name: string; onClose: () => void };

/** One thread: its first message, the replies, and a field of its own. */
export function ThreadPanel({ room, rootId, summary, name, onClose }: ThreadPanelProps) {
  const { t } = useTranslation();
  return (
    <PanelFrame
      title={t("thread.title")}
      subtitle={t("thread.inRoom", { room: name })}
      onClose={onClose}
      onBack={() => navigate(roomRoute(room.roomId, { kind: "threads" }))}
      bare
    >
      <Conversation room={room} timeline={room.thread(rootId)} summary={summary} roomName={name} openThread={null} />
    </PanelFrame>
  );
}
