import type { HttpRequest } from "../api/http";
import type { UserId } from "../ids";
import type { Priority, Task } from "./contracts";
import { dueDay, dueOrder, isOverdue } from "./days";
import type { TaskQuery } from "./model";
import { placeOf } from "./rank";
import { isOpen } from "./workflow";

export const DEFAULT_SORT = "due,-priority";

const PRIORITIES: readonly Priority[] = ["none", "low", "normal", "high", "urgent"];

export interface QueryContext {
  readonly me: UserId;
  readonly now: number;
}

/** One name for equal queries. */
export function queryName(query: TaskQuery): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  return JSON.stringify(given.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Pure. Does the task belong to the query, as far as this device can tell? Words are told apart only when `words`. */
export function matches(task: Task, query: TaskQuery, context: QueryContext, words = true): boolean {
  const { me, now } = context;
  const person = (wanted: string): string => (wanted === "me" ? me : wanted);
  const oneOf = (wanted: readonly string[] | undefined, value: string | null): boolean =>
    wanted === undefined || wanted.some((each) => (each === "none" ? value === null : person(each) === value));
  return (
    (query.roomId === undefined || task.room_id === query.roomId) &&
    (query.kind === undefined || task.kind === query.kind) &&
    oneOf(query.assignedTo, task.assigned_to) &&
    oneOf(query.creator, task.creator) &&
    oneOf(query.assigner, task.assigner) &&
    (query.involves === undefined || isInvolved(task, person(query.involves))) &&
    (query.assignment === undefined || query.assignment.includes(task.assignment.state)) &&
    (query.status === undefined || query.status.some((status) => hasStatus(task, status))) &&
    (query.label === undefined || query.label.some((label) => task.labels.includes(label))) &&
    (query.priorityAtLeast === undefined || weight(task.priority) >= weight(query.priorityAtLeast)) &&
    isDue(task, query) &&
    (query.overdue === undefined || isOverdue(task, now) === query.overdue) &&
    (query.blocked === undefined || task.blocked === query.blocked) &&
    (query.parent === undefined || (query.parent === "none" ? task.parent === null : task.parent === query.parent)) &&
    (!words || query.text === undefined || hasWords(task, query.text))
  );
}

export function isInvolved(task: Task, userId: UserId): boolean {
  return (
    [task.creator, task.assigner, task.assigned_to].includes(userId) ||
    task.collaborators.includes(userId) ||
    task.watchers.includes(userId)
  );
}

function hasStatus(task: Task, status: string): boolean {
  if (!status.startsWith("category:")) return task.status === status;
  const category = status.slice("category:".length);
  return category === "open" ? isOpen(task.category) : task.category === category;
}

function isDue(task: Task, query: TaskQuery): boolean {
  if (query.noDue !== undefined && (task.due === null) !== query.noDue) return false;
  if (query.dueFrom === undefined && query.dueBefore === undefined) return true;
  if (task.due === null) return false;
  const day = dueDay(task.due);
  return (query.dueFrom === undefined || day >= query.dueFrom) && (query.dueBefore === undefined || day < query.dueBefore);
}

function hasWords(task: Task, text: string): boolean {
  const said = `${task.key} ${task.title} ${task.description ?? ""}`.toLocaleLowerCase();
  return text.toLocaleLowerCase().split(/\s+/).every((word) => said.includes(word));
}

export function weight(priority: Priority): number {
  return PRIORITIES.indexOf(priority);
}

type Order = (a: Task, b: Task) => number;

const ORDERS: Readonly<Record<string, Order>> = {
  due: (a, b) => byText(dueOrder(a.due), dueOrder(b.due)),
  priority: (a, b) => weight(a.priority) - weight(b.priority),
  rank: (a, b) => byText(placeOf(a), placeOf(b)),
  updated: (a, b) => a.updated_at - b.updated_at,
  created: (a, b) => a.created_at - b.created_at,
  key: byKey,
};

/** Pure. The order that a sort asks for; the id breaks ties. */
export function orderOf(sort = DEFAULT_SORT): Order {
  const steps = sort.split(",").flatMap((each): Order[] => {
    const order = ORDERS[each.replace(/^-/, "")];
    if (order === undefined) return [];
    return [each.startsWith("-") ? (a, b) => -order(a, b) : order];
  });
  return (a, b) => {
    for (const step of steps) {
      const order = step(a, b);
      if (order !== 0) return order;
    }
    return byText(a.id, b.id);
  };
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** OPS-9 before OPS-10; what has no key yet is the newest. */
function byKey(a: Task, b: Task): number {
  const [prefixA = "~", numberA = "0"] = a.key === "" ? [] : a.key.split("-");
  const [prefixB = "~", numberB = "0"] = b.key === "" ? [] : b.key.split("-");
  return byText(prefixA, prefixB) || Number(numberA) - Number(numberB);
}

/** Pure. The same query for `GET /v1/tasks`. */
export function restQuery(query: TaskQuery): NonNullable<HttpRequest["query"]> {
  return {
    room_id: query.roomId,
    space_id: query.spaceId,
    kind: query.kind,
    assigned_to: query.assignedTo,
    creator: query.creator,
    assigner: query.assigner,
    involves: query.involves,
    assignment: query.assignment,
    status: query.status,
    label: query.label,
    priority_gte: query.priorityAtLeast,
    due_after: query.dueFrom,
    due_before: query.dueBefore,
    no_due: query.noDue,
    overdue: query.overdue,
    blocked: query.blocked,
    parent: query.parent,
    q: query.text,
    sort: query.sort,
  };
}
