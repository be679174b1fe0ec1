import { may, type TaskView } from "@team/core";
import { memo } from "react";
import { Pressable, View } from "react-native";
import { useWords } from "../i18n";
import { space, themed, touch } from "../theme";
import { Text } from "../ui/Text";
import { callOf, isClosed, unbroken } from "./facts";
import { usePlace } from "./hooks";
import { RequestAnswer } from "./RequestAnswer";
import { StatusControl } from "./StatusControl";
import { TaskFacts } from "./TaskFacts";

const useStyles = themed((palette) => ({
  row: { flexDirection: "row", gap: space.xs, paddingLeft: 6, paddingRight: space.l, paddingVertical: space.s, borderBottomWidth: 1, borderBottomColor: palette.border, backgroundColor: palette.surface },
  asked: { paddingBottom: space.l },
  words: { flex: 1, minWidth: 0, gap: space.s },
  open: { minHeight: touch, justifyContent: "center", gap: 3, paddingVertical: 6, borderRadius: 4 },
  pressed: { backgroundColor: palette.pressed },
  closed: { textDecorationLine: "line-through", color: palette.text2 },
}));

interface TaskRowProps {
  readonly task: TaskView;
  /** Whether to say whose it is: not where all are mine. */
  readonly assignee: boolean;
  readonly onOpen: (taskId: string) => void;
}

/** A task as a line of a list: its status to the left, a touch on the rest opens it. */
export const TaskRow = memo(function TaskRow({ task, assignee, onOpen }: TaskRowProps) {
  const { t } = useWords();
  const styles = useStyles();
  const place = usePlace(task);
  const where = [task.key === "" ? t("tasks.creating") : unbroken(task.key), ...(place === null ? [] : [place])];
  return (
    <View style={[styles.row, may(task, "accept") && styles.asked]} role="listitem">
      <StatusControl small task={task} />
      <View style={styles.words}>
        <Pressable
          role="button"
          aria-label={`${t("tasks.open", { task: callOf(task) })}: ${task.title}`}
          onPress={() => onOpen(task.id)}
          style={({ pressed }) => [styles.open, pressed && styles.pressed]}
        >
          <Text look="strong" style={isClosed(task) && styles.closed} numberOfLines={3}>
            {task.title}
          </Text>
          <TaskFacts standing task={task} assignee={assignee} />
          <Text look="tiny" tone="text3" numberOfLines={1}>
            {where.join(" · ")}
          </Text>
        </Pressable>
        <RequestAnswer task={task} />
      </View>
    </View>
  );
});
