import type { Room, Timeline } from "@team/core";
import { useRouter } from "expo-router";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { ActivityIndicator, FlatList, Pressable, View, type NativeScrollEvent, type NativeSyntheticEvent } from "react-native";
import { useObservable } from "../shell/client";
import { TimelineTaskCard, TimelineTaskLine } from "../tasks/TimelineTask";
import { useWords } from "../i18n";
import { radius, space, themed, touch, usePalette } from "../theme";
import { Button } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { ChevronDown } from "../ui/icons";
import { Text } from "../ui/Text";
import { ComposerBar } from "./ComposerBar";
import { MessageRow, type MessageActions } from "./MessageRow";
import { MessageSheet } from "./MessageSheet";
import { rowsOf, type MessageItem, type Row } from "./rows";
import { ChangesRow, DayLine, UnreadLine } from "./Separators";
import { useAttention } from "./useAttention";
import { useComposer } from "./useComposer";

const useStyles = themed((palette) => ({
  fill: { flex: 1, backgroundColor: palette.surface },
  content: { paddingVertical: space.s },
  start: { alignItems: "center", gap: space.s, padding: space.l },
  latest: {
    position: "absolute",
    right: space.l,
    bottom: space.l,
    width: touch,
    height: touch,
    alignItems: "center",
    justifyContent: "center",
    borderRadius: radius.full,
    borderWidth: 1,
    borderColor: palette.border,
    backgroundColor: palette.raised,
  },
  closed: { padding: space.l, borderTopWidth: 1, borderTopColor: palette.border },
}));

interface ConversationProps {
  readonly room: Room;
  readonly timeline: Timeline;
  readonly roomName: string;
  /** Whether it is talk between two people, which has no name of its own. */
  readonly direct?: boolean;
  /** Why nothing can be written here; null when it can. */
  readonly closed: string | null;
  /** Whether it is what people say about a task: the task itself stands elsewhere. */
  readonly comments?: boolean;
}

/** How near to the newest message counts as looking at it. */
const NEAR = 80;

/** The messages of a room or thread, newest at the bottom, and the field to write in. */
export function Conversation({ room, timeline, roomName, direct = false, closed, comments = false }: ConversationProps) {
  const { t } = useWords();
  const styles = useStyles();
  const router = useRouter();
  const { items, start, readUpToKey } = useObservable(timeline.withTasks);
  const composer = useComposer(room, timeline);
  const [chosen, setChosen] = useState<MessageItem | null>(null);
  const [atEnd, setAtEnd] = useState(true);
  const [failure, setFailure] = useState<unknown>(null);
  const list = useRef<FlatList<Row>>(null);
  const rows = useMemo(() => rowsOf(comments ? items.filter(({ kind }) => kind !== "task") : items, readUpToKey), [items, readUpToKey, comments]);
  useMarkRead(timeline, atEnd ? (rows.find((row) => row.kind !== "day")?.key ?? null) : null);

  // A list that is shorter than the screen never scrolls: it has to ask by itself.
  useEffect(() => {
    if (start.kind === "more" && rows.length < 12) void timeline.loadOlder();
  }, [timeline, start.kind, rows.length]);

  const { roomId } = room;
  const actions = useMemo<MessageActions>(
    () => ({
      onPress: setChosen,
      onReaction: (item, emoji) => void (item.kind === "sent" && room.toggleReaction(item.eventId, emoji)),
      onThread: (rootId) => router.push({ pathname: "/thread/[room]/[root]", params: { room: roomId, root: rootId } }),
    }),
    [room, roomId, router],
  );
  const threads = timeline.threadId === null;
  const beginning = direct ? t("timeline.beginning") : t("timeline.beginningRoom", { room: roomName });
  const draw = useCallback(({ item }: { readonly item: Row }) => <RowView row={item} room={room} actions={actions} threads={threads} />, [room, actions, threads]);
  const onScroll = (event: NativeSyntheticEvent<NativeScrollEvent>): void => setAtEnd(event.nativeEvent.contentOffset.y < NEAR);

  return (
    <View style={styles.fill}>
      <View style={styles.fill}>
        <FlatList
          ref={list}
          inverted
          data={rows}
          renderItem={draw}
          keyExtractor={(row) => row.key}
          role="log"
          aria-label={t("timeline.label")}
          contentContainerStyle={styles.content}
          keyboardShouldPersistTaps="handled"
          keyboardDismissMode="interactive"
          maintainVisibleContentPosition={{ minIndexForVisible: 1, autoscrollToTopThreshold: NEAR }}
          onScroll={onScroll}
          scrollEventThrottle={100}
          onEndReachedThreshold={1.5}
          onEndReached={() => void (start.kind === "more" && timeline.loadOlder())}
          initialNumToRender={20}
          windowSize={11}
          ListFooterComponent={
            <Beginning
              start={start}
              retry={() => void timeline.loadOlder()}
              text={threads ? beginning : comments && rows.length === 0 ? t("phone.noComments") : null}
            />
          }
        />
        {!atEnd && (
          <Pressable
            role="button"
            aria-label={t("timeline.jumpLatest")}
            style={styles.latest}
            onPress={() => list.current?.scrollToOffset({ offset: 0, animated: true })}
          >
            <Icon of={ChevronDown} />
          </Pressable>
        )}
      </View>
      {failure !== null && <Failure error={failure} />}
      {closed === null ? (
        <ComposerBar
          composer={composer}
          items={items}
          label={t(threads ? "composer.label" : "composer.placeholderThread")}
          placeholder={comments ? t("phone.comment") : threads ? t("composer.placeholder", { room: roomName }) : t("composer.placeholderThread")}
          onFailed={setFailure}
        />
      ) : (
        <View style={styles.closed}>
          <Text look="small" tone="text2">
            {closed}
          </Text>
        </View>
      )}
      <MessageSheet
        room={room}
        item={chosen}
        onClose={() => setChosen(null)}
        onReply={composer.startReply}
        onEdit={composer.startEdit}
        onThread={threads ? actions.onThread : null}
      />
    </View>
  );
}

function RowView({ row, room, actions, threads }: { readonly row: Row; readonly room: Room; readonly actions: MessageActions; readonly threads: boolean }) {
  switch (row.kind) {
    case "day":
      return <DayLine ts={row.ts} />;
    case "unread":
      return <UnreadLine />;
    case "changes":
      return <ChangesRow items={row.items} />;
    case "message":
      return <MessageRow item={row.item} first={row.first} actions={actions} threads={threads} />;
    case "task":
      return <TimelineTaskCard item={row.item} />;
    case "taskChange":
      return <TimelineTaskLine item={row.item} room={room} />;
  }
}

interface BeginningProps {
  readonly start: ReturnType<Timeline["getSnapshot"]>["start"];
  readonly retry: () => void;
  /** What stands above the first message; null: nothing. */
  readonly text: string | null;
}

function Beginning({ start, retry, text }: BeginningProps) {
  const { t } = useWords();
  const styles = useStyles();
  const palette = usePalette();
  switch (start.kind) {
    case "unknown":
    case "loading":
      return (
        <View style={styles.start}>
          <ActivityIndicator color={palette.accent} aria-label={t("timeline.loadingOlder")} />
        </View>
      );
    case "failed":
      return (
        <View style={styles.start}>
          <Text look="small" tone="dangerText">
            {t("timeline.loadFailed")}
          </Text>
          <Button label={t("common.retry")} onPress={retry} />
        </View>
      );
    case "beginning":
      return text === null ? null : (
        <View style={styles.start}>
          <Text look="small" tone="text3">
            {text}
          </Text>
        </View>
      );
    case "more":
      return null;
  }
}

function Failure({ error }: { readonly error: unknown }) {
  const words = useWords();
  return (
    <View style={{ padding: space.m }}>
      <Text look="small" tone="dangerText" role="alert">
        {words.error(error)}
      </Text>
    </View>
  );
}

/** Says that all is read while somebody looks at the newest row. */
function useMarkRead(timeline: Timeline, newestKey: string | null): void {
  const attentive = useAttention();
  useEffect(() => {
    if (!attentive || newestKey === null) return undefined;
    const timer = setTimeout(() => void timeline.markRead(), 250);
    return () => clearTimeout(timer);
  }, [timeline, attentive, newestKey]);
}
