import type { ThreadSummary } from "@team/core";
import { MessageSquareText } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useDates } from "../../app/useDates";
import { CountBadge } from "../../ui/Badge";
import { usePreviewText } from "../rooms/usePreviewText";
import { useTimelineContext } from "./context";
import styles from "./ThreadLink.module.css";

/** Under the first message of a thread: how many replies, the last one, what is unread. */
export function ThreadLink({ thread }: { thread: ThreadSummary }) {
  const { t } = useTranslation();
  const { openThread } = useTimelineContext();
  const dates = useDates();
  const previewText = usePreviewText();
  if (openThread === null) return null;
  const count = t("timeline.replies", { count: thread.count });
  return (
    <button
      type="button"
      className={styles.link}
      aria-label={`${t("thread.open")}: ${count}${thread.unreadCount > 0 ? `, ${t("rooms.unread", { count: thread.unreadCount })}` : ""}`}
      onClick={() => openThread(thread.rootId)}
    >
      <MessageSquareText size={15} aria-hidden="true" />
      <span className={styles.count}>{count}</span>
      {thread.latest !== null && (
        <span className={styles.latest}>
          <b>{thread.latest.senderName}</b> {previewText(thread.latest.preview)}
        </span>
      )}
      {thread.latest !== null && <span className={styles.time}>{dates.short(thread.latest.ts)}</span>}
      {thread.unreadCount > 0 && (
        <CountBadge count={thread.unreadCount} tone={thread.highlightCount > 0 ? "highlight" : "accent"} />
      )}
    </button>
  );
}
