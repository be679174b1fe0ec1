import type { Quote } from "@team/core";
import { useTranslation } from "react-i18next";
import { Skeleton } from "../../ui/Spinner";
import { usePreviewText } from "../rooms/usePreviewText";
import { useTimelineContext } from "./context";
import styles from "./QuoteView.module.css";

/** The message that is replied to; a click leads to it. */
export function QuoteView({ quote }: { quote: Quote }) {
  const { t } = useTranslation();
  const { jumpTo } = useTimelineContext();
  const previewText = usePreviewText();
  switch (quote.kind) {
    case "loading":
      return (
        <div className={styles.quote}>
          <Skeleton width={180} height={12} />
        </div>
      );
    case "missing":
      return <div className={styles.quote}>{t("timeline.replyMissing")}</div>;
    case "known":
      return (
        <button
          type="button"
          className={styles.quote}
          aria-label={`${t("timeline.inReplyTo", { name: quote.senderName })}: ${previewText(quote.preview)}`}
          onClick={() => jumpTo(quote.eventId)}
        >
          <span className={styles.name}>{quote.senderName}</span>
          <span className={styles.text}>{previewText(quote.preview)}</span>
        </button>
      );
  }
}
