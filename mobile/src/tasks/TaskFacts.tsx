import { may, type TaskView } from "@team/core";
import type { LucideIcon } from "lucide-react-native";
import { View } from "react-native";
import { useWords } from "../i18n";
import { useClient, useObservable } from "../shell/client";
import { space } from "../theme";
import { Icon } from "../ui/Icon";
import { Ban, CalendarDays, Clock, Flag, TriangleAlert, UserRound } from "../ui/icons";
import { Text, type TextTone } from "../ui/Text";
import { dueText, isLate, localName } from "./facts";
import { usePersonName } from "./hooks";
import { statusTone } from "./StatusMark";

interface TaskFactsProps {
  readonly task: TaskView;
  readonly assignee?: boolean;
  /** Whether to say its status, unless nothing has happened yet. */
  readonly standing?: boolean;
}

/** How it stands, who, by when, how urgent: as much as a line or card shows of a task. */
export function TaskFacts({ task, assignee = true, standing = false }: TaskFactsProps) {
  const { t, dates, language } = useWords();
  const { workflow } = useObservable(useClient().tasks.room(task.room_id));
  const status = workflow.statuses.find(({ id }) => id === task.status);
  const late = isLate(task, Date.now());
  const { mark } = task;
  const mine = may(task, "accept");
  return (
    <View style={{ flexDirection: "row", flexWrap: "wrap", columnGap: space.m, rowGap: 2 }}>
      {standing && status !== undefined && status.category !== "todo" && (
        <Text look="small" tone={statusTone(status.category)}>
          {localName(status.name, language)}
        </Text>
      )}
      {mine && <AskedBy userId={task.assigner} />}
      {assignee && !mine && task.assigned_to !== null && <Assignee userId={task.assigned_to} asked={task.assignment.state === "requested"} />}
      {task.assignment.state === "declined" && <Fact icon={Ban} tone="warningText" text={t("tasks.declined")} />}
      {task.due !== null && (
        <Fact icon={CalendarDays} tone={late ? "dangerText" : "text2"} text={dueText(task.due, t, dates, Date.now()) + (late ? ` · ${t("tasks.overdue")}` : "")} />
      )}
      {(task.priority === "high" || task.priority === "urgent") && <Fact icon={Flag} tone="dangerText" text={t(`priority.${task.priority}`)} />}
      {(mark.creating || mark.pending.length > 0) && mark.problems.length === 0 && <Fact icon={Clock} tone="text2" text={t("tasks.pending")} />}
      {mark.problems.length > 0 && <Fact icon={TriangleAlert} tone="dangerText" text={t("tasks.attention", { count: mark.problems.length })} />}
    </View>
  );
}

function Assignee({ userId, asked }: { readonly userId: string; readonly asked: boolean }) {
  const { t } = useWords();
  const name = usePersonName(userId);
  return <Fact icon={UserRound} tone="text2" text={asked ? t("tasks.requested", { name }) : name} />;
}

function AskedBy({ userId }: { readonly userId: string }) {
  const { t } = useWords();
  return <Fact icon={UserRound} tone="text2" text={t("tasks.askedBy", { name: usePersonName(userId) })} />;
}

function Fact({ icon, tone, text }: { readonly icon: LucideIcon; readonly tone: TextTone; readonly text: string }) {
  return (
    <View style={{ flexDirection: "row", alignItems: "center", gap: 4, flexShrink: 1 }}>
      <Icon of={icon} size={14} tone={tone} />
      <Text look="small" tone={tone} style={{ flexShrink: 1 }}>
        {text}
      </Text>
    </View>
  );
}
