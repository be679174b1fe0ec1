import type { ContentPreview } from "@team/core";
import { useCallback } from "react";
import { useTranslation } from "react-i18next";

/** One line for a message, in the user's language where it has no text of its own. */
export function usePreviewText(): (preview: ContentPreview) => string {
  const { t } = useTranslation();
  return useCallback(
    (preview) => {
      switch (preview.type) {
        case "text":
        case "notice":
        case "emote":
          return preview.text;
        case "encrypted":
          return t("preview.encrypted");
        case "redacted":
          return t("preview.redacted");
        case "unsupported":
          return preview.text || t("preview.unsupported");
        case "image":
        case "video":
        case "audio":
        case "file":
        case "sticker":
          return preview.text === "" ? t(`preview.${preview.type}`) : `${t(`preview.${preview.type}`)}: ${preview.text}`;
      }
    },
    [t],
  );
}
