import type { Notification } from "@team/core";
import { BellOff, CheckCheck } from "lucide-react";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { useClient } from "../../app/client";
import { useDates } from "../../app/useDates";
import { useObservable } from "../../app/useObservable";
import { navigate } from "../../app/useRoute";
import { Button } from "../../ui/Button";
import { cx } from "../../ui/cx";
import { EmptyState } from "../../ui/EmptyState";
import { TaskText } from "./TaskText";
import { TasksFrame } from "./TasksFrame";
import { useLocalName, usePersonName } from "./taskFacts";
import styles from "./TaskList.module.css";

/** What the service told me: assignments, answers, dates that come near. */
export function InboxPage({ className }: { className?: string | undefined }) {
  const { t } = useTranslation();
  const { inbox } = useClient().tasks;
  const { items, unread, extent } = useObservable(inbox);
  useNoticesRead();
  return (
    <TasksFrame
      className={className}
      title={t("tasks.inbox")}
      taskId={null}
      onCloseTask={() => undefined}
      actions={unread > 0 ? <Button brief icon={<CheckCheck size={17} />} onClick={() => void inbox.markAllRead()}>{t("taskNotice.readAll")}</Button> : undefined}
    >
      <div className={styles.column}>
        {items.length === 0 ? (
          <EmptyState icon={<BellOff size={26} />} title={t("taskNotice.none")} />
        ) : (
          <ul className={styles.list} aria-label={t("tasks.inbox")}>
            {items.map((item) => (
              <li key={item.id}>
                <NoticeLine item={item} onOpen={() => void inbox.markRead([item.id])} />
              </li>
            ))}
          </ul>
        )}
        {extent === "some" && <Button onClick={() => void inbox.loadMore()}>{t("tasks.loadMore")}</Button>}
      </div>
    </TasksFrame>
  );
}

/** The same words stand in a room of mine, for clients that know no tasks: read here, they are read there. */
function useNoticesRead(): void {
  const client = useClient();
  const { joined } = useObservable(client.rooms.list);
  useEffect(() => {
    for (const { roomId, kind, hasUnread } of joined) {
      if (kind === "notices" && hasUnread) void client.rooms.room(roomId).timeline.markRead().catch(() => undefined);
    }
  }, [client, joined]);
}

/** The status that the task went to, in my language; null where the notice names none. */
function useStatusName({ room_id: roomId, status }: Notification): string | null {
  const { workflow } = useObservable(useClient().tasks.room(roomId));
  const localName = useLocalName();
  if (status === undefined) return null;
  const known = workflow.statuses.find(({ id }) => id === status);
  return known === undefined ? status : localName(known.name);
}

function NoticeLine({ item, onOpen }: { item: Notification; onOpen: () => void }) {
  const { t } = useTranslation();
  const dates = useDates();
  const name = usePersonName(item.actor ?? "");
  const status = useStatusName(item);
  const task = `${item.key} ${item.title}`;
  return (
    <button
      type="button"
      className={cx(styles.notice, item.read_at === null && styles.unread)}
      onClick={() => {
        if (item.read_at === null) onOpen();
        navigate({ page: "tasks", taskId: item.task_id });
      }}
    >
      <i className={styles.dot} aria-hidden="true" />
      <span>
        {item.read_at === null && <span className="visually-hidden">{t("taskNotice.unread")}: </span>}
        <TaskText>{status === null ? t(`taskNotice.${item.kind}`, { name, task }) : t("taskNotice.statusTo", { name, task, status })}</TaskText>
        {item.reason !== undefined && ` — ${item.reason}`}
      </span>
      <time dateTime={new Date(item.at).toISOString()} title={dates.full(item.at)}>
        {dates.short(item.at)}
      </time>
    </button>
  );
}
