import type { LocalName, TaskView, When } from "@team/core";
import { daysBetween, type Dates } from "../i18n/dates";
import type { Language, Translate } from "../i18n/translate";

/** How a task is called in sentences and labels: by its key, or by its title while it has none. */
export function callOf(task: { readonly key: string; readonly title: string }): string {
  return task.key === "" ? task.title : task.key;
}

/** A text in which keys stay whole: a line may not end within "TEAM-12". For what is drawn, not for what is told or copied. */
export function unbroken(text: string): string {
  return text.replace(/\b([A-Z][A-Z0-9]{1,9})-(?=\d)/g, "$1\u2011");
}

/** A name that a room has given, in the person's language. */
export function localName(name: LocalName, language: Language): string {
  return language === "ru" ? (name.ru ?? name.en) : name.en;
}

/** The moment by which it must be done: of a whole day, its end on this phone. */
export function deadlineOf(due: When): number {
  return "date" in due ? new Date(`${due.date}T23:59:59.999`).getTime() : due.at;
}

export function isClosed(task: Pick<TaskView, "category">): boolean {
  return task.category === "done" || task.category === "cancelled";
}

export function isLate(task: Pick<TaskView, "due" | "category">, now: number): boolean {
  return task.due !== null && !isClosed(task) && deadlineOf(task.due) < now;
}

/** "Today, 15:00", "Tomorrow", "3 Mar" */
export function dueText(due: When, t: Translate, dates: Dates, now: number): string {
  const ts = deadlineOf(due);
  const ahead = daysBetween(now, ts);
  const day = ahead === 0 ? t("time.today") : ahead === 1 ? t("tasks.tomorrow") : ahead === -1 ? t("time.yesterday") : dates.date(ts);
  return "date" in due ? day : `${day}, ${dates.time(ts)}`;
}

/** The day that lies so many days ahead, `YYYY-MM-DD` on this phone's calendar. */
export function dayAhead(days: number, now: number): string {
  const date = new Date(now);
  date.setDate(date.getDate() + days);
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}
