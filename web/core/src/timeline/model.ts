import type { ErrorInfo } from "../api/errors";
import type { EventId, MxcUri, RoomId, TxnId, UserId } from "../ids";
import type { PlatformBlob } from "../platform";
import type { HistoryVisibility, JoinRule } from "../rooms/model";
import type { ContentPreview, MessagePreview } from "./preview";

export interface Thumbnail {
  readonly mxc: MxcUri;
  readonly mimeType: string | null;
  readonly width: number | null;
  readonly height: number | null;
}

export interface MediaInfo {
  /** Null while the upload has not finished; then `local` has the bytes. */
  readonly mxc: MxcUri | null;
  readonly local: PlatformBlob | null;
  readonly name: string;
  readonly mimeType: string | null;
  /** Bytes. */
  readonly size: number | null;
  readonly width: number | null;
  readonly height: number | null;
  readonly durationMs: number | null;
  readonly thumbnail: Thumbnail | null;
}

/** What a message says. `html` is `org.matrix.custom.html`, NOT sanitised: sanitise before you show it. */
export type MessageContent =
  | { readonly type: "text" | "notice" | "emote"; readonly body: string; readonly html: string | null }
  | {
      readonly type: "image" | "video" | "audio" | "file" | "sticker";
      /** The caption; null when there is none. */
      readonly caption: string | null;
      readonly captionHtml: string | null;
      readonly media: MediaInfo;
    }
  | { readonly type: "encrypted" }
  | { readonly type: "unsupported"; readonly eventType: string; readonly body: string | null };

export interface Reaction {
  /** Usually an emoji. */
  readonly key: string;
  readonly count: number;
  readonly senders: readonly { readonly userId: UserId; readonly name: string }[];
  /** My reaction is among them (or on its way). */
  readonly mine: boolean;
  /** My own adding or removing of it has not been acknowledged. */
  readonly pending: boolean;
}

/** The message that is replied to. */
export type Quote =
  | { readonly kind: "loading"; readonly eventId: EventId }
  | { readonly kind: "missing"; readonly eventId: EventId }
  | {
      readonly kind: "known";
      readonly eventId: EventId;
      readonly sender: UserId;
      readonly senderName: string;
      readonly preview: ContentPreview;
    };

/** On the first message of a thread. */
export interface ThreadSummary {
  readonly rootId: EventId;
  readonly count: number;
  readonly latest: MessagePreview | null;
  readonly participated: boolean;
  readonly unreadCount: number;
  readonly highlightCount: number;
}

export interface ReadMark {
  readonly userId: UserId;
  readonly name: string;
  readonly avatar: MxcUri | null;
  readonly ts: number;
}

interface ItemBase {
  /** Stable while the item lives: a local echo keeps its key when its event arrives. */
  readonly key: string;
  readonly ts: number;
  readonly sender: UserId;
  readonly senderName: string;
  readonly senderAvatar: MxcUri | null;
  readonly own: boolean;
}

interface MessageBase extends ItemBase {
  readonly content: MessageContent;
  readonly replyTo: Quote | null;
  /** The thread this message belongs to (not set on its root). */
  readonly threadId: EventId | null;
  /** It mentions me, or the whole room. */
  readonly mentionsMe: boolean;
}

/** A message the server has. */
export interface SentItem extends MessageBase {
  readonly kind: "sent";
  readonly eventId: EventId;
  readonly edited: boolean;
  readonly editedTs: number | null;
  /** My own edit on its way, or refused (then `sendQueue.retry/discard` with its txnId). */
  readonly pendingEdit: { readonly txnId: TxnId; readonly failed: ErrorInfo | null } | null;
  /** My own redaction was refused. */
  readonly redactFailed: { readonly txnId: TxnId; readonly error: ErrorInfo } | null;
  readonly reactions: readonly Reaction[];
  readonly thread: ThreadSummary | null;
  /** People whose newest receipt is here; not me, not the sender. */
  readonly readBy: readonly ReadMark[];
  readonly pinned: boolean;
  readonly can: { readonly edit: boolean; readonly redact: boolean; readonly react: boolean; readonly reply: boolean };
}

/** In the durable outbox. `progress`: 0 to 1 of a media upload, null otherwise. */
export interface SendingItem extends MessageBase {
  readonly kind: "sending";
  readonly txnId: TxnId;
  readonly progress: number | null;
}

/** Refused by the server, or too old to be sent unasked. Its text stays until retried or discarded. */
export interface FailedItem extends MessageBase {
  readonly kind: "failed";
  readonly txnId: TxnId;
  readonly error: ErrorInfo;
  readonly retryable: boolean;
}

export interface RedactedItem extends ItemBase {
  readonly kind: "redacted";
  readonly eventId: EventId;
  readonly redactedBy: UserId | null;
  readonly redactedByName: string | null;
  readonly reason: string | null;
  readonly thread: ThreadSummary | null;
  readonly readBy: readonly ReadMark[];
}

export interface ChangeItem extends ItemBase {
  readonly kind: "change";
  readonly eventId: EventId;
  readonly change: StateChange;
  readonly readBy: readonly ReadMark[];
}

export interface Person {
  readonly userId: UserId;
  readonly name: string;
}

/** A line such as "Anna invited Ivan". The actor is the item's `sender`; `person` is who it happened to. */
export type StateChange =
  | { readonly type: "created" }
  | { readonly type: "joined" }
  | { readonly type: "left"; readonly reason: string | null }
  | { readonly type: "invited"; readonly person: Person }
  | { readonly type: "inviteRejected" }
  | { readonly type: "inviteWithdrawn"; readonly person: Person }
  | { readonly type: "kicked"; readonly person: Person; readonly reason: string | null }
  | { readonly type: "banned"; readonly person: Person; readonly reason: string | null }
  | { readonly type: "unbanned"; readonly person: Person }
  | { readonly type: "knocked"; readonly reason: string | null }
  | { readonly type: "knockWithdrawn" }
  | { readonly type: "knockDenied"; readonly person: Person }
  | { readonly type: "displayNameChanged"; readonly from: string | null; readonly to: string | null }
  | { readonly type: "ownAvatarChanged" }
  | { readonly type: "named"; readonly name: string | null }
  | { readonly type: "topicSet"; readonly topic: string | null }
  | { readonly type: "roomAvatarChanged"; readonly avatar: MxcUri | null }
  | { readonly type: "aliasSet"; readonly alias: string | null }
  | { readonly type: "joinRuleSet"; readonly joinRule: JoinRule }
  | { readonly type: "historyVisibilitySet"; readonly visibility: HistoryVisibility }
  | { readonly type: "powerChanged"; readonly changes: readonly { readonly person: Person; readonly from: number; readonly to: number }[] }
  | { readonly type: "encryptionEnabled" }
  | { readonly type: "pinsChanged"; readonly pinned: number }
  | { readonly type: "replaced"; readonly by: RoomId | null };

export type TimelineItem = SentItem | SendingItem | FailedItem | RedactedItem | ChangeItem;

/** What lies before the first item. */
export type TimelineStart =
  /** The store has not been read yet. */
  | { readonly kind: "unknown" }
  /** There is more: `loadOlder()`. */
  | { readonly kind: "more" }
  | { readonly kind: "loading" }
  | { readonly kind: "failed"; readonly error: ErrorInfo }
  /** This is the beginning of the room (or of what I may see), or the thread's root. */
  | { readonly kind: "beginning" };

export interface TimelineSnapshot {
  readonly items: readonly TimelineItem[];
  readonly start: TimelineStart;
  /** Key of the last item that I had read when the timeline was opened: "new messages" go below it. */
  readonly readUpToKey: string | null;
}

export interface ThreadListItem {
  readonly rootId: EventId;
  readonly root: MessagePreview | null;
  readonly thread: ThreadSummary;
}

export interface ThreadList {
  readonly threads: readonly ThreadListItem[];
  readonly start: TimelineStart;
}
