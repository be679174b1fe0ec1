import { localId, type Room, type SentItem, type TargetId } from "@team/core";
import { setStringAsync } from "expo-clipboard";
import { useState } from "react";
import { Pressable, View } from "react-native";
import { useClient } from "../shell/client";
import { useWords } from "../i18n";
import { useMayCreate } from "../tasks/hooks";
import { NewTaskSheet, type NewTaskStart } from "../tasks/NewTaskSheet";
import { radius, space, themed } from "../theme";
import { Copy, MessagesSquare, Pencil, Reply, RotateCw, SquareCheck, Trash, X } from "../ui/icons";
import { Sheet, SheetAction } from "../ui/Sheet";
import { Text } from "../ui/Text";
import type { MessageItem } from "./rows";

const useStyles = themed((palette) => ({
  emoji: { flexDirection: "row", justifyContent: "space-between", paddingHorizontal: space.l, paddingVertical: space.s },
  one: { width: 48, height: 48, alignItems: "center", justifyContent: "center", borderRadius: radius.full, backgroundColor: palette.sunken },
  mine: { backgroundColor: palette.accentSoft },
  words: { paddingHorizontal: space.l, paddingVertical: space.s },
}));

/** Those that answer a message without words. */
const QUICK = ["👍", "❤️", "😄", "🎉", "👀", "✅"] as const;

interface MessageSheetProps {
  readonly room: Room;
  /** The message that was touched; null: closed. */
  readonly item: MessageItem | null;
  readonly onClose: () => void;
  readonly onReply: (item: SentItem) => void;
  readonly onEdit: (item: SentItem) => void;
  /** Null within a thread. */
  readonly onThread: ((rootId: string) => void) | null;
}

/** What one can do with a message. */
export function MessageSheet({ room, item, onClose, onReply, onEdit, onThread }: MessageSheetProps) {
  const { t } = useWords();
  const client = useClient();
  const mayCreate = useMayCreate(room.roomId);
  const [deleting, setDeleting] = useState<TargetId | null>(null);
  const [task, setTask] = useState<NewTaskStart | null>(null);
  if (task !== null) return <NewTaskSheet open from={task} onClose={() => setTask(null)} />;
  if (deleting !== null) return <DeleteSheet room={room} target={deleting} onClose={() => setDeleting(null)} />;
  if (item === null || item.kind === "redacted") return null;
  const text = "body" in item.content ? item.content.body : item.content.type === "encrypted" ? null : item.content.caption;
  const then = (act: () => void) => () => {
    onClose();
    act();
  };
  return (
    <Sheet title={t("phone.roomActions")} open onClose={onClose}>
      {item.kind === "sent" && item.can.react && <Emoji room={room} item={item} onClose={onClose} />}
      {item.kind === "sent" && item.can.reply && <SheetAction icon={Reply} label={t("actions.reply")} onPress={then(() => onReply(item))} />}
      {item.kind === "sent" && item.can.reply && onThread !== null && (
        <SheetAction icon={MessagesSquare} label={t("actions.thread")} onPress={then(() => onThread(item.eventId))} />
      )}
      {item.kind === "sent" && mayCreate && onThread !== null && (
        <SheetAction icon={SquareCheck} label={t("tasks.make")} onPress={then(() => setTask({ room, title: titleOf(text), eventId: item.eventId }))} />
      )}
      {text !== null && <SheetAction icon={Copy} label={t("phone.copyText")} onPress={then(() => void setStringAsync(text))} />}
      {item.kind === "sent" && item.can.edit && text !== null && (
        <SheetAction icon={Pencil} label={t("actions.edit")} onPress={then(() => onEdit(item))} />
      )}
      {item.kind === "failed" && item.retryable && (
        <SheetAction icon={RotateCw} label={t("timeline.retry")} onPress={then(() => void client.sendQueue.retry(item.txnId))} />
      )}
      {item.kind === "failed" && (
        <SheetAction icon={Trash} tone="dangerText" label={t("timeline.discard")} onPress={then(() => void client.sendQueue.discard(item.txnId))} />
      )}
      {item.kind === "sending" && (
        <SheetAction icon={Trash} tone="dangerText" label={t("phone.deleteMessage")} onPress={then(() => void room.redact(localId(item.txnId)))} />
      )}
      {item.kind === "sent" && item.can.redact && (
        <SheetAction icon={Trash} tone="dangerText" label={t("phone.deleteMessage")} onPress={then(() => setDeleting(item.eventId))} />
      )}
    </Sheet>
  );
}

/** The first line of a message, as long as a title may be. */
function titleOf(text: string | null): string {
  return (text ?? "").trim().split("\n")[0]?.slice(0, 255) ?? "";
}

/** What is deleted for everybody cannot be brought back: it is asked again. */
function DeleteSheet({ room, target, onClose }: { readonly room: Room; readonly target: TargetId; readonly onClose: () => void }) {
  const { t } = useWords();
  const styles = useStyles();
  return (
    <Sheet title={t("actions.deleteTitle")} open onClose={onClose}>
      <Text tone="text2" style={styles.words}>
        {t("actions.deleteText")}
      </Text>
      <SheetAction
        icon={Trash}
        tone="dangerText"
        label={t("actions.delete")}
        onPress={() => {
          onClose();
          void room.redact(target);
        }}
      />
      <SheetAction icon={X} label={t("common.cancel")} onPress={onClose} />
    </Sheet>
  );
}

function Emoji({ room, item, onClose }: { readonly room: Room; readonly item: SentItem; readonly onClose: () => void }) {
  const { t } = useWords();
  const styles = useStyles();
  return (
    <View style={styles.emoji}>
      {QUICK.map((emoji) => {
        const mine = item.reactions.some((reaction) => reaction.key === emoji && reaction.mine);
        return (
          <Pressable
            key={emoji}
            role="button"
            aria-label={t(mine ? "phone.removeReaction" : "phone.reactions", { emoji })}
            style={[styles.one, mine && styles.mine]}
            onPress={() => {
              onClose();
              void room.toggleReaction(item.eventId, emoji);
            }}
          >
            <Text style={{ fontSize: 22, lineHeight: 28 }}>{emoji}</Text>
          </Pressable>
        );
      })}
    </View>
  );
}
