import { localpartOf, type RoomSummary } from "@team/core";
import { memo } from "react";
import { Pressable, View } from "react-native";
import { useClient, useObservable } from "../shell/client";
import { useWords } from "../i18n";
import { space, themed } from "../theme";
import { Avatar } from "../ui/Avatar";
import { CountBadge, Dot } from "../ui/CountBadge";
import { Icon } from "../ui/Icon";
import { BellOff } from "../ui/icons";
import { Span, Text } from "../ui/Text";

const useStyles = themed((palette) => ({
  row: { flexDirection: "row", alignItems: "center", gap: space.m, minHeight: 72, paddingHorizontal: space.l, paddingVertical: space.s },
  pressed: { backgroundColor: palette.pressed },
  words: { flex: 1, minWidth: 0, gap: 2 },
  line: { flexDirection: "row", alignItems: "center", gap: space.s },
  name: { flex: 1, minWidth: 0 },
  unread: { fontWeight: "700" },
  preview: { flex: 1, minWidth: 0 },
}));

/** One conversation: who, the last words, when, and how much is new. */
export const RoomRow = memo(function RoomRow({ room, onOpen }: { readonly room: RoomSummary; readonly onOpen: (room: RoomSummary) => void }) {
  const { t, dates, roomName } = useWords();
  const styles = useStyles();
  const name = roomName(room.name);
  const muted = room.notificationMode === "mute";
  const fresh = (room.unreadCount > 0 || room.hasUnread) && !muted;
  const state = [
    room.membership === "invite" && t("rooms.invites"),
    room.highlightCount > 0 && t("rooms.highlights", { count: room.highlightCount }),
    room.unreadCount > 0 && t("rooms.unread", { count: room.unreadCount }),
    room.unreadCount === 0 && room.hasUnread && t("rooms.hasUnread"),
    muted && t("rooms.muted"),
  ];
  return (
    <Pressable
      role="link"
      aria-label={[name, ...state].filter(Boolean).join(", ")}
      onPress={() => onOpen(room)}
      style={({ pressed }) => [styles.row, pressed && styles.pressed]}
    >
      <Avatar id={room.directUserId ?? room.roomId} name={name} mxc={room.avatar} size={48} square={room.directUserId === null} />
      <View style={styles.words}>
        <View style={styles.line}>
          <Text look="strong" style={[styles.name, fresh && styles.unread]} numberOfLines={1}>
            {name}
          </Text>
          {muted && <Icon of={BellOff} size={14} tone="text3" />}
          {room.activityTs > 0 && (
            <Text look="tiny" tone={fresh ? "accentText" : "text3"}>
              {dates.short(room.activityTs)}
            </Text>
          )}
        </View>
        <View style={styles.line}>
          <Preview room={room} fresh={fresh} />
          {room.membership === "invite" || room.highlightCount > 0 ? (
            <CountBadge look="highlight" count={Math.max(1, room.highlightCount)} />
          ) : room.unreadCount > 0 ? (
            <CountBadge look={muted ? "quiet" : "accent"} count={room.unreadCount} />
          ) : (
            room.hasUnread && !muted && <Dot />
          )}
        </View>
      </View>
    </Pressable>
  );
});

function Preview({ room, fresh }: { readonly room: RoomSummary; readonly fresh: boolean }) {
  const { t, preview } = useWords();
  const styles = useStyles();
  const client = useClient();
  useObservable(client.drafts.all);
  const draft = client.drafts.get(room.roomId);
  const { lastMessage, invitation, topic } = room;
  let text = topic ?? "";
  if (invitation !== null) {
    const name = invitation.senderName || localpartOf(invitation.sender);
    text = t(invitation.direct ? "rooms.invitedDirect" : "rooms.invitedBy", { name });
  } else if (lastMessage !== null) {
    const said = preview(lastMessage.preview);
    if (lastMessage.own) text = t("preview.own", { text: said });
    else text = room.directUserId === null ? `${lastMessage.senderName}: ${said}` : said;
  }
  const writing = draft !== null && draft.text !== "" && !fresh;
  return (
    <Text look="small" tone={fresh ? "text2" : "text3"} style={styles.preview} numberOfLines={invitation === null ? 1 : 2}>
      {writing ? (
        <>
          <Span tone="dangerText">{t("rooms.draft")}</Span> {draft.text}
        </>
      ) : (
        text
      )}
    </Text>
  );
}
