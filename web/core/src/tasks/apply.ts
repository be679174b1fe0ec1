import type { RoomId, UserId } from "../ids";
import { sameMember } from "./fields";
import type { ChecklistItem, NewTask, Op, Task, Uuid, Workflow } from "./contracts";
import { between, placeOf } from "./rank";
import { isOpen, statusOf } from "./workflow";

export interface ApplyContext {
  readonly me: UserId;
  /** When the command was given, ms. */
  readonly at: number;
  readonly workflow: Workflow;
  /** How I may assign this person in the task's room: asking leaves the assignment a request. */
  readonly modeOf: (userId: UserId) => "direct" | "request";
  readonly neighbour: (taskId: Uuid) => Task | null;
}

/** Pure. The task as it will probably be once the service has carried out what I asked for. */
export function applied(task: Task, ops: readonly Op[], context: ApplyContext): Task {
  const after = ops.reduce((now, op) => afterOp(now, op, context), task);
  return after === task ? task : { ...after, updated_at: Math.max(task.updated_at, context.at) };
}

/** Pure. The task that a command opens, before the service has heard of it. */
export function opened(id: Uuid, roomId: RoomId | null, draft: NewTask, context: ApplyContext): Task {
  const { me, at, workflow } = context;
  const { request, assignee, ...fields } = draft;
  const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null));
  const initial = statusOf(workflow, { status: workflow.initial, category: "todo" });
  return {
    id,
    key: "",
    rev: 0,
    room_id: roomId ?? "",
    event_id: "",
    kind: roomId === null && (assignee ?? me) === me ? "personal" : "team",
    title: draft.title,
    description: null,
    status: initial.id,
    category: initial.category,
    creator: me,
    assigner: me,
    assigned_to: assignee ?? null,
    assignment: assignment(assignee ?? null, request ?? false, context),
    priority: "none",
    due: null,
    start: null,
    estimate_min: null,
    labels: [],
    collaborators: [],
    watchers: [],
    checklist: [],
    parent: null,
    blocked_by: [],
    blocked: (draft.blocked_by ?? []).length > 0,
    blocked_reason: null,
    links: [],
    attachments: [],
    needs_review: false,
    rank: null,
    fields: {},
    source: null,
    origin: null,
    recurrence: null,
    created_at: at,
    updated_at: at,
    closed_at: null,
    can: [],
    ...given,
  };
}

function assignment(to: UserId | null, asked: boolean, context: ApplyContext): Task["assignment"] {
  if (to === null) return { state: "none" };
  const requests = to !== context.me && (asked || context.modeOf(to) === "request");
  return { state: requests ? "requested" : "active", at: context.at };
}

function afterOp(task: Task, op: Op, context: ApplyContext): Task {
  switch (op.op) {
    case "create":
    case "erase":
      return task;
    case "set":
      return op.field === "fields" ? withCustomFields(task, op.value) : { ...task, [op.field]: op.value === "" ? null : op.value };
    case "add": {
      const members = task[op.field] as readonly unknown[];
      return members.some((each) => sameMember(op.field, each, op.value)) ? task : { ...task, [op.field]: [...members, op.value] };
    }
    case "remove": {
      const members = task[op.field] as readonly unknown[];
      return { ...task, [op.field]: members.filter((each) => !sameMember(op.field, each, op.value)) };
    }
    case "item_put":
      return { ...task, checklist: withItem(task.checklist, op) };
    case "item_check":
      return { ...task, checklist: task.checklist.map((item) => (item.id === op.id ? { ...item, done: op.done } : item)) };
    case "item_remove":
      return { ...task, checklist: task.checklist.filter((item) => item.id !== op.id) };
    case "transition":
      return withStatus(task, op.to, context);
    case "assign": {
      if (op.to === task.assigned_to) return task;
      const assigner = op.to !== null && task.can.includes("assign") ? context.me : task.assigner;
      return { ...task, assigner, assigned_to: op.to, assignment: assignment(op.to, op.request ?? false, context) };
    }
    case "accept":
      return { ...task, assignment: { state: "active", at: context.at } };
    case "decline":
      return {
        ...task,
        assigned_to: null,
        assignment: { state: "declined", at: context.at, ...(op.reason === "" ? {} : { reason: op.reason }) },
      };
    case "rank":
      return { ...task, rank: between(rankOf(op.after, context), rankOf(op.before, context)) };
    case "move":
      return { ...task, room_id: op.room_id };
  }
}

function withCustomFields(task: Task, patch: Readonly<Record<string, string | number | boolean | null>>): Task {
  const fields = Object.fromEntries(
    Object.entries({ ...task.fields, ...patch }).flatMap(([name, value]) => (value === null ? [] : [[name, value] as const])),
  );
  return { ...task, fields };
}

function withItem(items: readonly ChecklistItem[], { item: draft, after }: Extract<Op, { op: "item_put" }>): readonly ChecklistItem[] {
  const place = items.findIndex((item) => item.id === draft.id);
  const { assignee: old, ...before } = items[place] ?? { done: false };
  const { assignee: fresh, ...rest } = draft;
  const assignee = fresh === undefined ? old : fresh;
  const item: ChecklistItem = { ...before, ...rest, ...(assignee === undefined || assignee === null ? {} : { assignee }) };
  const others = items.filter((each) => each.id !== draft.id);
  const behind = others.findIndex((each) => each.id === after);
  const unplaced = place < 0 ? others.length : place;
  const target = after === undefined ? unplaced : after === null ? 0 : behind < 0 ? others.length : behind + 1;
  return [...others.slice(0, target), item, ...others.slice(target)];
}

function withStatus(task: Task, to: string, { workflow, at }: ApplyContext): Task {
  if (to === task.status) return task;
  const { category } = statusOf(workflow, { status: to, category: task.category });
  const closedAt = isOpen(category) ? null : isOpen(task.category) ? at : task.closed_at;
  return { ...task, status: to, category, closed_at: closedAt };
}

function rankOf(taskId: Uuid | undefined, context: ApplyContext): string | null {
  const neighbour = taskId === undefined ? null : context.neighbour(taskId);
  return neighbour === null ? null : placeOf(neighbour);
}
