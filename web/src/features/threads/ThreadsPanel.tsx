import type { EventId, MxcUri, Room, ThreadListItem } from "@team/core";
import { MessagesSquare, SquareCheckBig } from "lucide-react";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useClient } from "../../app/client";
import { useDates } from "../../app/useDates";
import { useObservable } from "../../app/useObservable";
import { CountBadge } from "../../ui/Badge";
import { Button } from "../../ui/Button";
import { EmptyState } from "../../ui/EmptyState";
import { PanelFrame } from "../../ui/PanelFrame";
import { Loading } from "../../ui/Spinner";
import { MxcAvatar } from "../media/MxcAvatar";
import { usePreviewText } from "../rooms/usePreviewText";
import styles from "./ThreadsPanel.module.css";

type ThreadsPanelProps = { room: Room; onOpen: (rootId: EventId) => void; onClose: () => void };

/** All threads of a room, the liveliest first. */
export function ThreadsPanel({ room, onOpen, onClose }: ThreadsPanelProps) {
  const { t } = useTranslation();
  const { threads, start } = useObservable(room.threads);
  const { members } = useObservable(room.members);
  const avatars = useMemo(() => new Map(members.map(({ userId, avatar }) => [userId, avatar])), [members]);
  const loading = start.kind === "unknown" || start.kind === "loading";
  return (
    <PanelFrame title={t("thread.listTitle")} onClose={onClose} bare>
      <div className={styles.scroll}>
        {threads.length === 0 && loading && <Loading />}
        {threads.length === 0 && !loading && start.kind !== "failed" && (
          <EmptyState icon={<MessagesSquare size={26} />} title={t("thread.empty")} text={t("thread.emptyText")} />
        )}
        <ul>
          {threads.map((thread) => (
            <ThreadRow
              key={thread.rootId}
              thread={thread}
              avatar={avatars.get(thread.root?.sender ?? "") ?? null}
              onOpen={() => onOpen(thread.rootId)}
            />
          ))}
        </ul>
        {start.kind === "failed" && (
          <EmptyState title={t("errors.connection")}>
            <Button onClick={() => void room.threads.loadOlder()}>{t("common.retry")}</Button>
          </EmptyState>
        )}
        {(start.kind === "more" || (start.kind === "loading" && threads.length > 0)) && (
          <Button className={styles.more} busy={start.kind === "loading"} onClick={() => void room.threads.loadOlder()}>
            {t("explore.more")}
          </Button>
        )}
      </div>
    </PanelFrame>
  );
}

type ThreadRowProps = { thread: ThreadListItem; avatar: MxcUri | null; onOpen: () => void };

function ThreadRow({ thread, avatar, onOpen }: ThreadRowProps) {
  const { t } = useTranslation();
  const dates = useDates();
  const previewText = usePreviewText();
  const { tasksAuthority } = useObservable(useClient().session.capabilities);
  const { root } = thread;
  const { latest, count, unreadCount, highlightCount } = thread.thread;
  const text = root === null ? "…" : previewText(root.preview);
  const ofTask = root !== null && root.sender === tasksAuthority;
  return (
    <li>
      <button type="button" className={styles.thread} aria-label={t("thread.openNamed", { text })} onClick={onOpen}>
        {ofTask ? (
          <span className={styles.task}>
            <SquareCheckBig size={19} aria-hidden="true" />
          </span>
        ) : (
          <MxcAvatar id={root?.sender ?? thread.rootId} name={root?.senderName ?? "…"} mxc={avatar} size={34} />
        )}
        <span className={styles.texts}>
          <span className={styles.line}>
            <b className={styles.name}>{ofTask ? text : root?.senderName}</b>
            <span className={styles.time}>{dates.short(latest?.ts ?? root?.ts ?? 0)}</span>
          </span>
          {!ofTask && <span className={styles.text}>{text}</span>}
          <span className={styles.line}>
            <span className={styles.count}>{t("timeline.replies", { count })}</span>
            {latest !== null && (
              <span className={styles.latest}>
                {latest.senderName}: {previewText(latest.preview)}
              </span>
            )}
            {unreadCount > 0 && <CountBadge count={unreadCount} tone={highlightCount > 0 ? "highlight" : "accent"} />}
          </span>
        </span>
      </button>
    </li>
  );
}
