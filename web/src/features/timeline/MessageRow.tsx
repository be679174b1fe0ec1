import { localId } from "@team/core";
import { Clock } from "lucide-react";
import { memo, useCallback, useState } from "react";
import { useTranslation } from "react-i18next";
import { useClient } from "../../app/client";
import { useDates } from "../../app/useDates";
import { useErrorText } from "../../app/useErrorText";
import { preferences } from "../../platform/preferences";
import { Button } from "../../ui/Button";
import { cx } from "../../ui/cx";
import { MxcAvatar } from "../media/MxcAvatar";
import { TaskBadges } from "../tasks/TaskBadges";
import { MessageBody } from "./MessageBody";
import { MessageToolbar } from "./MessageToolbar";
import { QuoteView } from "./QuoteView";
import { Reactions } from "./Reactions";
import { ReadMarks } from "./ReadMarks";
import { ThreadLink } from "./ThreadLink";
import { useTimelineContext } from "./context";
import type { MessageItem } from "./rows";
import styles from "./MessageRow.module.css";

/** On touch screens browsers make up a mouse that enters wherever a finger has been. */
const fingersOnly = window.matchMedia("(hover: none)");

type MessageRowProps = { item: MessageItem; first: boolean; last: boolean; flashed: boolean };

export const MessageRow = memo(function MessageRow({ item, first, last, flashed }: MessageRowProps) {
  const { t } = useTranslation();
  const dates = useDates();
  const { room, claimActions, openPerson, makeTask } = useTimelineContext();
  const showPerson = (event: React.MouseEvent<HTMLElement>) =>
    openPerson({ userId: item.sender, name: item.senderName, at: event.currentTarget });
  const [hot, setHotState] = useState(false);
  const giveUp = useCallback(() => setHotState(false), []);
  const setHot = (wanted: boolean) => {
    if (wanted) claimActions(giveUp);
    setHotState(wanted);
  };
  const [held, setHeld] = useState(false);
  const mentions = item.kind !== "redacted" && item.mentionsMe && !item.own;
  return (
    <article
      className={cx(
        styles.row,
        first && styles.first,
        mentions && styles.mentioned,
        item.kind === "sending" && styles.sending,
        flashed && styles.flashed,
        (hot || held) && styles.hot,
      )}
      aria-label={t("timeline.message", { name: item.senderName })}
      data-row={item.key}
      data-message
      data-state={item.kind}
      tabIndex={last ? 0 : -1}
      onPointerMove={(event) => !hot && event.pointerType === "mouse" && !fingersOnly.matches && setHot(true)}
      onPointerLeave={(event) => event.pointerType === "mouse" && setHot(false)}
      onFocus={(event) => event.target.matches(":focus-visible") && setHot(true)}
      onBlur={(event) => !event.currentTarget.contains(event.relatedTarget) && setHot(false)}
      onKeyDown={(event) => {
        if (event.code !== "KeyT" || event.target !== event.currentTarget || hasModifier(event)) return;
        if (!preferences.getSnapshot().singleKeys) return;
        if (makeTask === null || item.kind !== "sent") return;
        event.preventDefault();
        makeTask(item);
      }}
      onClick={(event) => tapped(event) && setHot(!hot)}
    >
      <div className={styles.side}>
        {first ? (
          <button type="button" className={styles.face} tabIndex={-1} aria-hidden="true" onClick={showPerson}>
            <MxcAvatar id={item.sender} name={item.senderName} mxc={item.senderAvatar} size={36} />
          </button>
        ) : (
          <time className={styles.sideTime} dateTime={new Date(item.ts).toISOString()} title={dates.full(item.ts)}>
            {dates.time(item.ts)}
          </time>
        )}
      </div>
      <div className={styles.main}>
        {first && (
          <header className={styles.head}>
            <button type="button" className={styles.name} title={item.sender} tabIndex={-1} onClick={showPerson}>
              {item.senderName}
            </button>
            <time className={styles.time} dateTime={new Date(item.ts).toISOString()} title={dates.full(item.ts)}>
              {dates.time(item.ts)}
            </time>
          </header>
        )}
        {item.kind !== "redacted" && item.replyTo !== null && <QuoteView quote={item.replyTo} />}
        <MessageBody item={item} />
        <SendState item={item} />
        {item.kind === "sent" && <Reactions item={item} />}
        {item.kind === "sent" && <TaskBadges roomId={room.roomId} eventId={item.eventId} />}
        {(item.kind === "sent" || item.kind === "redacted") && item.thread !== null && <ThreadLink thread={item.thread} />}
      </div>
      {(item.kind === "sent" || item.kind === "redacted") && <ReadMarks marks={item.readBy} />}
      {item.kind === "sending" && (
        <span className={styles.clock} role="img" aria-label={t("timeline.sending")} title={t("timeline.sending")}>
          <Clock size={14} aria-hidden="true" />
        </span>
      )}
      {item.kind === "sent" && (hot || held) && <MessageToolbar item={item} onHeld={setHeld} />}
    </article>
  );
});

function hasModifier(event: React.KeyboardEvent): boolean {
  return event.ctrlKey || event.metaKey || event.altKey || event.shiftKey;
}

/** A finger's tap on the message itself shows its actions; links, buttons and pictures keep their own meaning. */
function tapped(event: React.MouseEvent<HTMLElement>): boolean {
  const touch = (event.nativeEvent as PointerEvent).pointerType === "touch";
  return touch && event.target instanceof Element && event.target.closest("a, button, summary, video, audio") === null;
}

/** How far the sending has come, and what to do when it has failed. */
function SendState({ item }: { item: MessageItem }) {
  const { t } = useTranslation();
  const client = useClient();
  const { room } = useTimelineContext();
  const errorText = useErrorText();
  if (item.kind === "sending") {
    return item.progress === null ? null : (
      <div className={styles.state}>
        <progress
          className={styles.progress}
          max={1}
          value={item.progress}
          aria-label={t("timeline.uploading", { percent: Math.round(item.progress * 100) })}
        />
        <Button size="small" look="ghost" onClick={() => void room.redact(localId(item.txnId))}>
          {t("common.cancel")}
        </Button>
      </div>
    );
  }
  const failure =
    item.kind === "failed"
      ? { txnId: item.txnId, error: item.error, retryable: item.retryable, text: t("timeline.notSent") }
      : item.kind === "sent" && item.pendingEdit?.failed != null
        ? { txnId: item.pendingEdit.txnId, error: item.pendingEdit.failed, retryable: true, text: t("timeline.editNotSent") }
        : item.kind === "sent" && item.redactFailed !== null
          ? { txnId: item.redactFailed.txnId, error: item.redactFailed.error, retryable: true, text: t("timeline.deleteNotDone") }
          : null;
  if (failure === null) return null;
  return (
    <div className={cx(styles.state, styles.failed)} role="alert">
      <span title={errorText(failure.error)}>{failure.text}</span>
      {failure.retryable && (
        <Button size="small" onClick={() => void client.sendQueue.retry(failure.txnId)}>
          {t("timeline.retry")}
        </Button>
      )}
      <Button size="small" look="dangerQuiet" onClick={() => void client.sendQueue.discard(failure.txnId)}>
        {t("timeline.discard")}
      </Button>
    </div>
  );
}
