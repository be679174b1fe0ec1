import type { MyTasks, TaskView } from "@team/core";
import { useRouter } from "expo-router";
import { useCallback, useMemo, useState } from "react";
import { ActivityIndicator, SectionList, View } from "react-native";
import { useWords } from "../i18n";
import { useClient, useObservable } from "../shell/client";
import { usePullToRefresh } from "../shell/usePullToRefresh";
import { space, themed, usePalette } from "../theme";
import { IconButton } from "../ui/Button";
import { CountBadge } from "../ui/CountBadge";
import { EmptyState } from "../ui/EmptyState";
import { Header } from "../ui/Header";
import { ListChecks, Plus } from "../ui/icons";
import { Page } from "../ui/Page";
import { Text } from "../ui/Text";
import { useTasksPresent } from "./hooks";
import { NewTaskSheet } from "./NewTaskSheet";
import { TaskRow } from "./TaskRow";
import { TasksBanner } from "./TasksBanner";

const useStyles = themed((palette) => ({
  list: { flexGrow: 1, paddingBottom: space.xl },
  heading: { flexDirection: "row", alignItems: "center", gap: space.s, paddingHorizontal: space.l, paddingTop: space.l, paddingBottom: space.s, backgroundColor: palette.surface },
  late: { color: palette.dangerText },
  loading: { padding: space.xxl },
}));

type Group = Exclude<keyof MyTasks, "complete">;

interface Section {
  readonly group: Group;
  readonly data: readonly TaskView[];
}

const GROUPS: readonly Group[] = ["requests", "overdue", "today", "upcoming", "noDate", "assignedByMe"];

/** What is mine to do, and what I gave to others. */
export function TasksScreen() {
  const { t } = useWords();
  const router = useRouter();
  const present = useTasksPresent();
  const [creating, setCreating] = useState(false);
  const open = useCallback((taskId: string) => router.push({ pathname: "/task/[id]", params: { id: taskId } }), [router]);
  return (
    <Page
      toEdge={false}
      header={
        <Header title={t("tasks.title")} trailing={present && <IconButton icon={Plus} tone="accentText" label={t("tasks.new")} onPress={() => setCreating(true)} />} />
      }
    >
      {present ? <MyTaskList onOpen={open} /> : <EmptyState icon={ListChecks} title={t("tasks.absent")} />}
      <NewTaskSheet open={creating} onClose={() => setCreating(false)} />
    </Page>
  );
}

function MyTaskList({ onOpen }: { readonly onOpen: (taskId: string) => void }) {
  const { t } = useWords();
  const styles = useStyles();
  const palette = usePalette();
  const client = useClient();
  const mine = useObservable(client.tasks.mine);
  const { kind } = useObservable(client.tasks.service);
  const pull = usePullToRefresh(() => client.tasks.retryNow());
  const sections = useMemo<Section[]>(
    () => GROUPS.filter((group) => mine[group].length > 0).map((group) => ({ group, data: mine[group] })),
    [mine],
  );
  return (
    <>
      <TasksBanner />
      <SectionList<TaskView, Section>
        sections={sections}
        keyExtractor={(task) => task.id}
        renderSectionHeader={({ section }) => (
          <View style={styles.heading} accessible role="heading" aria-level={2} aria-label={`${t(`taskGroup.${section.group}`)}, ${section.data.length}`}>
            <Text look="label" style={section.group === "overdue" && styles.late}>
              {t(`taskGroup.${section.group}`)}
            </Text>
            <CountBadge count={section.data.length} look="quiet" />
          </View>
        )}
        renderItem={({ item, section }) => <TaskRow task={item} assignee={section.group === "assignedByMe"} onOpen={onOpen} />}
        role="list"
        aria-label={t("tasks.title")}
        contentContainerStyle={styles.list}
        refreshControl={pull}
        stickySectionHeadersEnabled
        initialNumToRender={20}
        ListEmptyComponent={
          mine.complete || kind === "down" ? (
            <EmptyState icon={ListChecks} title={t("taskGroup.emptyTitle")} text={t("taskGroup.emptyText")} />
          ) : (
            <ActivityIndicator style={styles.loading} color={palette.accent} aria-label={t("common.loading")} />
          )
        }
      />
    </>
  );
}
