import type { Quote, Reaction, ReadMark } from "@team/core";
import { memo } from "react";
import { Pressable, View } from "react-native";
import { useWords } from "../i18n";
import { useOffline } from "../shell/offline";
import { radius, space, themed, touch } from "../theme";
import { Avatar } from "../ui/Avatar";
import { CountBadge } from "../ui/CountBadge";
import { Icon } from "../ui/Icon";
import { ChevronRight, Clock, TriangleAlert } from "../ui/icons";
import { Span, Text } from "../ui/Text";
import { MessageBody } from "./MessageBody";
import type { MessageItem } from "./rows";

const useStyles = themed((palette) => ({
  row: { flexDirection: "row", gap: 10, paddingLeft: space.m, paddingRight: space.l, paddingVertical: 2 },
  first: { paddingTop: space.s },
  mentioned: { backgroundColor: palette.mentionSoft, borderLeftWidth: 3, borderLeftColor: palette.mentionEdge, paddingLeft: space.m - 3 },
  pressed: { backgroundColor: palette.pressed },
  side: { width: 36 },
  main: { flex: 1, minWidth: 0, gap: 2 },
  head: { flexDirection: "row", alignItems: "baseline", gap: space.s },
  name: { flexShrink: 1, fontWeight: "700" },
  state: { flexDirection: "row", alignItems: "center", gap: space.xs },
  stateWords: { flexShrink: 1 },
  quote: { gap: 1, marginVertical: 2, paddingLeft: space.s, paddingVertical: 2, borderLeftWidth: 3, borderLeftColor: palette.accent },
  reactions: { flexDirection: "row", flexWrap: "wrap", gap: space.xs, marginVertical: -4 },
  touch: { minHeight: touch, minWidth: touch, justifyContent: "center" },
  reaction: {
    flexDirection: "row",
    alignItems: "center",
    justifyContent: "center",
    minHeight: 32,
    paddingHorizontal: space.s,
    borderRadius: radius.full,
    borderWidth: 1,
    borderColor: palette.border,
    backgroundColor: palette.raised,
  },
  mine: { borderColor: palette.accent, backgroundColor: palette.accentSoft },
  thread: { flexDirection: "row", alignItems: "center", alignSelf: "flex-start", gap: space.xs, minHeight: touch, paddingRight: space.s },
  marks: { flexDirection: "row", justifyContent: "flex-end", gap: 2, marginTop: 2 },
  italic: { fontStyle: "italic" },
  dim: { opacity: 0.72 },
}));

export interface MessageActions {
  readonly onPress: (item: MessageItem) => void;
  readonly onReaction: (item: MessageItem, emoji: string) => void;
  readonly onThread: (rootId: string) => void;
}

interface MessageRowProps {
  readonly item: MessageItem;
  readonly first: boolean;
  readonly actions: MessageActions;
  /** Whether threads are shown: not within one. */
  readonly threads: boolean;
}

/** One message. A touch offers what one can do with it. */
export const MessageRow = memo(function MessageRow({ item, first, actions, threads }: MessageRowProps) {
  const { t, dates } = useWords();
  const styles = useStyles();
  const mentioned = item.kind === "sent" && item.mentionsMe && !item.own;
  const thread = item.kind === "sent" || item.kind === "redacted" ? item.thread : null;
  return (
    <View style={[styles.row, first && styles.first, mentioned && styles.mentioned]} role="article" aria-label={t("timeline.message", { name: item.senderName })}>
      <View style={styles.side}>{first && <Avatar id={item.sender} name={item.senderName} mxc={item.senderAvatar} />}</View>
      <View style={styles.main}>
        {first && (
          <View style={styles.head}>
            <Text look="label" style={styles.name} numberOfLines={1}>
              {item.senderName}
            </Text>
            <Text look="tiny" tone="text3">
              {dates.time(item.ts)}
            </Text>
          </View>
        )}
        <Pressable
          onPress={() => actions.onPress(item)}
          onLongPress={() => actions.onPress(item)}
          accessibilityHint={t("phone.roomActions")}
          style={({ pressed }) => [pressed && styles.pressed, item.kind === "sending" && styles.dim]}
        >
          <Said item={item} />
          <State item={item} />
        </Pressable>
        {item.kind === "sent" && item.reactions.length > 0 && (
          <Reactions reactions={item.reactions} onToggle={(emoji) => actions.onReaction(item, emoji)} />
        )}
        {threads && thread !== null && (
          <Pressable role="button" aria-label={[`${t("phone.replies")}: ${t("timeline.replies", { count: thread.count })}`, ...(thread.unreadCount > 0 ? [t("rooms.unread", { count: thread.unreadCount })] : [])].join(", ")} style={styles.thread} onPress={() => actions.onThread(thread.rootId)}>
            <Text look="label" tone="link">
              {t("timeline.replies", { count: thread.count })}
            </Text>
            {thread.unreadCount > 0 && <CountBadge count={thread.unreadCount} />}
            <Icon of={ChevronRight} size={16} tone="link" />
          </Pressable>
        )}
        {(item.kind === "sent" || item.kind === "redacted") && <ReadMarks marks={item.readBy} />}
      </View>
    </View>
  );
});

function Said({ item }: { readonly item: MessageItem }) {
  const { t } = useWords();
  const styles = useStyles();
  if (item.kind === "redacted") {
    const byOther = item.redactedBy !== null && item.redactedBy !== item.sender;
    return (
      <Text tone="text3" style={styles.italic}>
        {byOther ? t("timeline.deletedBy", { name: item.redactedByName ?? "" }) : t("timeline.deleted")}
      </Text>
    );
  }
  return (
    <>
      {item.replyTo !== null && <QuoteView quote={item.replyTo} />}
      <MessageBody content={item.content} senderName={item.senderName} own={item.own} />
      {item.kind === "sent" && item.edited && (
        <Text look="tiny" tone="text3">
          {t("timeline.edited")}
        </Text>
      )}
    </>
  );
}

function QuoteView({ quote }: { readonly quote: Quote }) {
  const { t, preview } = useWords();
  const styles = useStyles();
  return (
    <View style={styles.quote}>
      {quote.kind === "known" ? (
        <>
          <Text look="tiny" tone="accentText" style={styles.name} numberOfLines={1}>
            {quote.senderName}
          </Text>
          <Text look="small" tone="text2" numberOfLines={2}>
            {preview(quote.preview)}
          </Text>
        </>
      ) : (
        <Text look="small" tone="text3">
          {t(quote.kind === "loading" ? "common.loading" : "timeline.replyMissing")}
        </Text>
      )}
    </View>
  );
}

/** On its way, refused: what keeps a message from being read. */
function State({ item }: { readonly item: MessageItem }) {
  const { t, error } = useWords();
  const styles = useStyles();
  if (item.kind === "sending") return <OnItsWay progress={item.progress} />;
  const failed = item.kind === "failed" ? item.error : item.kind === "sent" ? (item.pendingEdit?.failed ?? item.redactFailed?.error ?? null) : null;
  if (failed === null) return null;
  return (
    <View style={styles.state}>
      <Icon of={TriangleAlert} size={14} tone="dangerText" />
      <Text look="small" tone="dangerText" style={styles.stateWords}>
        {t("timeline.notSentWhy", { reason: error(failed) })}
      </Text>
    </View>
  );
}

function OnItsWay({ progress }: { readonly progress: number | null }) {
  const { t } = useWords();
  const styles = useStyles();
  const offline = useOffline();
  const text = offline ? t("phone.waiting") : progress === null ? t("timeline.sending") : t("timeline.uploading", { percent: Math.round(progress * 100) });
  return (
    <View style={styles.state}>
      <Icon of={Clock} size={14} tone="text3" />
      <Text look="tiny" tone="text3">
        {text}
      </Text>
    </View>
  );
}

function Reactions({ reactions, onToggle }: { readonly reactions: readonly Reaction[]; readonly onToggle: (emoji: string) => void }) {
  const { t } = useWords();
  const styles = useStyles();
  return (
    <View style={styles.reactions}>
      {reactions.map((reaction) => (
        <Pressable
          key={reaction.key}
          role="button"
          aria-label={t("actions.reactionCount", { emoji: reaction.key, count: reaction.count })}
          aria-pressed={reaction.mine}
          onPress={() => onToggle(reaction.key)}
          style={styles.touch}
        >
          <View style={[styles.reaction, reaction.mine && styles.mine]}>
            <Text look="small">
              {reaction.key} <Span tone={reaction.mine ? "accentText" : "text2"}>{reaction.count}</Span>
            </Text>
          </View>
        </Pressable>
      ))}
    </View>
  );
}

const MOST_FACES = 5;

/** Who has read up to here. */
function ReadMarks({ marks }: { readonly marks: readonly ReadMark[] }) {
  const { t } = useWords();
  const styles = useStyles();
  if (marks.length === 0) return null;
  return (
    <View style={styles.marks} role="img" aria-label={t("timeline.readBy", { names: marks.map((mark) => mark.name).join(", ") })}>
      {marks.length > MOST_FACES && (
        <Text look="tiny" tone="text3">
          +{marks.length - MOST_FACES}
        </Text>
      )}
      {marks.slice(0, MOST_FACES).map((mark) => (
        <Avatar key={mark.userId} id={mark.userId} name={mark.name} mxc={mark.avatar} size={16} />
      ))}
    </View>
  );
}
