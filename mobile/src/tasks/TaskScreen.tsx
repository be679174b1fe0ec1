import type { TaskView } from "@team/core";
import { useState } from "react";
import { ActivityIndicator, Pressable, View } from "react-native";
import { useWords } from "../i18n";
import { whyClosed } from "../rooms/RoomScreen";
import { useClient, useObservable } from "../shell/client";
import { space, themed, touch, usePalette } from "../theme";
import { Conversation } from "../timeline/Conversation";
import { EmptyState } from "../ui/EmptyState";
import { Header } from "../ui/Header";
import { ListChecks } from "../ui/icons";
import { Page } from "../ui/Page";
import { Text } from "../ui/Text";
import { usePlace } from "./hooks";
import { TaskDetails } from "./TaskDetails";
import { TasksBanner } from "./TasksBanner";

const useStyles = themed((palette) => ({
  tabs: { flexDirection: "row", borderBottomWidth: 1, borderBottomColor: palette.border },
  tab: { flex: 1, alignItems: "center", justifyContent: "center", minHeight: touch, borderBottomWidth: 2, borderBottomColor: "transparent", paddingVertical: space.s },
  current: { borderBottomColor: palette.accent },
  loading: { padding: space.xxl },
}));

type Tab = "details" | "comments";

/** One task: what it says, and what is said about it. */
export function TaskScreen({ taskId }: { readonly taskId: string }) {
  const { t } = useWords();
  const styles = useStyles();
  const palette = usePalette();
  const client = useClient();
  const task = useObservable(client.tasks.task(taskId));
  const [tab, setTab] = useState<Tab>("details");
  const title = task?.key ? task.key : t("tasks.panel");
  return (
    <Page header={<Header leave="close" title={title} subtitle={task == null ? null : <RoomName task={task} />} />}>
      {task === undefined && <ActivityIndicator style={styles.loading} color={palette.accent} aria-label={t("common.loading")} />}
      {task === null && <EmptyState icon={ListChecks} title={t("tasks.notFound")} />}
      {task != null && (
        <>
          <View role="tablist" style={styles.tabs}>
            {(["details", "comments"] as const).map((each) => (
              <Pressable key={each} role="tab" aria-label={t(`tasks.${each}`)} aria-selected={tab === each} onPress={() => setTab(each)} style={[styles.tab, tab === each && styles.current]}>
                <Text look="label" tone={tab === each ? "accentText" : "text2"}>
                  {t(`tasks.${each}`)}
                </Text>
              </Pressable>
            ))}
          </View>
          <TasksBanner />
          {tab === "details" ? <TaskDetails task={task} /> : <TaskComments task={task} />}
        </>
      )}
    </Page>
  );
}

function RoomName({ task }: { readonly task: TaskView }) {
  return usePlace(task);
}

/** What people say about a task: the thread of its card. */
function TaskComments({ task }: { readonly task: TaskView }) {
  const { t, roomName } = useWords();
  const client = useClient();
  const room = client.rooms.room(task.room_id);
  const summary = useObservable(room.summary);
  if (task.event_id === "") return <EmptyState icon={ListChecks} title={t("tasks.creating")} />;
  if (summary?.membership !== "join") return <EmptyState icon={ListChecks} title={t("tasks.noAccess")} />;
  return <Conversation comments room={room} timeline={room.thread(task.event_id)} roomName={roomName(summary.name)} closed={whyClosed(summary, t)} />;
}
