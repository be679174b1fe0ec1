import type { ChangeItem, FailedItem, RedactedItem, SendingItem, SentItem, TaskCardItem, TaskLineItem, TimelineItem } from "@team/core";

export type MessageItem = SentItem | SendingItem | FailedItem | RedactedItem;
export type AnyItem = TimelineItem | TaskCardItem | TaskLineItem;

/** One row of the list as it is drawn. */
export type Row =
  | { readonly kind: "day"; readonly key: string; readonly ts: number }
  | { readonly kind: "unread"; readonly key: string }
  /** `first`: with face and name; otherwise it goes on below the message above. */
  | { readonly kind: "message"; readonly key: string; readonly item: MessageItem; readonly first: boolean }
  | { readonly kind: "task"; readonly key: string; readonly item: TaskCardItem }
  | { readonly kind: "taskChange"; readonly key: string; readonly item: TaskLineItem }
  /** Neighbouring changes of the room; many are folded into one line. */
  | { readonly kind: "changes"; readonly key: string; readonly items: readonly ChangeItem[] };

/** Messages of one person within this time stand together. */
const TOGETHER_MS = 5 * 60_000;

/**
 * Lays a timeline out, newest row first, as an inverted list wants it.
 *
 * readUpToKey: key of the last item that was read. The line stands above the first message of somebody else after it,
 * and nowhere once I have written since.
 */
export function rowsOf(items: readonly AnyItem[], readUpToKey: string | null): Row[] {
  const rows: Row[] = [];
  const newFrom = firstNew(items, readUpToKey);
  let day = Number.NaN;
  let above: MessageItem | null = null;
  items.forEach((item, at) => {
    const itsDay = new Date(item.ts).setHours(0, 0, 0, 0);
    if (itsDay !== day) {
      day = itsDay;
      above = null;
      rows.push({ kind: "day", key: `day ${item.key}`, ts: item.ts });
    }
    if (at === newFrom) {
      above = null;
      rows.push({ kind: "unread", key: "unread" });
    }
    const before = above;
    above = isMessage(item) ? item : null;
    if (isMessage(item)) rows.push({ kind: "message", key: item.key, item, first: !goesOn(before, item) });
    else if (item.kind === "task") rows.push({ kind: "task", key: item.key, item });
    else if (item.kind === "taskChange") rows.push({ kind: "taskChange", key: item.key, item });
    else fold(rows, item);
  });
  return rows.reverse();
}

function isMessage(item: AnyItem): item is MessageItem {
  return item.kind === "sent" || item.kind === "sending" || item.kind === "failed" || item.kind === "redacted";
}

function fold(rows: Row[], item: ChangeItem): void {
  const last = rows.at(-1);
  if (last?.kind === "changes") rows[rows.length - 1] = { ...last, items: [...last.items, item] };
  else rows.push({ kind: "changes", key: item.key, items: [item] });
}

function firstNew(items: readonly AnyItem[], readUpToKey: string | null): number {
  const readAt = readUpToKey === null ? -1 : items.findIndex((item) => item.key === readUpToKey);
  if (readAt < 0) return -1;
  const first = items.findIndex((item, at) => at > readAt && !item.own && item.kind !== "change");
  const answered = items.findLastIndex((item) => item.own && item.kind !== "change");
  return answered > first ? -1 : first;
}

function goesOn(above: MessageItem | null, item: MessageItem): boolean {
  return (
    above !== null &&
    above.sender === item.sender &&
    item.ts - above.ts < TOGETHER_MS &&
    (item.kind === "redacted" || item.replyTo === null) &&
    !isEmote(above) &&
    !isEmote(item)
  );
}

function isEmote(item: MessageItem): boolean {
  return item.kind !== "redacted" && item.content.type === "emote";
}
