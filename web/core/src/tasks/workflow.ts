import type { Category, Slug, Status, Task, Workflow } from "./contracts";

const EVERYBODY = ["editor", "assignee", "collaborator"] as const;

function status(id: Slug, category: Category, en: string, ru: string): Status {
  return { id, category, name: { en, ru } };
}

/** Of a room that says nothing else. Source: TASKS.md, section 4. */
export const DEFAULT_WORKFLOW: Workflow = {
  v: 1,
  initial: "open",
  statuses: [
    status("open", "todo", "Open", "Открыта"),
    status("in_progress", "doing", "In progress", "В работе"),
    status("review", "review", "In review", "На проверке"),
    status("done", "done", "Done", "Готово"),
    status("cancelled", "cancelled", "Cancelled", "Отменена"),
  ],
  transitions: [
    { from: "open", to: "in_progress", who: EVERYBODY },
    { from: "in_progress", to: "open", who: EVERYBODY },
    { from: "open", to: "review", who: EVERYBODY, if: "needs_review" },
    { from: "in_progress", to: "review", who: EVERYBODY, if: "needs_review" },
    { from: "open", to: "done", who: ["editor", "assignee"], if: "no_review" },
    { from: "in_progress", to: "done", who: ["editor", "assignee"], if: "no_review" },
    { from: "review", to: "done", who: ["editor"] },
    { from: "review", to: "in_progress", who: ["editor", "assignee"] },
    { from: "open", to: "cancelled", who: ["editor"] },
    { from: "in_progress", to: "cancelled", who: ["editor"] },
    { from: "review", to: "cancelled", who: ["editor"] },
    { from: "done", to: "open", who: ["editor", "assignee"] },
    { from: "cancelled", to: "open", who: ["editor"] },
  ],
};

export function isOpen(category: Category): boolean {
  return category !== "done" && category !== "cancelled";
}

/** The status as the workflow describes it; one that it no longer has is named by its id. */
export function statusOf(workflow: Workflow, task: Pick<Task, "status" | "category">): Status {
  const known = workflow.statuses.find((each) => each.id === task.status);
  return known ?? { id: task.status, category: task.category, name: { en: task.status } };
}

/** Statuses that somebody who plays these parts may bring the task to. */
export function waysFrom(workflow: Workflow, task: Pick<Task, "status" | "needs_review">, parts: ReadonlySet<string>): readonly Slug[] {
  const ids = workflow.statuses.map(({ id }) => id);
  // Out of a status that the workflow no longer has, an editor leads back to the first.
  if (!ids.includes(task.status)) return parts.has("editor") ? [workflow.initial] : [];
  const ways = workflow.transitions.filter(
    (each) =>
      each.from === task.status &&
      each.to !== task.status &&
      ids.includes(each.to) &&
      (each.if === undefined || (each.if === "needs_review") === task.needs_review) &&
      each.who.some((part) => parts.has(part)),
  );
  return [...new Set(ways.map((each) => each.to))];
}
