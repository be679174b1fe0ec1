import type { EventId, TargetId, TxnId, UserId } from "../ids";
import type { Observable } from "../observable";
import type { PlatformBlob } from "../platform";
import type { TimelineWithTasks } from "../tasks/model";
import type { ThreadList, TimelineSnapshot } from "./model";

/** A message as the composer hands it over. Mentions go to `m.mentions`. */
export interface OutgoingText {
  readonly type?: "text" | "emote" | "notice";
  readonly body: string;
  /** `org.matrix.custom.html`, when it says more than `body`. */
  readonly html?: string | null;
  readonly mentions?: { readonly userIds?: readonly UserId[]; readonly room?: boolean };
  readonly replyTo?: TargetId;
}

export interface OutgoingMedia {
  readonly type: "image" | "video" | "audio" | "file";
  readonly blob: PlatformBlob;
  readonly name: string;
  readonly mimeType: string;
  /** Bytes. */
  readonly size: number;
  readonly width?: number;
  readonly height?: number;
  readonly durationMs?: number;
  /** A smaller picture made by the app; the server makes thumbnails of images itself. */
  readonly thumbnail?: { readonly blob: PlatformBlob; readonly mimeType: string; readonly size: number; readonly width: number; readonly height: number };
  readonly caption?: string;
  readonly captionHtml?: string | null;
  readonly mentions?: { readonly userIds?: readonly UserId[]; readonly room?: boolean };
  readonly replyTo?: TargetId;
}

/**
 * The messages of a room, or of one thread, oldest first, local echoes last.
 *
 * It loads from the store when first subscribed to, and lets go of its memory some time after the
 * last subscriber has gone. All `send...` functions resolve once the message is durable in the outbox.
 */
export interface Timeline extends Observable<TimelineSnapshot> {
  /** Null for the room's main timeline. */
  readonly threadId: EventId | null;
  /** The same with the cards and activity lines of tasks among the messages. */
  readonly withTasks: Observable<TimelineWithTasks>;
  /** Shows older messages, from the store or the server. Failures end up in `start`; never rejects. */
  loadOlder(count?: number): Promise<void>;
  /** Loads back until the event is among the items; false when it is not to be found. */
  loadUntil(eventId: EventId): Promise<boolean>;
  /** I have read up to the newest item (or the given event). Durable, sent when possible. */
  markRead(upTo?: EventId, options?: { readonly private?: boolean }): Promise<void>;

  sendText(message: OutgoingText): Promise<TxnId>;
  sendMedia(media: OutgoingMedia): Promise<TxnId>;
  /** Replaces the text of an own message (also one that is still in the outbox: `~txnId`). */
  edit(target: TargetId, message: OutgoingText): Promise<TxnId>;
}

/** The threads of a room, newest activity first. Loads when first subscribed to. */
export interface Threads extends Observable<ThreadList> {
  loadOlder(): Promise<void>;
}
