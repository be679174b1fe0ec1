import type { EventId, UserId } from "../ids";

/** One line of a message, for room lists and quotes. */
export type ContentPreview =
  | { readonly type: "text" | "notice" | "emote"; readonly text: string }
  | { readonly type: "image" | "video" | "audio" | "file" | "sticker"; readonly text: string }
  | { readonly type: "encrypted" }
  | { readonly type: "redacted" }
  | { readonly type: "unsupported"; readonly text: string };

/** The line, with who said it and when. */
export interface MessagePreview {
  readonly eventId: EventId;
  readonly ts: number;
  readonly sender: UserId;
  readonly senderName: string;
  readonly own: boolean;
  readonly preview: ContentPreview;
}
