import type { Task, When } from "./contracts";
import { isOpen } from "./workflow";

/** The day of a moment on this device's calendar, `YYYY-MM-DD`. */
export function dayOf(ts: number): string {
  const date = new Date(ts);
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${String(date.getFullYear()).padStart(4, "0")}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

export function dueDay(due: When): string {
  return "date" in due ? due.date : dayOf(due.at);
}

/** A whole day is over when the next one begins; a moment when it is past. */
export function isOverdue(task: Pick<Task, "due" | "category">, now: number): boolean {
  const { due } = task;
  if (due === null || !isOpen(task.category)) return false;
  return "date" in due ? due.date < dayOf(now) : due.at < now;
}

/** Orders due dates: a day stands behind all its moments, no date behind everything. */
export function dueOrder(due: When | null): string {
  if (due === null) return "~";
  return "date" in due ? `${due.date}~` : `${dayOf(due.at)} ${String(due.at).padStart(16, "0")}`;
}
