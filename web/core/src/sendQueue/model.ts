import type { ErrorInfo } from "../api/errors";
import type { EventId, RoomId, TxnId } from "../ids";
import type { Observable } from "../observable";

/** One thing waiting to be sent, as the views see it. */
export interface QueuedSend {
  readonly txnId: TxnId;
  readonly roomId: RoomId;
  readonly threadId: EventId | null;
  readonly kind: "message" | "media" | "edit" | "reaction" | "redaction" | "event" | "receipt";
  readonly state: "waiting" | "sending" | "failed";
  readonly error: ErrorInfo | null;
  readonly retryable: boolean;
  readonly queuedTs: number;
}

/**
 * The durable outbox. What is in it survives a kill, goes out in order within each room, and always
 * with the transaction id it was queued with, so that a repeated request makes no second message.
 */
export interface SendQueue {
  /** Oldest first; without what the server has acknowledged. */
  readonly entries: Observable<readonly QueuedSend[]>;
  retry(txnId: TxnId): Promise<void>;
  retryAll(roomId?: RoomId): Promise<void>;
  /** Throws it away, and what depends on it. */
  discard(txnId: TxnId): Promise<void>;
}

export interface Draft {
  readonly text: string;
  readonly replyTo: EventId | null;
  readonly editing: EventId | null;
}

/** Unsent text per room and thread, kept through restarts. */
export interface Drafts {
  readonly all: Observable<ReadonlyMap<string, Draft>>;
  get(roomId: RoomId, threadId?: EventId | null): Draft | null;
  /** Null, or an empty text without reply or edit, removes it. Written to the store within a second. */
  set(roomId: RoomId, threadId: EventId | null, draft: Draft | null): void;
  /** Writes at once what is not in the store yet: before the system may end the app. */
  write(): Promise<void>;
}
