import { number, object, text } from "../api/read";
import type { AccountDataEvent } from "../api/wire";
import type { EventId, UserId } from "../ids";
import type { ReceiptRecord } from "./record";

export interface ReceiptMove {
  readonly userId: UserId;
  /** "" unthreaded, "main", or a thread root. */
  readonly thread: string;
  readonly eventId: EventId;
  readonly ts: number;
}

/** Pure. The receipts in one m.receipt event; private ones are always our own. */
export function receiptMoves(ephemeral: readonly AccountDataEvent[]): ReceiptMove[] {
  const moves: ReceiptMove[] = [];
  for (const event of ephemeral) {
    if (event.type !== "m.receipt") continue;
    for (const [eventId, byType] of Object.entries(event.content)) {
      for (const type of ["m.read", "m.read.private"]) {
        for (const [userId, receipt] of Object.entries(object(object(byType)?.[type]) ?? {})) {
          const fields = object(receipt);
          moves.push({ userId, thread: text(fields?.["thread_id"]) ?? "", eventId, ts: number(fields?.["ts"]) ?? 0 });
        }
      }
    }
  }
  return moves;
}

/** Pure. Newer receipts replace older ones of the same thread. */
export function withReceipts(record: ReceiptRecord, moves: readonly Omit<ReceiptMove, "userId">[]): ReceiptRecord {
  const next: Record<string, { eventId: EventId; ts: number }> = { ...record };
  for (const { thread, eventId, ts } of moves) {
    const before = next[thread];
    if (before === undefined || ts >= before.ts) next[thread] = { eventId, ts };
  }
  return next;
}
