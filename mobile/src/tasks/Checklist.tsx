import { may, op, type TaskView } from "@team/core";
import { Pressable, View } from "react-native";
import { useWords } from "../i18n";
import { useClient } from "../shell/client";
import { space, themed, touch } from "../theme";
import { Icon } from "../ui/Icon";
import { Square, SquareCheck } from "../ui/icons";
import { Text } from "../ui/Text";

const useStyles = themed((palette) => ({
  item: { flexDirection: "row", alignItems: "center", gap: space.m, minHeight: touch, paddingVertical: space.xs },
  words: { flex: 1 },
  done: { color: palette.text2, textDecorationLine: "line-through" },
}));

/** The steps of a task; a touch ticks one, for those who may. */
export function Checklist({ task }: { readonly task: TaskView }) {
  const { t } = useWords();
  const styles = useStyles();
  const { tasks } = useClient();
  if (task.checklist.length === 0) return null;
  const fixed = !may(task, "item_check");
  return (
    <View role="list" aria-label={t("tasks.checklist")}>
      <Text look="label">{t("tasks.checklist")}</Text>
      {task.checklist.map((item) => (
        <Pressable
          key={item.id}
          role="checkbox"
          aria-label={item.text}
          aria-checked={item.done}
          aria-disabled={fixed}
          disabled={fixed}
          style={styles.item}
          onPress={() => void tasks.run(task.id, [op.checkItem(item.id, !item.done)])}
        >
          <Icon of={item.done ? SquareCheck : Square} tone={item.done ? "accentText" : "text2"} />
          <Text style={[styles.words, item.done && styles.done]}>{item.text}</Text>
        </Pressable>
      ))}
    </View>
  );
}
