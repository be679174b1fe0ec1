import { type NewTask, type Priority, type Room } from "@team/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useClient } from "../../app/client";
import { useOwnUserId } from "../../app/ownUser";
import { useObservable } from "../../app/useObservable";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { SelectField, TextArea, TextField } from "../../ui/Field";
import form from "../../ui/Form.module.css";
import { useToasts } from "../../ui/Toast";
import { useAssigneeOptions } from "./useAssigneeOptions";
import { useLocalName, whenOfFields } from "./taskFacts";
import panel from "./TaskPanel.module.css";

export const priorities: readonly Priority[] = ["none", "low", "normal", "high", "urgent"];

type TaskDialogProps = {
  room: Room;
  /** The message that it is made from. */
  source: { readonly eventId: string; readonly text: string } | null;
  onClose: () => void;
};

const titleLimit = 255;

/** Pure. A message as a task: its first line, and the whole of it where that is not all. */
export function draftOf(text: string): { readonly title: string; readonly description: string } {
  const whole = text.trim();
  const [line = ""] = whole.split("\n");
  const title = line.trim().slice(0, titleLimit);
  return { title, description: title === whole ? "" : whole.slice(0, 8000) };
}

/** Opens a task in a room, from a message or from nothing. */
export function TaskDialog({ room, source, onClose }: TaskDialogProps) {
  const { t } = useTranslation();
  const client = useClient();
  const toasts = useToasts();
  const own = useOwnUserId();
  const localName = useLocalName();
  const { labels } = useObservable(client.tasks.room(room.roomId));
  const assignees = useAssigneeOptions(room, own);
  const [draft] = useState(() => draftOf(source?.text ?? ""));
  const [title, setTitle] = useState(draft.title);
  const [description, setDescription] = useState(draft.description);
  const [assignee, setAssignee] = useState("");
  const [date, setDate] = useState("");
  const [time, setTime] = useState("");
  const [priority, setPriority] = useState<Priority>("none");
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const ready = title.trim() !== "";

  const create = async () => {
    if (!ready) return;
    const due = whenOfFields(date, time);
    const task: NewTask = {
      title: title.trim(),
      priority,
      ...(description.trim() === "" ? {} : { description: description.trim() }),
      ...(assignee === "" ? {} : { assignee }),
      ...(due === null ? {} : { due }),
      ...(chosen.length === 0 ? {} : { labels: chosen }),
      ...(source === null ? {} : { source: { room_id: room.roomId, event_id: source.eventId } }),
    };
    await client.tasks.create({ ...task, roomId: room.roomId });
    toasts.tell(t("tasks.created"));
    onClose();
  };

  return (
    <Dialog
      open
      onClose={onClose}
      title={t(source === null ? "tasks.new" : "tasks.make")}
      foot={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button look="primary" disabled={!ready} onClick={() => void create()}>
            {t("tasks.create")}
          </Button>
        </>
      }
    >
      <form
        className={form.form}
        onSubmit={(event) => {
          event.preventDefault();
          void create();
        }}
      >
        <TextField label={t("tasks.fieldTitle")} autoFocus maxLength={titleLimit} value={title} onChange={(event) => setTitle(event.target.value)} />
        <TextArea
          label={t("tasks.description")}
          optional
          rows={3}
          maxLength={8000}
          value={description}
          onChange={(event) => setDescription(event.target.value)}
        />
        <SelectField label={t("tasks.assignee")} value={assignee} onValue={setAssignee} options={assignees} />
        <div className={form.fields}>
          <TextField label={t("tasks.due")} type="date" value={date} onChange={(event) => setDate(event.target.value)} />
          <TextField
            label={t("tasks.dueTime")}
            optional
            type="time"
            disabled={date === ""}
            value={time}
            onChange={(event) => setTime(event.target.value)}
          />
        </div>
        <SelectField
          label={t("tasks.priority")}
          value={priority}
          onValue={(value) => setPriority(value as Priority)}
          options={priorities.map((value) => ({ value, label: t(`priority.${value}`) }))}
        />
        {labels.length > 0 && (
          <div role="group" aria-label={t("tasks.labels")}>
            <div className={panel.heading}>{t("tasks.labels")}</div>
            <div className={panel.line}>
              {labels.map(({ id, name }) => {
                const on = chosen.includes(id);
                return (
                  <button
                    key={id}
                    type="button"
                    className={panel.chip}
                    aria-pressed={on}
                    onClick={() => setChosen(on ? chosen.filter((each) => each !== id) : [...chosen, id])}
                  >
                    {localName(name)}
                  </button>
                );
              })}
            </div>
          </div>
        )}
        <button type="submit" hidden />
      </form>
    </Dialog>
  );
}
