import type { ErrorInfo } from "../api/errors";
import { object } from "../api/read";
import type { Content } from "../api/wire";
import { isLocalId, localId, type DeviceId, type EventId, type MxcUri, type RoomId, type TargetId, type TxnId } from "../ids";
import type { QueuedSend } from "./model";

export type OutboxRequest =
  | { readonly type: "event"; readonly eventType: string; readonly content: Content }
  | {
      /** Bytes lie in the table `blobs` under the transaction id (thumbnail: with ":thumbnail"). */
      readonly type: "media";
      readonly content: Content;
      readonly name: string;
      readonly mimeType: string;
      readonly mxc: MxcUri | null;
      readonly thumbnail: { readonly mimeType: string; readonly mxc: MxcUri | null } | null;
    }
  | { readonly type: "redaction"; readonly target: TargetId; readonly reason: string | null }
  | {
      readonly type: "receipt";
      readonly receiptType: "m.read" | "m.read.private";
      readonly eventId: EventId;
      /** "main", a thread's root, or null for an unthreaded receipt. */
      readonly thread: string | null;
      readonly fullyRead: boolean;
    };

/** A row of the table `outbox`. */
export interface OutboxEntry {
  /** Sorts by the time of queueing. */
  readonly key: string;
  readonly txnId: TxnId;
  readonly roomId: RoomId;
  /** The server keeps transaction ids per device: on another device a repeat would be a second message. */
  readonly deviceId: DeviceId;
  readonly threadId: EventId | null;
  readonly kind: QueuedSend["kind"];
  readonly request: OutboxRequest;
  readonly queuedTs: number;
  /** `sent`: acknowledged, and kept until sync brings the event. */
  readonly state: "waiting" | "failed" | "sent";
  /** Counted before each request: from 1 on, the server may know the message. */
  readonly attempts: number;
  readonly error: ErrorInfo | null;
  readonly retryable: boolean;
  readonly eventId: EventId | null;
  readonly sentTs: number | null;
}

/** What may be left unsent for days is asked about, not sent by surprise. */
export const STALE_AFTER_MS = 3 * 24 * 60 * 60 * 1000;

/** Pure. An entry found at start: sent on as it was, or put aside for the person to decide. */
export function resumed(entry: OutboxEntry, device: DeviceId, now: number): OutboxEntry | null {
  if (entry.state !== "waiting") return entry;
  const otherSession = entry.deviceId !== device;
  if (!otherSession && now - entry.queuedTs < STALE_AFTER_MS) return entry;
  if (entry.kind === "receipt") return null;
  const error: ErrorInfo = otherSession
    ? { errcode: "SESSION_ENDED", message: "The session ended before this was sent", status: 0, retryAfterMs: null }
    : { errcode: "STALE", message: "This could not be sent for days", status: 0, retryAfterMs: null };
  return { ...entry, state: "failed", error, retryable: true };
}

/** Pure. The message that a request points at, where that is not sent itself. */
export function localTargets(request: OutboxRequest): readonly TxnId[] {
  const targets = request.type === "redaction" ? [request.target] : request.type === "receipt" ? [] : targetsIn(request.content);
  return targets.filter(isLocalId).map((id) => id.slice(1));
}

function targetsIn(content: Content): readonly string[] {
  const relates = object(content["m.relates_to"]);
  const reply = object(relates?.["m.in_reply_to"]);
  return [relates?.["event_id"], reply?.["event_id"]].filter((id): id is string => typeof id === "string");
}

/** Pure. The request once the message it points at has its event id. */
export function withTarget(request: OutboxRequest, txnId: TxnId, eventId: EventId): OutboxRequest {
  const local = localId(txnId);
  if (request.type === "receipt" || !localTargets(request).includes(txnId)) return request;
  if (request.type === "redaction") return { ...request, target: eventId };
  const relates: Record<string, unknown> = { ...object(request.content["m.relates_to"]) };
  if (relates["event_id"] === local) relates["event_id"] = eventId;
  const reply = object(relates["m.in_reply_to"]);
  if (reply?.["event_id"] === local) relates["m.in_reply_to"] = { ...reply, event_id: eventId };
  return { ...request, content: { ...request.content, "m.relates_to": relates } };
}

/** Pure. The content an entry would have as an event; null for redactions and receipts. */
export function contentOf(request: OutboxRequest): Content | null {
  if (request.type === "event") return request.content;
  if (request.type !== "media") return null;
  const info = object(request.content["info"]) ?? {};
  const thumbnail = request.thumbnail === null || request.thumbnail.mxc === null ? {} : { thumbnail_url: request.thumbnail.mxc };
  return {
    ...request.content,
    ...(request.mxc === null ? {} : { url: request.mxc }),
    info: { ...info, ...thumbnail },
  };
}

export function eventTypeOf(request: OutboxRequest): string {
  switch (request.type) {
    case "event":
      return request.eventType;
    case "media":
      return "m.room.message";
    case "redaction":
      return "m.room.redaction";
    case "receipt":
      return "m.receipt";
  }
}

/** Entries of one lane go out one after the other; reading never waits for writing. */
export function laneOf(entry: OutboxEntry): string {
  return entry.kind === "receipt" ? `${entry.roomId} receipts` : entry.roomId;
}
