import type { UserId } from "../ids";
import type { Config, Operation, Task, Workflow } from "./contracts";
import { statusOf, waysFrom } from "./workflow";

type Part = "editor" | "assignee" | "collaborator";

const E: readonly Part[] = ["editor"];
const EA: readonly Part[] = ["editor", "assignee"];
const EAC: readonly Part[] = ["editor", "assignee", "collaborator"];

/** Operations that depend only on one's part in the task. Source: TASKS.md, section 4. */
const MATRIX: readonly (readonly [Operation, readonly Part[]])[] = [
  ["set:title", E],
  ["set:description", E],
  ["set:priority", E],
  ["set:due", E],
  ["set:start", E],
  ["set:estimate_min", EA],
  ["set:parent", E],
  ["set:blocked_reason", EAC],
  ["set:needs_review", E],
  ["set:recurrence", E],
  ["set:fields", E],
  ["add:labels", E],
  ["remove:labels", E],
  ["add:collaborators", E],
  ["remove:collaborators", E],
  ["add:watchers", E],
  ["remove:watchers", E],
  ["add:blocked_by", EA],
  ["remove:blocked_by", EA],
  ["add:links", EAC],
  ["remove:links", EAC],
  ["add:attachments", EAC],
  ["remove:attachments", EAC],
  ["item_put", EA],
  ["item_check", EAC],
  ["item_remove", EA],
  ["rank", EAC],
  ["assign", E],
  ["move", E],
];

/**
 * What the service's own `can` said about me beyond what the task shows: `governs` (an editor for another
 * reason than being creator or assigner), `guest` (no more than it listed), `plain`.
 */
export type ToldStanding = "plain" | "governs" | "guest";

/** Pure. Reads my standing out of a `can` that the service gave for this very revision. */
export function toldStanding(task: Task, me: UserId): ToldStanding {
  const wrote = task.kind === "team" && (task.creator === me || task.assigner === me);
  const edits = task.can.includes("set:title");
  if (edits && !wrote && task.kind === "team") return "governs";
  return wrote && !edits ? "guest" : "plain";
}

export interface StandingContext {
  readonly me: UserId;
  readonly workflow: Workflow;
  readonly config: Config | null;
  /** I administer the organisation. */
  readonly admin: boolean;
  /** Null: the service never told. */
  readonly told: ToldStanding | null;
}

/**
 * Pure. What I may probably do to a task that the service has not judged: heard by sync a moment ago, or
 * changed here. `task.can` is what it allowed last.
 */
export function derivedCan(task: Task, context: StandingContext): readonly Operation[] {
  const { me, told } = context;
  if (told === "guest") return task.can.filter((operation) => !operation.startsWith("transition:"));
  const owner = task.kind === "personal" && task.creator === me;
  const taskAdmin = task.kind === "team" && (context.admin || (context.config?.task_admins ?? []).includes(me));
  const governs = told === "governs" || taskAdmin;
  const wrote = task.kind === "team" && (task.creator === me || task.assigner === me);
  const holds = task.assigned_to === me;
  const parts = new Set<Part>();
  if (owner || governs || wrote) parts.add("editor");
  if (holds && task.assignment.state === "active") parts.add("assignee");
  if (task.collaborators.includes(me)) parts.add("collaborator");

  const can = MATRIX.filter(([, who]) => who.some((part) => parts.has(part))).map(([operation]) => operation);
  can.push(...waysOf(task, context.workflow, parts));
  if (parts.has("assignee") && !parts.has("editor") && task.can.includes("delegate")) can.push("delegate");
  if (parts.has("collaborator") && !parts.has("editor")) can.push("remove:collaborators");
  if (holds && task.assignment.state === "requested") can.push("accept", "decline");
  if (owner || taskAdmin || (governs && task.can.includes("erase"))) can.push("erase");
  can.push(task.watchers.includes(me) ? "unwatch" : "watch", "comment");
  return can.sort();
}

/** Done over open blockers takes an editor, a reason and force. */
function waysOf(task: Task, workflow: Workflow, parts: ReadonlySet<Part>): readonly Operation[] {
  return waysFrom(workflow, task, parts).flatMap((to): readonly Operation[] => {
    const closes = statusOf(workflow, { status: to, category: "todo" }).category === "done";
    if (!closes || !task.blocked) return [`transition:${to}`];
    return parts.has("editor") ? [`force:${to}`] : [];
  });
}
