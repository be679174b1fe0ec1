import type { MessageContent } from "@team/core";
import { Lock, Trash2 } from "lucide-react";
import { memo } from "react";
import { useTranslation } from "react-i18next";
import { useDates } from "../../app/useDates";
import { cx } from "../../ui/cx";
import { MediaBody } from "../media/MediaBody";
import { RichText } from "./RichText";
import { isFewEmoji } from "./linkify";
import type { MessageItem } from "./rows";
import styles from "./MessageBody.module.css";

/** What a message says. */
export function MessageBody({ item }: { item: MessageItem }) {
  const { t } = useTranslation();
  const dates = useDates();
  if (item.kind === "redacted") {
    const byOther = item.redactedBy !== null && item.redactedBy !== item.sender;
    return (
      <p className={styles.note}>
        <Trash2 size={14} aria-hidden="true" />
        {byOther ? t("timeline.deletedBy", { name: item.redactedByName ?? item.redactedBy }) : t("timeline.deleted")}
      </p>
    );
  }
  const edited = item.kind === "sent" && item.edited;
  return (
    <Content
      content={item.content}
      itemKey={item.key}
      senderName={item.senderName}
      edited={edited}
      editedTitle={item.kind === "sent" && item.editedTs !== null ? dates.full(item.editedTs) : ""}
    />
  );
}

type ContentProps = { content: MessageContent; itemKey: string; senderName: string; edited: boolean; editedTitle: string };

const Content = memo(function Content({ content, itemKey, senderName, edited, editedTitle }: ContentProps) {
  const { t } = useTranslation();
  const mark = edited ? (
    <span className={styles.edited} title={editedTitle}>
      {" "}
      ({t("timeline.edited")})
    </span>
  ) : null;
  switch (content.type) {
    case "text":
    case "notice":
    case "emote": {
      const large = content.type === "text" && content.html === null && isFewEmoji(content.body);
      return (
        <div className={cx(styles.text, content.type === "notice" && styles.notice, large && styles.large)}>
          {content.type === "emote" && <b>{senderName} </b>}
          <RichText body={content.body} html={content.html} after={mark} />
        </div>
      );
    }
    case "image":
    case "video":
    case "audio":
    case "file":
    case "sticker":
      return (
        <>
          <MediaBody type={content.type} media={content.media} itemKey={itemKey} />
          {content.caption !== null && (
            <div className={styles.text}>
              <RichText body={content.caption} html={content.captionHtml} after={mark} />
            </div>
          )}
        </>
      );
    case "encrypted":
      return (
        <p className={styles.note}>
          <Lock size={14} aria-hidden="true" />
          {t("timeline.encrypted")}
        </p>
      );
    case "unsupported":
      return content.body !== null ? (
        <div className={styles.text}>
          <RichText body={content.body} html={null} after={mark} />
        </div>
      ) : (
        <p className={styles.note}>{t("timeline.unsupported", { type: content.eventType })}</p>
      );
  }
});
