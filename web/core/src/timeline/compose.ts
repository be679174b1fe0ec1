import type { Content } from "../api/wire";
import type { EventId, TargetId, UserId } from "../ids";
import type { OutgoingMedia, OutgoingText } from "./contract";

/** Where a message goes: what it answers, and in which thread. */
export interface Placement {
  readonly replyTo: TargetId | null;
  /** Of the answered message; mentioned by the reply. */
  readonly replyToSender: UserId | null;
  readonly thread: { readonly rootId: EventId; readonly latest: TargetId } | null;
  readonly me: UserId;
}

const TEXT_TYPES = { text: "m.text", emote: "m.emote", notice: "m.notice" } as const;
const MEDIA_TYPES = { image: "m.image", video: "m.video", audio: "m.audio", file: "m.file" } as const;

function formatted(body: string, html: string | null | undefined): Content {
  return html ? { body, format: "org.matrix.custom.html", formatted_body: html } : { body };
}

/** Client-server API, "User and room mentions": always present, so that servers do not guess. */
function mentionsOf(mentions: OutgoingText["mentions"], placement: Placement): Content {
  const userIds = new Set(mentions?.userIds ?? []);
  const { replyToSender, me } = placement;
  if (replyToSender !== null && replyToSender !== me) userIds.add(replyToSender);
  return {
    ...(userIds.size > 0 ? { user_ids: [...userIds] } : {}),
    ...(mentions?.room ? { room: true } : {}),
  };
}

/** Client-server API, "Rich replies" and "Threading": old clients see a thread as a chain of replies. */
function relatesTo({ replyTo, thread }: Placement): Content {
  if (thread === null) return replyTo === null ? {} : { "m.relates_to": { "m.in_reply_to": { event_id: replyTo } } };
  return {
    "m.relates_to": {
      rel_type: "m.thread",
      event_id: thread.rootId,
      is_falling_back: replyTo === null,
      "m.in_reply_to": { event_id: replyTo ?? thread.latest },
    },
  };
}

/** Pure. The content of a new text message. */
export function textContent(message: OutgoingText, placement: Placement): Content {
  return {
    msgtype: TEXT_TYPES[message.type ?? "text"],
    ...formatted(message.body, message.html),
    "m.mentions": mentionsOf(message.mentions, placement),
    ...relatesTo(placement),
  };
}

/** Pure. The content of an event that replaces a message. Source: "Event replacements". */
export function editContent(target: TargetId, message: OutgoingText, me: UserId): Content {
  const nowhere: Placement = { replyTo: null, replyToSender: null, thread: null, me };
  const fresh = textContent(message, nowhere);
  const fallback = formatted(`* ${message.body}`, message.html ? `* ${message.html}` : null);
  return {
    ...fresh,
    ...fallback,
    "m.new_content": fresh,
    "m.relates_to": { rel_type: "m.replace", event_id: target },
  };
}

/** Pure. A message not yet sent, with another text and everything else as it was. */
export function rewrittenContent(before: Content, message: OutgoingText, me: UserId): Content {
  const fresh = textContent(message, { replyTo: null, replyToSender: null, thread: null, me });
  const relation = before["m.relates_to"];
  return relation === undefined ? fresh : { ...fresh, "m.relates_to": relation };
}

/** Pure. The content of a media message before its bytes have an address. */
export function mediaContent(media: OutgoingMedia, placement: Placement): Content {
  const { thumbnail } = media;
  const caption = media.caption?.trim() ?? "";
  return {
    msgtype: MEDIA_TYPES[media.type],
    ...formatted(caption === "" ? media.name : caption, caption === "" ? null : media.captionHtml),
    filename: media.name,
    info: {
      mimetype: media.mimeType,
      size: media.size,
      ...(media.width === undefined ? {} : { w: media.width }),
      ...(media.height === undefined ? {} : { h: media.height }),
      ...(media.durationMs === undefined ? {} : { duration: media.durationMs }),
      ...(thumbnail === undefined
        ? {}
        : { thumbnail_info: { mimetype: thumbnail.mimeType, size: thumbnail.size, w: thumbnail.width, h: thumbnail.height } }),
    },
    "m.mentions": mentionsOf(media.mentions, placement),
    ...relatesTo(placement),
  };
}
