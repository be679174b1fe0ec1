import type { TaskView } from "@team/core";
import { memo } from "react";
import { Pressable, View } from "react-native";
import { useWords } from "../i18n";
import { space, themed, touch } from "../theme";
import { Text } from "../ui/Text";
import { callOf, isClosed } from "./facts";
import { RequestAnswer } from "./RequestAnswer";
import { StatusControl } from "./StatusControl";
import { TaskFacts } from "./TaskFacts";

const useStyles = themed((palette) => ({
  row: { gap: space.s, paddingHorizontal: space.l, paddingVertical: space.m, borderBottomWidth: 1, borderBottomColor: palette.border, backgroundColor: palette.surface },
  open: { minHeight: touch, gap: 2, borderRadius: 4 },
  pressed: { backgroundColor: palette.pressed },
  closed: { textDecorationLine: "line-through", color: palette.text2 },
  foot: { flexDirection: "row", flexWrap: "wrap", alignItems: "center", gap: space.m },
}));

interface TaskRowProps {
  readonly task: TaskView;
  /** Whether to say whose it is: not where all are mine. */
  readonly assignee: boolean;
  readonly onOpen: (taskId: string) => void;
}

/** A task as a line of a list. */
export const TaskRow = memo(function TaskRow({ task, assignee, onOpen }: TaskRowProps) {
  const { t } = useWords();
  const styles = useStyles();
  return (
    <View style={styles.row} role="listitem">
      <Pressable
        role="button"
        aria-label={`${t("tasks.open", { task: callOf(task) })}: ${task.title}`}
        onPress={() => onOpen(task.id)}
        style={({ pressed }) => [styles.open, pressed && styles.pressed]}
      >
        <Text look="tiny" tone="text3">
          {task.key === "" ? t("tasks.creating") : task.key}
        </Text>
        <Text look="strong" style={isClosed(task) && styles.closed} numberOfLines={3}>
          {task.title}
        </Text>
        <TaskFacts task={task} assignee={assignee} />
      </Pressable>
      <View style={styles.foot}>
        <StatusControl task={task} />
        <RequestAnswer task={task} />
      </View>
    </View>
  );
});
