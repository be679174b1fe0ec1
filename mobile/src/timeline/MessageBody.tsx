import type { MessageContent } from "@team/core";
import { View } from "react-native";
import { useWords } from "../i18n";
import { radius, space, themed } from "../theme";
import { Icon } from "../ui/Icon";
import { File } from "../ui/icons";
import { Text } from "../ui/Text";
import { formatBytes } from "./bytes";
import { PictureBody } from "./PictureBody";
import { RichText } from "./RichText";

const useStyles = themed((palette) => ({
  media: { gap: space.xs },
  file: {
    flexDirection: "row",
    alignItems: "center",
    alignSelf: "flex-start",
    gap: space.m,
    maxWidth: "100%",
    padding: space.m,
    borderRadius: radius.m,
    borderWidth: 1,
    borderColor: palette.border,
    backgroundColor: palette.raised,
  },
  fileWords: { flexShrink: 1 },
  italic: { fontStyle: "italic" },
}));

/** What a message says: text, a picture, a file. */
export function MessageBody({ content, senderName, own }: { readonly content: MessageContent; readonly senderName: string; readonly own: boolean }) {
  const { t, language } = useWords();
  const styles = useStyles();
  switch (content.type) {
    case "text":
    case "notice":
      return <RichText body={content.body} html={content.html} />;
    case "emote":
      return (
        <Text style={styles.italic}>
          {t("timeline.emote", { name: senderName, text: content.body })}
        </Text>
      );
    case "encrypted":
      return <Text tone="text3">{t("timeline.encrypted")}</Text>;
    case "unsupported":
      return content.body === null ? (
        <Text tone="text3">{t("timeline.unsupported", { type: content.eventType })}</Text>
      ) : (
        <RichText body={content.body} html={null} />
      );
    case "image":
    case "sticker":
    case "video":
    case "audio":
    case "file": {
      const { media, caption, captionHtml } = content;
      const picture = content.type === "image" || content.type === "sticker";
      return (
        <View style={styles.media}>
          {picture ? (
            <PictureBody media={media} own={own} />
          ) : (
            <View style={styles.file}>
              <Icon of={File} tone="accentText" />
              <View style={styles.fileWords}>
                <Text look="label" numberOfLines={2}>
                  {media.name}
                </Text>
                <Text look="tiny" tone="text3">
                  {[media.size === null ? null : formatBytes(media.size, language), t("phone.fileHere")].filter((part) => part !== null).join(" · ")}
                </Text>
              </View>
            </View>
          )}
          {caption !== null && <RichText body={caption} html={captionHtml} />}
        </View>
      );
    }
  }
}
