import type { TaskCardItem } from "@team/core";
import { SquareCheckBig } from "lucide-react";
import { memo } from "react";
import { useTranslation } from "react-i18next";
import { useDates } from "../../app/useDates";
import { roomRoute } from "../../app/route";
import { navigate } from "../../app/useRoute";
import { cx } from "../../ui/cx";
import { ReadMarks } from "../timeline/ReadMarks";
import { ThreadLink } from "../timeline/ThreadLink";
import { useTimelineContext } from "../timeline/context";
import { RequestAnswer } from "./RequestAnswer";
import { StatusControl } from "./StatusControl";
import { callOf, isClosed } from "./taskFacts";
import { TaskFacts } from "./TaskFacts";
import styles from "./TaskCard.module.css";

/** A task among the messages, where it was opened: as it is now. */
export const TaskCard = memo(function TaskCard({ item, flashed }: { item: TaskCardItem; flashed: boolean }) {
  const { t } = useTranslation();
  const { room } = useTimelineContext();
  const dates = useDates();
  const { task } = item;
  const call = callOf(task);
  return (
    <div className={cx(styles.row, flashed && styles.flashed)} data-row={item.key}>
      <article className={styles.card} aria-label={t("tasks.card", { task: call })}>
        <header className={styles.head}>
          <SquareCheckBig size={16} aria-hidden="true" />
          <span className={styles.key}>{task.key}</span>
          <span className={styles.by}>{item.senderName}</span>
          <time dateTime={new Date(item.ts).toISOString()} title={dates.full(item.ts)}>
            {dates.time(item.ts)}
          </time>
        </header>
        {item.erased ? (
          <p className={styles.erased}>{t("tasks.erased")}</p>
        ) : (
          <>
            <button
              type="button"
              className={cx(styles.title, isClosed(task) && styles.closed)}
              aria-label={`${t("tasks.open", { task: call })}: ${task.title}`}
              onClick={() => navigate(roomRoute(room.roomId, { kind: "task", taskId: task.id }))}
            >
              {task.title}
            </button>
            <div className={styles.foot}>
              <RequestAnswer task={task} />
              <StatusControl task={task} />
              <TaskFacts task={task} />
            </div>
          </>
        )}
        {item.thread !== null && <ThreadLink thread={item.thread} />}
      </article>
      <ReadMarks marks={item.readBy} />
    </div>
  );
});
