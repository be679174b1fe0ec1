import { may, op, type TaskView } from "@team/core";
import type { LucideIcon } from "lucide-react-native";
import { useState, type ReactNode } from "react";
import { Pressable, ScrollView, View } from "react-native";
import { useWords } from "../i18n";
import { useClient, useObservable } from "../shell/client";
import { usePullToRefresh } from "../shell/usePullToRefresh";
import { space, themed, touch } from "../theme";
import { RichText } from "../timeline/RichText";
import { Icon } from "../ui/Icon";
import { CalendarDays, ChevronRight, Clock, Flag, Pencil, Tags, UserRound } from "../ui/icons";
import { Notice } from "../ui/Notice";
import { Sheet, SheetAction } from "../ui/Sheet";
import { Text } from "../ui/Text";
import { AssigneeActions } from "./AssigneeChoices";
import { Checklist } from "./Checklist";
import { dayAhead, dueText, isLate, localName } from "./facts";
import { useAssignees, usePersonName } from "./hooks";
import { Problems } from "./Problems";
import { RequestAnswer } from "./RequestAnswer";
import { StatusControl } from "./StatusControl";

const useStyles = themed((palette) => ({
  details: { gap: space.l, padding: space.l, paddingBottom: space.xxl },
  line: { flexDirection: "row", flexWrap: "wrap", alignItems: "center", gap: space.m },
  pending: { flexDirection: "row", alignItems: "center", gap: space.xs },
  facts: { borderTopWidth: 1, borderTopColor: palette.border },
  fact: { flexDirection: "row", alignItems: "center", gap: space.m, minHeight: 52, paddingVertical: space.xs, borderBottomWidth: 1, borderBottomColor: palette.border },
  words: { flex: 1, minWidth: touch },
  pressed: { backgroundColor: palette.pressed },
}));

/** Everything that a task says; where one may change it, a touch does. */
export function TaskDetails({ task }: { readonly task: TaskView }) {
  const { t, language } = useWords();
  const styles = useStyles();
  const client = useClient();
  const pull = usePullToRefresh(() => client.tasks.retryNow());
  const { labels } = useObservable(client.tasks.room(task.room_id));
  const creator = usePersonName(task.creator);
  const names = task.labels.map((id) => localName(labels.find((label) => label.id === id)?.name ?? { en: id }, language));
  return (
    <ScrollView contentContainerStyle={styles.details} refreshControl={pull}>
      <Standing task={task} />
      <Problems task={task} />
      <Text look="title" role="heading" aria-level={2} selectable>
        {task.title}
      </Text>
      <View style={styles.line}>
        <StatusControl task={task} />
        {(task.mark.pending.length > 0 || task.mark.creating) && (
          <View style={styles.pending}>
            <Icon of={Clock} size={16} tone="text3" />
            <Text look="small" tone="text3">
              {t(task.mark.creating ? "tasks.creating" : "tasks.pending")}
            </Text>
          </View>
        )}
      </View>
      {task.description !== null && <RichText body={task.description} html={null} />}
      <View style={styles.facts}>
        <AssigneeFact task={task} />
        <DueFact task={task} />
        <Fact icon={Flag} name={t("tasks.priority")}>
          {t(`priority.${task.priority}`)}
        </Fact>
        {names.length > 0 && (
          <Fact icon={Tags} name={t("tasks.labels")}>
            {names.join(", ")}
          </Fact>
        )}
        <Fact icon={Pencil} name={t("tasks.creator")}>
          {creator}
        </Fact>
      </View>
      <Checklist task={task} />
    </ScrollView>
  );
}

/** How the assignment stands, where there is something to answer or to know. */
function Standing({ task }: { readonly task: TaskView }) {
  const { t } = useWords();
  const assigner = usePersonName(task.assigner);
  const assignee = usePersonName(task.assigned_to ?? task.assigner);
  const { state, reason } = task.assignment;
  if (may(task, "accept") || may(task, "decline")) {
    return (
      <Notice text={t("tasks.requestFor", { name: assigner })}>
        <RequestAnswer task={task} />
      </Notice>
    );
  }
  if (state === "requested" && task.assigned_to !== null) return <Notice text={t("tasks.requested", { name: assignee })} />;
  if (state !== "declined") return null;
  return <Notice tone="warning" text={reason === undefined ? t("tasks.declined") : t("tasks.declinedWhy", { reason })} />;
}

function AssigneeFact({ task }: { readonly task: TaskView }) {
  const { t } = useWords();
  const { tasks, rooms } = useClient();
  const name = usePersonName(task.assigned_to ?? task.creator);
  const choices = useAssignees(rooms.room(task.room_id));
  const [open, setOpen] = useState(false);
  const changeable = may(task, "assign") || may(task, "delegate");
  return (
    <>
      <Fact icon={UserRound} name={t("tasks.assignee")} {...(changeable ? { onPress: () => setOpen(true) } : {})}>
        {task.assigned_to === null ? t("tasks.nobody") : name}
      </Fact>
      <Sheet title={t("tasks.assignee")} open={open} onClose={() => setOpen(false)}>
        <AssigneeActions
          choices={choices}
          chosen={task.assigned_to}
          onChoose={(userId) => {
            setOpen(false);
            if (userId !== task.assigned_to) void tasks.run(task.id, [op.assign(userId)]);
          }}
        />
      </Sheet>
    </>
  );
}

function DueFact({ task }: { readonly task: TaskView }) {
  const { t, dates } = useWords();
  const { tasks } = useClient();
  const [open, setOpen] = useState(false);
  const late = isLate(task, Date.now());
  const choices = [
    { label: t("time.today"), days: 0 },
    { label: t("tasks.tomorrow"), days: 1 },
    { label: t("phone.inAWeek"), days: 7 },
    { label: t("tasks.noDue"), days: null },
  ];
  const text = task.due === null ? t("tasks.noDue") : dueText(task.due, t, dates, Date.now());
  return (
    <>
      <Fact icon={CalendarDays} name={t("tasks.due")} danger={late} {...(may(task, "set:due") ? { onPress: () => setOpen(true) } : {})}>
        {late ? `${text} · ${t("tasks.overdue")}` : text}
      </Fact>
      <Sheet title={t("tasks.due")} open={open} onClose={() => setOpen(false)}>
        {choices.map(({ label, days }) => (
          <SheetAction
            key={label}
            label={label}
            {...(days === null ? {} : { note: dates.date(new Date(`${dayAhead(days, Date.now())}T12:00`).getTime()) })}
            onPress={() => {
              setOpen(false);
              void tasks.run(task.id, [op.due(days === null ? null : { date: dayAhead(days, Date.now()) })]);
            }}
          />
        ))}
      </Sheet>
    </>
  );
}

interface FactProps {
  readonly icon: LucideIcon;
  readonly name: string;
  readonly children: ReactNode;
  readonly danger?: boolean;
  /** Where it can be changed. */
  readonly onPress?: () => void;
}

function Fact({ icon, name, children, danger = false, onPress }: FactProps) {
  const styles = useStyles();
  const content = (
    <>
      <Icon of={icon} tone={danger ? "dangerText" : "text2"} size={20} />
      <View style={styles.words}>
        <Text look="tiny" tone="text3">
          {name}
        </Text>
        <Text tone={danger ? "dangerText" : "text"}>{children}</Text>
      </View>
    </>
  );
  if (onPress === undefined) return <View style={styles.fact}>{content}</View>;
  return (
    <Pressable role="button" aria-label={`${name}: ${String(children)}`} onPress={onPress} style={({ pressed }) => [styles.fact, pressed && styles.pressed]}>
      {content}
      <Icon of={ChevronRight} size={18} tone="text3" />
    </Pressable>
  );
}
