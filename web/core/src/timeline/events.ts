import { at, number, object, text, texts, words } from "../api/read";
import type { Content, RawEvent } from "../api/wire";
import type { EventId, UserId } from "../ids";
import type { MediaInfo, MessageContent, Thumbnail } from "./model";
import type { ContentPreview } from "./preview";

/** Pure readers of one event: what it is, what it relates to, what it says. */

export function isRedacted(event: RawEvent): boolean {
  return event.unsigned?.["redacted_because"] !== undefined;
}

/** The id an event was sent with, when this device sent it. */
export function transactionId(event: RawEvent): string | null {
  return text(event.unsigned?.["transaction_id"]);
}

export type Relation =
  | { readonly type: "edit"; readonly target: EventId }
  | { readonly type: "reaction"; readonly target: EventId; readonly key: string }
  | { readonly type: "thread"; readonly target: EventId }
  | { readonly type: "redaction"; readonly target: EventId };

export function relationOf(event: RawEvent): Relation | null {
  if (event.type === "m.room.redaction") {
    const target = text(event.content["redacts"]) ?? event.redacts;
    return target === undefined ? null : { type: "redaction", target };
  }
  return event.state_key === undefined ? relationIn(event.type, event.content) : null;
}

/** Of a content that may not have become an event yet. */
export function relationIn(type: string, content: Content): Exclude<Relation, { type: "redaction" }> | null {
  const relates = object(content["m.relates_to"]);
  const target = text(relates?.["event_id"]);
  if (relates === null || target === null) return null;
  switch (relates["rel_type"]) {
    case "m.replace":
      return { type: "edit", target };
    case "m.thread":
      return { type: "thread", target };
    case "m.annotation": {
      const key = words(relates["key"]);
      return type === "m.reaction" && key !== null ? { type: "reaction", target, key } : null;
    }
    default:
      return null;
  }
}

/** The message a content answers; not the fallback that threads carry for old clients. */
export function replyTarget(content: Content): EventId | null {
  const relates = content["m.relates_to"];
  const target = text(at(relates, "m.in_reply_to", "event_id"));
  return at(relates, "rel_type") === "m.thread" && at(relates, "is_falling_back") === true ? null : target;
}

export function isMessage(event: RawEvent): boolean {
  return event.state_key === undefined && isMessageType(event.type);
}

export function isMessageType(type: string): boolean {
  return type === "m.room.message" || type === "m.sticker" || type === "m.room.encrypted";
}

/** The content after an edit: `m.new_content`, with the relation of the original. */
export function editedContent(original: Content, edit: Content): Content {
  const fresh = object(edit["m.new_content"]) ?? edit;
  const relation = original["m.relates_to"];
  return relation === undefined ? fresh : { ...fresh, "m.relates_to": relation };
}

export function mentions(content: Content, me: UserId): boolean {
  const named = object(content["m.mentions"]);
  return named !== null && (named["room"] === true || texts(named["user_ids"]).includes(me));
}

function readThumbnail(info: unknown): Thumbnail | null {
  const mxc = text(at(info, "thumbnail_url"));
  if (mxc === null) return null;
  const details = at(info, "thumbnail_info");
  return {
    mxc,
    mimeType: text(at(details, "mimetype")),
    width: number(at(details, "w")),
    height: number(at(details, "h")),
  };
}

function readMedia(content: Content): MediaInfo {
  const info = content["info"];
  return {
    mxc: text(content["url"]),
    local: null,
    name: words(content["filename"]) ?? words(content["body"]) ?? "file",
    mimeType: text(at(info, "mimetype")),
    size: number(at(info, "size")),
    width: number(at(info, "w")),
    height: number(at(info, "h")),
    durationMs: number(at(info, "duration")),
    thumbnail: readThumbnail(info),
  };
}

const TEXT_TYPES: Readonly<Record<string, "text" | "notice" | "emote">> = {
  "m.text": "text",
  "m.notice": "notice",
  "m.emote": "emote",
};

const MEDIA_TYPES: Readonly<Record<string, "image" | "video" | "audio" | "file">> = {
  "m.image": "image",
  "m.video": "video",
  "m.audio": "audio",
  "m.file": "file",
};

function htmlOf(content: Content): string | null {
  return content["format"] === "org.matrix.custom.html" ? words(content["formatted_body"]) : null;
}

/** Pure. What a message says; `unsupported` for what we do not know. */
export function readContent(type: string, content: Content): MessageContent {
  if (type === "m.room.encrypted") return { type: "encrypted" };
  if (type === "m.sticker") {
    return { type: "sticker", caption: null, captionHtml: null, media: readMedia(content) };
  }
  const msgtype = text(content["msgtype"]) ?? "";
  const body = text(content["body"]);
  const textType = TEXT_TYPES[msgtype];
  if (type === "m.room.message" && textType !== undefined && body !== null) {
    return { type: textType, body: withoutReplyFallback(body, content), html: withoutMxReply(htmlOf(content)) };
  }
  const mediaType = MEDIA_TYPES[msgtype];
  if (type === "m.room.message" && mediaType !== undefined) {
    const hasCaption = words(content["filename"]) !== null && body !== null && body !== content["filename"];
    return {
      type: mediaType,
      caption: hasCaption ? body : null,
      captionHtml: hasCaption ? htmlOf(content) : null,
      media: readMedia(content),
    };
  }
  return { type: "unsupported", eventType: type === "m.room.message" ? msgtype : type, body };
}

/** Rich replies before 1.13 repeat the quoted message in front ("> <@anna:a.example> hello"). */
function withoutReplyFallback(body: string, content: Content): string {
  if (at(content, "m.relates_to", "m.in_reply_to") === undefined || !body.startsWith("> <")) return body;
  const lines = body.split("\n");
  const first = lines.findIndex((line) => !line.startsWith("> "));
  if (first < 0) return body;
  return lines.slice(lines[first] === "" ? first + 1 : first).join("\n");
}

function withoutMxReply(html: string | null): string | null {
  return html === null ? null : html.replace(/^\s*<mx-reply>[\s\S]*?<\/mx-reply>/i, "");
}

export function previewOf(content: MessageContent): ContentPreview {
  switch (content.type) {
    case "text":
    case "notice":
    case "emote":
      return { type: content.type, text: oneLine(content.body) };
    case "encrypted":
      return { type: "encrypted" };
    case "unsupported":
      return { type: "unsupported", text: oneLine(content.body ?? "") };
    default:
      return { type: content.type, text: oneLine(content.caption ?? content.media.name) };
  }
}

export function previewOfEvent(event: RawEvent, edit: RawEvent | null): ContentPreview {
  if (isRedacted(event)) return { type: "redacted" };
  const content = edit === null ? event.content : editedContent(event.content, edit.content);
  return previewOf(readContent(event.type, content));
}

function oneLine(body: string): string {
  const line = body.replace(/\s+/g, " ").trim();
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}

/** Keys that survive redaction, by event type (room version 11; older versions keep a little more). */
const KEPT_WHEN_REDACTED: Readonly<Record<string, readonly string[] | "all">> = {
  "m.room.member": ["membership", "join_authorised_via_users_server", "third_party_invite"],
  "m.room.create": "all",
  "m.room.join_rules": ["join_rule", "allow"],
  "m.room.power_levels": [
    "ban", "events", "events_default", "invite", "kick", "redact", "state_default", "users", "users_default",
  ],
  "m.room.history_visibility": ["history_visibility"],
};

/** Pure. The event as the server will give it from now on. */
export function redacted(event: RawEvent, because: RawEvent): RawEvent {
  const kept = KEPT_WHEN_REDACTED[event.type] ?? [];
  const content =
    kept === "all" ? event.content : Object.fromEntries(Object.entries(event.content).filter(([key]) => kept.includes(key)));
  const txn = transactionId(event);
  return {
    ...event,
    content,
    unsigned: { redacted_because: because, ...(txn === null ? {} : { transaction_id: txn }) },
  };
}

export function redactionOf(event: RawEvent): { readonly by: UserId | null; readonly reason: string | null } {
  const because = event.unsigned?.["redacted_because"];
  return { by: text(at(because, "sender")), reason: words(at(because, "content", "reason")) };
}

/** The newest edit that the server bundled with an event. */
export function bundledEdit(event: RawEvent): RawEvent | null {
  const edit = object(at(event.unsigned, "m.relations", "m.replace"));
  if (edit === null || object(edit["content"]) === null || text(edit["event_id"]) === null) return null;
  return edit as unknown as RawEvent;
}

export function bundledThread(event: RawEvent): { count: number; latest: RawEvent | null; participated: boolean } | null {
  const thread = object(at(event.unsigned, "m.relations", "m.thread"));
  if (thread === null) return null;
  const latest = object(thread["latest_event"]);
  return {
    count: number(thread["count"]) ?? 0,
    latest: latest !== null && text(latest["event_id"]) !== null ? (latest as unknown as RawEvent) : null,
    participated: thread["current_user_participated"] === true,
  };
}

