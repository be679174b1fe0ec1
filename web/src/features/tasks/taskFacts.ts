import type { LocalName, TaskView, When } from "@team/core";
import { localpartOf, type Room } from "@team/core";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useClient } from "../../app/client";
import { useDates, daysBetween } from "../../app/useDates";
import { useObservable } from "../../app/useObservable";

/** True where this server has a tasks service: without one nothing of tasks is shown. */
export function useTasksPresent(): boolean {
  return useObservable(useClient().session.capabilities).tasksAuthority !== null;
}

/** True where a task may be opened in the room now. */
export function useMayCreate(roomId: string): boolean {
  const present = useTasksPresent();
  const rules = useObservable(useClient().tasks.room(roomId));
  return present && rules.authority === "ours" && rules.enabled && rules.rights?.create !== false;
}

export function usePersonName(userId: string): string {
  return useObservable(useClient().tasks.person(userId)).name;
}

/** Names of a room's members; of anybody else the user name. */
export function useNamesIn(room: Room): (userId: string) => string {
  const { members } = useObservable(room.members);
  return useMemo(() => {
    const names = new Map(members.map(({ userId, name }) => [userId, name]));
    return (userId) => names.get(userId) ?? localpartOf(userId);
  }, [members]);
}

/** A name of the room's own, in the user's language. */
export function useLocalName(): (name: LocalName) => string {
  const { i18n } = useTranslation();
  const language = i18n.language;
  return useMemo(() => (name) => (language === "ru" ? (name.ru ?? name.en) : name.en), [language]);
}

/** Pure. The moment by which it must be done: of a whole day, its end. */
export function deadlineOf(due: When): number {
  return "date" in due ? new Date(`${due.date}T23:59:59.999`).getTime() : due.at;
}

export function isClosed(task: Pick<TaskView, "category">): boolean {
  return task.category === "done" || task.category === "cancelled";
}

export function isLate(task: Pick<TaskView, "due" | "category">): boolean {
  return task.due !== null && !isClosed(task) && deadlineOf(task.due) < Date.now();
}

/** "Today, 15:00", "Tomorrow", "3 March" */
export function useDueText(): (due: When) => string {
  const { t } = useTranslation();
  const dates = useDates();
  return useMemo(
    () => (due) => {
      const ts = deadlineOf(due);
      const ahead = daysBetween(Date.now(), ts);
      const day = ahead === 0 ? t("time.today") : ahead === 1 ? t("tasks.tomorrow") : ahead === -1 ? t("time.yesterday") : dates.date(ts);
      return "date" in due ? day : `${day}, ${dates.time(ts)}`;
    },
    [t, dates],
  );
}

/** How a task is called in sentences and names: its key, or its title while it has none. */
export function callOf(task: { readonly key: string; readonly title: string }): string {
  return task.key === "" ? task.title : task.key;
}

const two = (value: number): string => String(value).padStart(2, "0");

/** Pure. What date and time fields show of a due date, in this device's time zone. */
export function fieldsOfWhen(when: When | null): { readonly date: string; readonly time: string } {
  if (when === null) return { date: "", time: "" };
  if ("date" in when) return { date: when.date, time: "" };
  const at = new Date(when.at);
  return {
    date: `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`,
    time: `${two(at.getHours())}:${two(at.getMinutes())}`,
  };
}

/** Pure. The due date that the two fields say: a day, or a moment of this device's time zone. */
export function whenOfFields(date: string, time: string): When | null {
  if (date === "") return null;
  if (time === "") return { date };
  return { at: new Date(`${date}T${time}`).getTime(), tz: Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC" };
}
