import type { ContentPreview } from "@team/core";
import type { Translate } from "./translate";

/** One line for a message; in words of ours where it has no text of its own. */
export function previewText(preview: ContentPreview, t: Translate): string {
  switch (preview.type) {
    case "text":
    case "notice":
    case "emote":
      return preview.text;
    case "encrypted":
    case "redacted":
      return t(`preview.${preview.type}`);
    case "unsupported":
      return preview.text || t("preview.unsupported");
    case "image":
    case "video":
    case "audio":
    case "file":
    case "sticker":
      return preview.text === "" ? t(`preview.${preview.type}`) : `${t(`preview.${preview.type}`)}: ${preview.text}`;
  }
}
