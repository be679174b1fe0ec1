import type {
  ChangeItem,
  FailedItem,
  RedactedItem,
  SendingItem,
  SentItem,
  TaskCardItem,
  TaskLineItem,
  TimelineItem,
} from "@team/core";

export type MessageItem = SentItem | SendingItem | FailedItem | RedactedItem;

/** All that stands in a timeline. */
export type AnyItem = TimelineItem | TaskCardItem | TaskLineItem;

/** One row of the list as it is drawn. */
export type Row =
  | { readonly kind: "day"; readonly key: string; readonly ts: number }
  | { readonly kind: "unread"; readonly key: string }
  /** `first`: with avatar and name; otherwise it continues the message above. */
  | { readonly kind: "message"; readonly key: string; readonly item: MessageItem; readonly first: boolean }
  /** Consecutive state changes; many of them are folded into one line. */
  | { readonly kind: "changes"; readonly key: string; readonly items: readonly ChangeItem[] }
  | { readonly kind: "task"; readonly key: string; readonly item: TaskCardItem }
  | { readonly kind: "taskChange"; readonly key: string; readonly item: TaskLineItem };

/** Messages of one person within this time stand together under one name. */
const togetherMs = 5 * 60_000;

function dayOf(ts: number): number {
  return new Date(ts).setHours(0, 0, 0, 0);
}

/**
 * Lays out a timeline: day separators, groups of messages, folded changes, and the line above what is new.
 *
 * `readUpToKey`: key of the last item that has been read; null, or the last of all, draws no line. Own messages
 * below it are not new: the line stands above the first one of somebody else.
 */
export function layoutRows(items: readonly AnyItem[], readUpToKey: string | null): Row[] {
  const rows: Row[] = [];
  const readAt = readUpToKey === null ? -1 : items.findIndex((item) => item.key === readUpToKey);
  const firstNew = readAt < 0 ? -1 : newAfter(items, readAt);
  let day = Number.NaN;
  let before: MessageItem | null = null;
  items.forEach((item, at) => {
    const itsDay = dayOf(item.ts);
    if (itsDay !== day) {
      day = itsDay;
      before = null;
      rows.push({ kind: "day", key: `day-${itsDay}-${item.key}`, ts: item.ts });
    }
    if (at === firstNew) {
      before = null;
      rows.push({ kind: "unread", key: "unread" });
    }
    if (item.kind === "change") {
      before = null;
      const last = rows.at(-1);
      if (last?.kind === "changes") rows[rows.length - 1] = { ...last, items: [...last.items, item] };
      else rows.push({ kind: "changes", key: item.key, items: [item] });
      return;
    }
    if (item.kind === "task" || item.kind === "taskChange") {
      before = null;
      rows.push(item.kind === "task" ? { kind: "task", key: item.key, item } : { kind: "taskChange", key: item.key, item });
      return;
    }
    const first = !continues(before, item);
    before = item;
    rows.push({ kind: "message", key: item.key, item, first });
  });
  return rows;
}

/** Where the first message of somebody else after `readAt` stands; -1 when I have written since: nothing is new then. */
function newAfter(items: readonly AnyItem[], readAt: number): number {
  const first = items.findIndex((item, at) => at > readAt && !item.own && isTold(item));
  const answered = items.findLastIndex((item) => item.own && isTold(item));
  return answered > first ? -1 : first;
}

/** Somebody said something: what merely happened to the room or to a task is not new. */
function isTold(item: AnyItem): boolean {
  return item.kind !== "change" && item.kind !== "taskChange";
}

function continues(before: MessageItem | null, item: MessageItem): boolean {
  return (
    before !== null &&
    before.sender === item.sender &&
    Math.abs(item.ts - before.ts) < togetherMs &&
    !(item.kind !== "redacted" && item.replyTo !== null) &&
    !isEmote(before) &&
    !isEmote(item)
  );
}

function isEmote(item: MessageItem): boolean {
  return item.kind !== "redacted" && item.content.type === "emote";
}
