import type { UserId } from "../ids";
import type { Task } from "./contracts";
import { dayOf, dueDay, isOverdue } from "./days";
import { keeping } from "./drawings";
import type { MyTasks, TaskView } from "./model";
import { orderOf } from "./query";
import { isOpen } from "./workflow";

export const NO_TASKS: MyTasks = {
  overdue: [],
  today: [],
  upcoming: [],
  noDate: [],
  requests: [],
  assignedByMe: [],
  complete: false,
};

type Group = Exclude<keyof MyTasks, "complete">;

const GROUPS: readonly Group[] = ["overdue", "today", "upcoming", "noDate", "requests", "assignedByMe"];

/** Pure. Where an open task stands in "My tasks"; null: nowhere. */
export function groupOf(task: Task, me: UserId, now: number): Group | null {
  if (!isOpen(task.category)) return null;
  const note = task.kind === "personal" && task.creator === me && task.assigned_to === null;
  if (task.assigned_to !== me && !note) {
    const waits = task.assigned_to !== null || task.assignment.state === "declined";
    return task.assigner === me && waits ? "assignedByMe" : null;
  }
  if (task.assignment.state === "requested") return "requests";
  if (task.due === null) return "noDate";
  if (isOverdue(task, now)) return "overdue";
  return dueDay(task.due) <= dayOf(now) ? "today" : "upcoming";
}

/** Pure. The groups; those that did not change are the same lists as before. */
export function myTasks(before: MyTasks, tasks: Iterable<TaskView>, me: UserId, now: number, complete: boolean): MyTasks {
  const groups = new Map<Group, TaskView[]>(GROUPS.map((group) => [group, []]));
  for (const task of tasks) {
    const group = groupOf(task, me, now);
    if (group !== null) groups.get(group)?.push(task);
  }
  const order = orderOf();
  const kept = GROUPS.map((group) => [group, keeping(before[group], (groups.get(group) ?? []).sort(order))] as const);
  if (complete === before.complete && kept.every(([group, list]) => list === before[group])) return before;
  return { ...(Object.fromEntries(kept) as Omit<MyTasks, "complete">), complete };
}
