import type { RoomId, UserId } from "../ids";
import type { CommandRequest, Conflict, FieldValue, Op, Outcome, Task, TaskCreate, Uuid } from "./contracts";
import { fieldsOfAll, overlap, tasksNamed, valueOf, withField } from "./fields";
import type { CommandProblem, FieldConflict, Resolution } from "./model";

/** A command in the table `outbox`, until it is accepted and what it made is here. */
export interface CommandEntry {
  /** Sorts by the time it was given. */
  readonly key: string;
  readonly cmdId: Uuid;
  readonly taskId: Uuid;
  /** For `create`: where to; null lets the service choose. */
  readonly roomId: RoomId | null;
  readonly actor: UserId;
  readonly ops: readonly Op[];
  readonly baseRev: number;
  readonly dependsOn: Uuid | null;
  /** The fields that it changes, as they were seen. */
  readonly before: Readonly<Record<string, FieldValue>>;
  readonly queuedTs: number;
  /** Counted before each request: from 1 on the service may know it, and it stays as it is. */
  readonly attempts: number;
  /** `accepted`: the task as decided (`acceptedRev`) is still on its way here. */
  readonly state: "waiting" | "accepted" | "conflict" | "refused";
  readonly acceptedRev: number | null;
  readonly problem: CommandProblem | null;
  /** With a conflict: the revision that `theirs` was shown of. */
  readonly seenRev: number;
}

export function creates(entry: Pick<CommandEntry, "ops">): boolean {
  return entry.ops[0]?.op === "create";
}

export function needsMe(entry: CommandEntry): boolean {
  return entry.state === "conflict" || entry.state === "refused";
}

/** Pure. The same bytes at each attempt. */
export function requestOf(entry: CommandEntry): CommandRequest {
  return {
    v: 1,
    cmd_id: entry.cmdId,
    task_id: entry.taskId,
    base_rev: entry.baseRev,
    ops: entry.ops,
    ...(entry.roomId === null ? {} : { room_id: entry.roomId }),
    ...(entry.dependsOn === null ? {} : { depends_on: entry.dependsOn }),
  };
}

/** Pure. A task without a room is opened by itself: the service finds the personal or direct room for it. */
export function roomless(entry: CommandEntry): TaskCreate | null {
  const [first] = entry.ops;
  if (first?.op !== "create" || entry.roomId !== null) return null;
  const { assignee, ...fields } = first.task;
  return assignee === undefined ? fields : { ...fields, assigned_to: assignee };
}

export function beforeOf(task: Task | null, ops: readonly Op[]): Readonly<Record<string, FieldValue>> {
  if (task === null) return {};
  return Object.fromEntries(fieldsOfAll(ops).map((field) => [field, valueOf(task, field)]));
}

/**
 * Pure. An unsent entry that takes a further change in, for a person goes on typing: only where it sets
 * the very fields that the entry sets already, so that their fates were bound anyway. Else null.
 */
export function takingIn(entry: CommandEntry, ops: readonly Op[]): CommandEntry | null {
  if (entry.state !== "waiting" || entry.attempts > 0) return null;
  let merged = entry.ops;
  for (const op of ops) {
    if (op.op !== "set" || op.field === "fields") return null;
    if (!merged.some((each) => each.op === "set" && each.field === op.field)) return null;
    merged = withField(merged, op.field, { to: op.value as FieldValue });
  }
  return { ...entry, ops: merged };
}

/** Pure. A refused entry with later ones that were built on it: they share its fate, and are shown as one. */
export function withFollowers(entry: CommandEntry, followers: readonly CommandEntry[]): CommandEntry {
  return followers.reduce(
    (all, next) => ({ ...all, ops: [...all.ops, ...next.ops], before: { ...next.before, ...all.before } }),
    entry,
  );
}

/** Does the later entry make sense only after the earlier one? */
export function buildsOn(later: CommandEntry, earlier: CommandEntry): boolean {
  return later.taskId === earlier.taskId && (creates(earlier) || overlap(earlier.ops, later.ops));
}

/** Pure. The problem as it is shown: what I saw, what I wrote, what the others wrote. `mine`: the task with my change. */
export function problemOf(entry: CommandEntry, outcome: Pick<Outcome, "code" | "detail" | "conflicts" | "errors">, mine: Task | null): CommandProblem {
  const { cmdId } = entry;
  const conflicts = outcome.conflicts ?? [];
  if (outcome.code === "conflict" && conflicts.length > 0) {
    return { kind: "conflict", cmdId, conflicts: conflicts.map((each) => fieldConflict(each, entry, mine)) };
  }
  return { kind: "refused", cmdId, code: outcome.code ?? "internal", detail: outcome.detail ?? null, errors: outcome.errors ?? [] };
}

function fieldConflict(conflict: Conflict, entry: CommandEntry, mine: Task | null): FieldConflict {
  const { field } = conflict;
  return {
    field,
    before: entry.before[field] ?? null,
    mine: mine === null ? (entry.before[field] ?? null) : valueOf(mine, field),
    theirs: conflict.theirs,
    theirsBy: conflict.theirs_by ?? null,
    theirsAt: conflict.theirs_at ?? null,
    theirsRev: conflict.theirs_rev,
  };
}

/** Pure. What is left to ask for once each conflicting field is decided. */
export function resolvedOps(entry: CommandEntry, resolution: Resolution): readonly Op[] {
  const { problem } = entry;
  if (problem?.kind !== "conflict") return entry.ops;
  return problem.conflicts.reduce((ops, { field }) => {
    const choice = resolution[field] ?? { use: "theirs" };
    if (choice.use === "mine") return ops;
    return withField(ops, field, choice.use === "theirs" ? null : { to: choice.value });
  }, entry.ops);
}

/** Pure. The entry as a new command, for what was refused is refused for good. A task it opens gets another id. */
export function renewed(entry: CommandEntry, cmdId: Uuid, taskId: Uuid, change: Partial<CommandEntry> = {}): CommandEntry {
  return { ...entry, cmdId, taskId, dependsOn: null, attempts: 0, state: "waiting", problem: null, acceptedRev: null, ...change };
}

/** Pure. The entry with another task's id wherever it names that task. */
export function renaming(entry: CommandEntry, from: Uuid, to: Uuid): CommandEntry {
  if (entry.taskId !== from && !tasksNamed(entry.ops).includes(from)) return entry;
  const ops = JSON.parse(JSON.stringify(entry.ops).replaceAll(from, to)) as readonly Op[];
  return { ...entry, taskId: entry.taskId === from ? to : entry.taskId, ops };
}
