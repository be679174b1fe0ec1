import type { Room, TaskCardItem, TaskLineItem } from "@team/core";
import { useRouter } from "expo-router";
import { memo } from "react";
import { Pressable, View } from "react-native";
import { useWords } from "../i18n";
import { useClient, useObservable } from "../shell/client";
import { radius, space, themed, touch } from "../theme";
import { Icon } from "../ui/Icon";
import { SquareCheck } from "../ui/icons";
import { Text } from "../ui/Text";
import { callOf, isClosed, unbroken } from "./facts";
import { useNamesIn } from "./hooks";
import { RequestAnswer } from "./RequestAnswer";
import { StatusControl } from "./StatusControl";
import { taskChangeText } from "./taskChangeText";
import { TaskFacts } from "./TaskFacts";

const useStyles = themed((palette) => ({
  around: { paddingLeft: 58, paddingRight: space.l, paddingVertical: space.s },
  card: { gap: space.s, padding: space.m, borderRadius: radius.l, borderWidth: 1, borderColor: palette.border, backgroundColor: palette.raised },
  head: { flexDirection: "row", alignItems: "center", gap: space.s },
  grow: { flex: 1, minWidth: 0 },
  title: { minHeight: touch, justifyContent: "center", gap: space.xs },
  closed: { textDecorationLine: "line-through", color: palette.text2 },
  line: { minHeight: touch, justifyContent: "center", paddingLeft: 58, paddingRight: space.l },
}));

/** A task among the messages, where it was opened: as it is now. */
export const TimelineTaskCard = memo(function TimelineTaskCard({ item }: { readonly item: TaskCardItem }) {
  const { t, dates } = useWords();
  const styles = useStyles();
  const router = useRouter();
  const { task } = item;
  const call = callOf(task);
  return (
    <View style={styles.around}>
      <View style={styles.card} role="article" aria-label={t("tasks.card", { task: call })}>
        <View style={styles.head}>
          <Icon of={SquareCheck} size={16} tone="accentText" />
          <Text look="label">{unbroken(task.key)}</Text>
          <Text look="tiny" tone="text3" numberOfLines={1} style={styles.grow}>
            {item.senderName}
          </Text>
          <Text look="tiny" tone="text3">
            {dates.time(item.ts)}
          </Text>
        </View>
        {item.erased ? (
          <Text tone="text3">{t("tasks.erased")}</Text>
        ) : (
          <>
            <Pressable
              role="button"
              aria-label={`${t("tasks.open", { task: call })}: ${task.title}`}
              style={styles.title}
              onPress={() => router.push({ pathname: "/task/[id]", params: { id: task.id } })}
            >
              <Text look="strong" style={isClosed(task) && styles.closed}>
                {task.title}
              </Text>
              <TaskFacts task={task} />
            </Pressable>
            <StatusControl task={task} />
            <RequestAnswer task={task} />
          </>
        )}
      </View>
    </View>
  );
});

/** One line for what happened to a task. */
export const TimelineTaskLine = memo(function TimelineTaskLine({ item, room }: { readonly item: TaskLineItem; readonly room: Room }) {
  const words = useWords();
  const styles = useStyles();
  const router = useRouter();
  const { workflow } = useObservable(useClient().tasks.room(room.roomId));
  const nameOf = useNamesIn(room);
  const text = taskChangeText({ name: item.senderName, task: item.taskKey, change: item.change, workflow, nameOf }, words);
  return (
    <Pressable role="button" aria-label={text} style={styles.line} onPress={() => router.push({ pathname: "/task/[id]", params: { id: item.taskId } })}>
      <Text look="small" tone="text3">
        {unbroken(text)}
      </Text>
    </Pressable>
  );
});
