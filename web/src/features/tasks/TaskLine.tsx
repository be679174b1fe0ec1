import type { TaskLineItem } from "@team/core";
import { memo } from "react";
import { useClient } from "../../app/client";
import { roomRoute } from "../../app/route";
import { useDates } from "../../app/useDates";
import { useObservable } from "../../app/useObservable";
import { navigate } from "../../app/useRoute";
import { useTimelineContext } from "../timeline/context";
import { useNamesIn } from "./taskFacts";
import { TaskText } from "./TaskText";
import { useTaskChangeText } from "./useTaskChangeText";
import styles from "./TaskCard.module.css";

/** One line for what happened to a task. */
export const TaskLine = memo(function TaskLine({ item }: { item: TaskLineItem }) {
  const { room } = useTimelineContext();
  const { workflow } = useObservable(useClient().tasks.room(room.roomId));
  const text = useTaskChangeText(workflow, useNamesIn(room));
  const dates = useDates();
  return (
    <p className={styles.line} data-row={item.key} title={dates.full(item.ts)}>
      <button type="button" onClick={() => navigate(roomRoute(room.roomId, { kind: "task", taskId: item.taskId }))}>
        <TaskText>{text(item.senderName, item.taskKey, { ...item.change, created: item.change.prev_rev === null })}</TaskText>
      </button>
    </p>
  );
});
