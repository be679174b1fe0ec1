import { problemReason, type EventId, type QuickAdd, type Room, type TaskDraft } from "@team/core";
import { useState } from "react";
import { View } from "react-native";
import { useWords } from "../i18n";
import { useClient } from "../shell/client";
import { useAttempt } from "../shell/useAttempt";
import { space } from "../theme";
import { Button } from "../ui/Button";
import { Chips } from "../ui/Chips";
import { Field } from "../ui/Field";
import { Notice } from "../ui/Notice";
import { Sheet } from "../ui/Sheet";
import { AssigneeChips } from "./AssigneeChoices";
import { dayAhead } from "./facts";
import { useAssignees } from "./hooks";

/** Days ahead of those that a touch names. */
const DAYS = { today: 0, tomorrow: 1, week: 7 } as const;

type Day = keyof typeof DAYS | "none";

export interface NewTaskStart {
  readonly room: Room;
  readonly title: string;
  /** The message it is made from. */
  readonly eventId: EventId;
}

interface NewTaskSheetProps {
  readonly open: boolean;
  readonly onClose: () => void;
  /** In a room, from one of its messages; without it a note for myself, or whatever the line says. */
  readonly from?: NewTaskStart;
}

/** A new task. Its line is read by the service where it answers ("tomorrow !high"); else all of it is the title. */
export function NewTaskSheet({ open, onClose, from }: NewTaskSheetProps) {
  const { t } = useWords();
  return (
    <Sheet title={t("tasks.new")} open={open} onClose={onClose}>
      {open && <NewTaskForm {...(from === undefined ? {} : { from })} onDone={onClose} />}
    </Sheet>
  );
}

function NewTaskForm({ from, onDone }: { readonly from?: NewTaskStart; readonly onDone: () => void }) {
  const { t, language } = useWords();
  const client = useClient();
  const { busy, failure, run } = useAttempt();
  const [line, setLine] = useState(from?.title ?? "");
  const [day, setDay] = useState<Day>("none");
  const [assignee, setAssignee] = useState<string | null>(null);
  const create = (): void => {
    if (line.trim() === "" || busy) return;
    void run(async () => {
      const read = from === undefined ? await client.tasks.quickAdd(line, { lang: language }).catch(() => null) : null;
      await client.tasks.create(draftOf(line, read, day, assignee, from));
      onDone();
    });
  };
  const days = [
    { value: "none", label: t("tasks.noDue") },
    { value: "today", label: t("time.today") },
    { value: "tomorrow", label: t("tasks.tomorrow") },
    { value: "week", label: t("phone.inAWeek") },
  ] as const;
  return (
    <View style={{ gap: space.l, padding: space.l }}>
      {failure !== null && <Notice tone="danger" text={t(`taskProblem.${problemReason(failure)}`)} />}
      <Field
        label={t("tasks.fieldTitle")}
        {...(from === undefined ? { hint: t("tasks.quick") } : {})}
        value={line}
        onChangeText={setLine}
        maxLength={255}
        autoFocus
        returnKeyType="done"
        onSubmitEditing={create}
      />
      <Chips label={t("tasks.due")} choices={days} value={day} onChange={setDay} />
      {from !== undefined && <RoomAssignees room={from.room} value={assignee} onChange={setAssignee} />}
      <Button look="primary" label={t("tasks.create")} busy={busy} disabled={line.trim() === ""} onPress={create} />
    </View>
  );
}

function RoomAssignees({ room, value, onChange }: { readonly room: Room; readonly value: string | null; readonly onChange: (userId: string | null) => void }) {
  return <AssigneeChips choices={useAssignees(room)} chosen={value} onChoose={onChange} />;
}

/** Pure. What the sheet says, where it says something, stands above what the line was read as. */
export function draftOf(line: string, read: QuickAdd | null, day: Day, assignee: string | null, from: NewTaskStart | undefined): TaskDraft {
  const title = (read === null || read.title.trim() === "" ? line : read.title).trim().slice(0, 255);
  const due = day === "none" ? read?.due : { date: dayAhead(DAYS[day], Date.now()) };
  const person = assignee ?? read?.assigned_to;
  return {
    title,
    ...(from === undefined ? {} : { roomId: from.room.roomId, source: { room_id: from.room.roomId, event_id: from.eventId } }),
    ...(person === undefined ? {} : { assignee: person }),
    ...(due === undefined ? {} : { due }),
    ...(read?.priority === undefined ? {} : { priority: read.priority }),
    ...(read?.labels === undefined ? {} : { labels: read.labels }),
  };
}
