import type { EventId, Room, SentItem, Timeline, TimelineStart } from "@team/core";
import { ArrowDown, MessageCircle } from "lucide-react";
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useObservable } from "../../app/useObservable";
import { CountBadge } from "../../ui/Badge";
import { Button } from "../../ui/Button";
import { cx } from "../../ui/cx";
import { EmptyState } from "../../ui/EmptyState";
import { Loading, Spinner } from "../../ui/Spinner";
import { useToasts } from "../../ui/Toast";
import { Lightbox } from "../media/Lightbox";
import { PersonCard, type ShownPerson } from "../room/PersonCard";
import { TaskCard } from "../tasks/TaskCard";
import { TaskLine } from "../tasks/TaskLine";
import { ChangesRow } from "./ChangesRow";
import { DayRow, UnreadRow } from "./Separators";
import { MessageRow } from "./MessageRow";
import { TimelineContext, type TimelineContextValue } from "./context";
import { layoutRows, type Row } from "./rows";
import { useFocusRows } from "./useFocusRows";
import { useMarkRead } from "./useMarkRead";
import { useTimelineScroll } from "./useTimelineScroll";
import { useUnreadLine } from "./useUnreadLine";
import styles from "./TimelineView.module.css";

type TimelineViewProps = {
  room: Room;
  timeline: Timeline;
  roomName: string;
  direct: boolean;
  openThread: ((rootId: EventId) => void) | null;
  onReply: (item: SentItem) => void;
  onEdit: (item: SentItem) => void;
  onMakeTask: ((item: SentItem) => void) | null;
  /** A message that the address points at. */
  target?: EventId | null;
  /** The thread of a task beside the task itself: its card would say all of it once more. */
  cardless?: boolean;
};

/** How near the top of the list the next older messages are asked for, in pixels. */
const early = 900;

export function TimelineView({ room, timeline, roomName, direct, openThread, onReply, onEdit, onMakeTask, target = null, cardless = false }: TimelineViewProps) {
  const { t } = useTranslation();
  const toasts = useToasts();
  const snapshot = useObservable(timeline.withTasks);
  const { start } = snapshot;
  const items = useMemo(
    () => (cardless ? snapshot.items.filter(({ kind }) => kind !== "task") : snapshot.items),
    [snapshot.items, cardless],
  );
  const unreadLine = useUnreadLine(snapshot);
  const rows = useMemo(() => layoutRows(items, unreadLine), [items, unreadLine]);
  const scroll = useTimelineScroll(rows);
  const [flashed, setFlashed] = useState<string | null>(null);
  const [person, setPerson] = useState<ShownPerson | null>(null);
  const [imageKey, setImageKey] = useState<string | null>(null);
  useMarkRead(timeline, items, scroll.atEnd);
  const onRowKey = useFocusRows(scroll.content);

  // Older messages come before the reader reaches the top, and until the list fills its place.
  const loadMore = useCallback(() => {
    const box = scroll.scroller.current;
    if (box !== null && start.kind === "more" && box.scrollTop < early) void timeline.loadOlder();
  }, [scroll.scroller, start.kind, timeline]);
  useEffect(loadMore, [loadMore, rows]);

  // The first view: at the line of what is new, when there is more of it than fits; otherwise at the end.
  const settled = useRef(false);
  const { toEnd, toRow } = scroll;
  useLayoutEffect(() => {
    if (settled.current || items.length === 0) return;
    settled.current = true;
    if (target === null) {
      toEnd();
      const line = scroll.content.current?.querySelector<HTMLElement>('[data-row="unread"]');
      const box = scroll.scroller.current;
      if (line && box && line.getBoundingClientRect().top < box.getBoundingClientRect().top) toRow("unread");
    }
  }, [items.length, target, toEnd, toRow, scroll.content, scroll.scroller]);

  // What I send is what I want to see.
  const lastOwnEcho = items.findLast((item) => item.own && item.kind === "sending")?.key ?? null;
  useLayoutEffect(() => {
    if (lastOwnEcho !== null) toEnd();
  }, [lastOwnEcho, toEnd]);

  const jumpTo = useCallback(
    async (eventId: EventId) => {
      if (!(await timeline.loadUntil(eventId))) {
        toasts.warn(t("timeline.replyMissing"));
        return;
      }
      const found = timeline.withTasks.getSnapshot().items.find((item) => "eventId" in item && item.eventId === eventId);
      const key = found?.key ?? eventId;
      requestAnimationFrame(() => {
        toRow(key);
        setFlashed(key);
        setTimeout(() => setFlashed((now) => (now === key ? null : now)), 2200);
      });
    },
    [timeline, toRow, toasts, t],
  );
  useEffect(() => {
    if (target !== null) void jumpTo(target);
  }, [target, jumpTo]);

  const giveUpActions = useRef<(() => void) | null>(null);
  const context = useMemo<TimelineContextValue>(
    () => ({
      room,
      timeline,
      direct,
      openThread,
      reply: onReply,
      edit: onEdit,
      makeTask: onMakeTask,
      jumpTo: (eventId) => void jumpTo(eventId),
      openImage: setImageKey,
      openPerson: setPerson,
      claimActions: (giveUp) => {
        if (giveUpActions.current !== giveUp) giveUpActions.current?.();
        giveUpActions.current = giveUp;
      },
    }),
    [room, timeline, direct, openThread, onReply, onEdit, onMakeTask, jumpTo],
  );
  const newBelow = useNewBelow(rows, scroll.atEnd);
  const inThread = timeline.threadId !== null;
  const beginning = inThread ? null : direct ? t("timeline.beginning") : t("timeline.beginningRoom", { room: roomName });

  return (
    <TimelineContext.Provider value={context}>
      <div className={styles.frame}>
        <div
          ref={scroll.scroller}
          className={styles.scroller}
          role="log"
          aria-label={t("timeline.label")}
          aria-busy={start.kind === "loading" || start.kind === "unknown"}
          tabIndex={-1}
          onScroll={loadMore}
          onKeyDown={onRowKey}
        >
          <div ref={scroll.content} className={cx(styles.content, inThread && styles.fromTop)}>
            <Beginning
              start={start}
              text={beginning}
              retry={() => void timeline.loadOlder()}
            />
            {start.kind === "unknown" && items.length === 0 && <Loading />}
            {start.kind === "beginning" && items.length === 0 && !inThread && (
              <EmptyState icon={<MessageCircle size={26} />} title={t("timeline.emptyTitle")} text={t("timeline.emptyText")} />
            )}
            {start.kind === "beginning" && items.length === 0 && cardless && (
              <EmptyState icon={<MessageCircle size={26} />} title={t("tasks.noComments")} text={t("tasks.noCommentsText")} />
            )}
            {rows.map((row, at) => (
              <RowView key={row.key} row={row} last={at === rows.length - 1} flashed={row.key === flashed} />
            ))}
          </div>
        </div>
        {!scroll.atEnd && (
          <div className={styles.jump}>
            <Button
              className={styles.jumpButton}
              onClick={() => toEnd(true)}
              icon={<ArrowDown size={17} />}
              aria-label={newBelow > 0 ? `${t("timeline.jumpLatest")}, ${t("timeline.newBelow", { count: newBelow })}` : t("timeline.jumpLatest")}
            >
              {newBelow > 0 && <CountBadge count={newBelow} />}
            </Button>
          </div>
        )}
      </div>
      <PersonCard room={room} shown={person} onClose={() => setPerson(null)} />
      <Lightbox items={items} openKey={imageKey} onOpen={setImageKey} />
    </TimelineContext.Provider>
  );
}

function RowView({ row, last, flashed }: { row: Row; last: boolean; flashed: boolean }) {
  switch (row.kind) {
    case "day":
      return <DayRow rowKey={row.key} ts={row.ts} />;
    case "unread":
      return <UnreadRow rowKey={row.key} />;
    case "changes":
      return <ChangesRow items={row.items} />;
    case "task":
      return <TaskCard item={row.item} flashed={flashed} />;
    case "taskChange":
      return <TaskLine item={row.item} />;
    case "message":
      return <MessageRow item={row.item} first={row.first} last={last} flashed={flashed} />;
  }
}

type BeginningProps = { start: TimelineStart; text: string | null; retry: () => void };

/** What stands above the first message: a sign of loading, or the words that nothing came before. */
function Beginning({ start, text, retry }: BeginningProps) {
  const { t } = useTranslation();
  switch (start.kind) {
    case "loading":
    case "more":
      return (
        <div className={styles.older} role="status" aria-label={t("timeline.loadingOlder")}>
          <Spinner size={18} />
        </div>
      );
    case "failed":
      return (
        <div className={cx(styles.older, styles.olderFailed)} role="alert">
          {t("timeline.loadFailed")}
          <Button size="small" onClick={retry}>
            {t("common.retry")}
          </Button>
        </div>
      );
    case "beginning":
      return text === null ? null : <p className={styles.beginning}>{text}</p>;
    case "unknown":
      return null;
  }
}

/** How many messages of others have come in below since the reader left the end. */
function useNewBelow(rows: readonly Row[], atEnd: boolean): number {
  const seen = useRef<string | null>(null);
  const lastKey = rows.at(-1)?.key ?? null;
  useEffect(() => {
    if (atEnd) seen.current = lastKey;
  }, [atEnd, lastKey]);
  if (atEnd || seen.current === null) return 0;
  const from = rows.findIndex((row) => row.key === seen.current);
  return from < 0 ? 0 : rows.slice(from + 1).filter((row) => row.kind === "message" && !row.item.own).length;
}
