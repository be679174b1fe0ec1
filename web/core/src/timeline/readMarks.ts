import type { EventId, MxcUri, UserId } from "../ids";
import type { ReceiptRecord } from "../rooms/record";
import type { ReadMark } from "./model";
import type { StoredEvent } from "./stored";

export interface MarkContext {
  readonly me: UserId;
  /** Null for the main timeline. */
  readonly threadId: EventId | null;
  readonly receipts: ReadonlyMap<UserId, ReceiptRecord>;
  nameOf(userId: UserId): string;
  avatarOf(userId: UserId): MxcUri | null;
}

/**
 * Pure. Who has read up to which visible event: receipts on invisible events (reactions, edits) count
 * for the last visible one before them, and whoever writes has read what came before.
 */
export function readMarks(
  events: readonly StoredEvent[],
  visible: ReadonlySet<EventId>,
  context: MarkContext,
): ReadonlyMap<EventId, readonly ReadMark[]> {
  const index = new Map<EventId, number>();
  const lastOwn = new Map<UserId, number>();
  events.forEach(({ event }, i) => {
    index.set(event.event_id, i);
    if (visible.has(event.event_id)) lastOwn.set(event.sender, i);
  });
  const marks = new Map<EventId, ReadMark[]>();
  for (const [userId, receipt] of context.receipts) {
    if (userId === context.me) continue;
    const read = newest(receipt, context.threadId, index);
    if (read === null || read.at <= (lastOwn.get(userId) ?? -1)) continue;
    const event = lastVisible(events, visible, read.at);
    if (event === null) continue;
    const mark = { userId, name: context.nameOf(userId), avatar: context.avatarOf(userId), ts: read.ts };
    marks.set(event, [...(marks.get(event) ?? []), mark]);
  }
  for (const each of marks.values()) each.sort((a, b) => b.ts - a.ts || (a.userId < b.userId ? -1 : 1));
  return marks;
}

/** The furthest event that the receipts for this timeline reach; null when none is here. */
export function newest(
  receipt: ReceiptRecord,
  threadId: EventId | null,
  index: ReadonlyMap<EventId, number>,
): { readonly at: number; readonly ts: number } | null {
  let best: { at: number; ts: number } | null = null;
  for (const thread of ["", threadId ?? "main"]) {
    const found = receipt[thread];
    const at = found === undefined ? undefined : index.get(found.eventId);
    if (found !== undefined && at !== undefined && (best === null || at > best.at)) best = { at, ts: found.ts };
  }
  return best;
}

export function lastVisible(events: readonly StoredEvent[], visible: ReadonlySet<EventId>, from: number): EventId | null {
  for (let i = from; i >= 0; i -= 1) {
    const eventId = events[i]?.event.event_id;
    if (eventId !== undefined && visible.has(eventId)) return eventId;
  }
  return null;
}
