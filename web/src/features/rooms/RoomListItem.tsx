import type { RoomSummary } from "@team/core";
import { BellOff, CheckCheck, Circle, Ellipsis, Star, StarOff } from "lucide-react";
import { memo } from "react";
import { useTranslation } from "react-i18next";
import { useClient } from "../../app/client";
import { formatRoute, roomRoute } from "../../app/route";
import { useDates } from "../../app/useDates";
import { useErrorText } from "../../app/useErrorText";
import { useRoomNames } from "../../app/useNames";
import { useObservable } from "../../app/useObservable";
import { CountBadge } from "../../ui/Badge";
import { IconButton } from "../../ui/Button";
import { cx } from "../../ui/cx";
import { Menu, MenuItem } from "../../ui/Menu";
import { useToasts } from "../../ui/Toast";
import { MxcAvatar } from "../media/MxcAvatar";
import { usePreviewText } from "./usePreviewText";
import styles from "./RoomListItem.module.css";

type ItemProps = { room: RoomSummary; open: boolean; onOpened: () => void };

/**
 * One conversation of the sidebar: who, the last words, when, how much is unread. Its name is the conversation's, as it
 * is spoken, and what is unread; the rest is for the eye.
 */
export const RoomListItem = memo(function RoomListItem({ room, open, onOpened }: ItemProps) {
  const { t } = useTranslation();
  const dates = useDates();
  const roomName = useRoomNames();
  const previewLine = usePreviewLine(room, open);
  const name = roomName(room.name);
  const muted = room.notificationMode === "mute";
  const unread = room.unreadCount > 0 || room.hasUnread;
  const state = [
    room.membership === "invite" && t("rooms.invites"),
    room.highlightCount > 0 && t("rooms.highlights", { count: room.highlightCount }),
    room.unreadCount > 0 && t("rooms.unread", { count: room.unreadCount }),
    room.unreadCount === 0 && room.hasUnread && t("rooms.hasUnread"),
    muted && t("rooms.muted"),
  ].filter(Boolean);
  return (
    <li className={cx(styles.item, open && styles.open, unread && !muted && styles.unread)}>
      <a
        href={formatRoute(roomRoute(room.roomId))}
        className={styles.link}
        aria-label={[name, ...state].join(", ")}
        aria-current={open ? "page" : undefined}
        data-room-link
        onClick={onOpened}
      >
        <MxcAvatar
          id={room.directUserId ?? room.roomId}
          name={name}
          mxc={room.avatar}
          size={40}
          shape={room.directUserId === null ? "square" : "round"}
        />
        <span className={styles.texts}>
          <span className={styles.line}>
            <span className={styles.name}>{name}</span>
            {muted && <BellOff size={13} className={styles.muted} aria-hidden="true" />}
            {room.activityTs > 0 && <span className={styles.time} aria-hidden="true">{dates.short(room.activityTs)}</span>}
          </span>
          <span className={styles.line} aria-hidden="true">
            <span className={styles.preview}>{previewLine}</span>
            <UnreadBadge room={room} muted={muted} />
          </span>
        </span>
      </a>
      {room.membership === "join" && <RoomMenu room={room} name={name} />}
    </li>
  );
});

function UnreadBadge({ room, muted }: { room: RoomSummary; muted: boolean }) {
  if (room.membership === "invite") return <span className={styles.dot} />;
  if (room.highlightCount > 0) return <CountBadge count={room.unreadCount || room.highlightCount} tone="highlight" />;
  if (room.unreadCount > 0) return <CountBadge count={room.unreadCount} tone={muted ? "quiet" : "accent"} />;
  return room.hasUnread && !muted ? <span className={styles.dot} /> : null;
}

/** The second line: a draft, an invitation, or the last message with its sender. */
function usePreviewLine(room: RoomSummary, open: boolean) {
  const { t } = useTranslation();
  const client = useClient();
  const previewText = usePreviewText();
  useObservable(client.drafts.all);
  const draft = client.drafts.get(room.roomId);
  if (room.invitation !== null) return t("rooms.invitedBy", { name: room.invitation.senderName });
  if (room.membership === "knock") return t("explore.knocked");
  if (!open && draft !== null && draft.editing === null && draft.text.trim() !== "") {
    return (
      <>
        <span className={styles.draft}>{t("rooms.draft")}</span> {draft.text}
      </>
    );
  }
  const last = room.lastMessage;
  if (last === null) return room.topic ?? "";
  const text = previewText(last.preview);
  if (last.own) return t("preview.own", { text });
  return room.directUserId === null || last.preview.type === "emote" ? `${last.senderName}: ${text}` : text;
}

function RoomMenu({ room, name }: { room: RoomSummary; name: string }) {
  const { t } = useTranslation();
  const client = useClient();
  const toasts = useToasts();
  const errorText = useErrorText();
  const handle = client.rooms.room(room.roomId);
  const run = (work: Promise<void>) => void work.catch((error: unknown) => toasts.warn(errorText(error)));
  const unread = room.unreadCount > 0 || room.hasUnread;
  return (
    <div className={styles.menu}>
      <Menu
        trigger={
          <IconButton size="small" tooltip={false} label={`${t("common.more")}: ${name}`}>
            <Ellipsis size={17} />
          </IconButton>
        }
      >
        {unread ? (
          <MenuItem icon={<CheckCheck size={17} />} onSelect={() => run(handle.markAllRead())}>
            {t("rooms.markRead")}
          </MenuItem>
        ) : (
          <MenuItem icon={<Circle size={17} />} onSelect={() => run(handle.setMarkedUnread(true))}>
            {t("rooms.markUnread")}
          </MenuItem>
        )}
        <MenuItem
          icon={room.favourite ? <StarOff size={17} /> : <Star size={17} />}
          onSelect={() => run(handle.setFavourite(!room.favourite))}
        >
          {room.favourite ? t("rooms.removeFavourite") : t("rooms.addFavourite")}
        </MenuItem>
        <MenuItem
          icon={<BellOff size={17} />}
          onSelect={() => run(handle.setNotificationMode(room.notificationMode === "mute" ? "default" : "mute"))}
        >
          {room.notificationMode === "mute" ? t("rooms.unmute") : t("rooms.mute")}
        </MenuItem>
      </Menu>
    </div>
  );
}
