import type { TaskView } from "@team/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useClient } from "../../app/client";
import { useRoomNames } from "../../app/useNames";
import { useObservable } from "../../app/useObservable";
import { Segments } from "../../ui/Choice";
import { EmptyState } from "../../ui/EmptyState";
import { PanelFrame } from "../../ui/PanelFrame";
import { Loading } from "../../ui/Spinner";
import { Conversation } from "../room/Conversation";
import { TaskDetails } from "./TaskDetails";
import { TaskHistory } from "./TaskHistory";
import styles from "./TaskPanel.module.css";

type Part = "details" | "comments" | "history";

/** One task: what it says, its thread, its past. */
export function TaskPanel({ taskId, onClose }: { taskId: string; onClose: () => void }) {
  const { t } = useTranslation();
  const task = useObservable(useClient().tasks.task(taskId));
  const [part, setPart] = useState<Part>("details");
  const parts: Part[] = task?.mark.creating === true ? ["details"] : ["details", "comments", "history"];
  return (
    <PanelFrame title={task?.key || t("tasks.panel")} subtitle={task?.title ?? ""} onClose={onClose} bare>
      {task === undefined ? (
        <Loading />
      ) : task === null ? (
        <EmptyState title={t("tasks.notFound")} />
      ) : (
        <>
          <div className={styles.parts}>
            <Segments
              label={t("tasks.panel")}
              value={part}
              onValue={setPart}
              options={parts.map((value) => ({ value, label: t(`tasks.${value}`) }))}
            />
          </div>
          {part === "details" && (
            <div className={styles.body}>
              <TaskDetails key={task.id} task={task} />
            </div>
          )}
          {part === "comments" && <Comments task={task} />}
          {part === "history" && (
            <div className={styles.body}>
              <TaskHistory task={task} />
            </div>
          )}
        </>
      )}
    </PanelFrame>
  );
}

/** The thread below the task's card. */
function Comments({ task }: { task: TaskView }) {
  const { t } = useTranslation();
  const client = useClient();
  const roomName = useRoomNames();
  const room = client.rooms.room(task.room_id);
  const summary = useObservable(room.summary);
  if (summary?.membership !== "join") return <EmptyState title={t("tasks.noAccess")} />;
  return (
    <Conversation
      room={room}
      timeline={room.thread(task.event_id)}
      summary={summary}
      roomName={roomName(summary.name)}
      openThread={null}
      cardless
    />
  );
}
