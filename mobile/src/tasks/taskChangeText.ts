import type { Change, ChecklistItem, Difference, FieldValue, When, Workflow } from "@team/core";
import type { Words } from "../i18n";
import type { Translate } from "../i18n/translate";
import { dueText, localName } from "./facts";

const NAMED = ["title", "description", "status", "assignee", "assignment", "due", "start", "priority", "labels", "checklist", "rank"] as const;

/** The name of a field of a task; of `checklist.<id>` that of the list. */
export function fieldName(field: string, t: Translate): string {
  const first = field.split(".")[0];
  return t(`taskField.${NAMED.find((name) => name === first) ?? "other"}`);
}

interface Told {
  /** Who did it. */
  readonly name: string;
  readonly task: string;
  readonly change: Pick<Change, "diff" | "reason" | "prev_rev">;
  readonly workflow: Workflow;
  readonly nameOf: (userId: string) => string;
}

/** What a revision changed, as a sentence. */
export function taskChangeText({ name, task, change, workflow, nameOf }: Told, words: Words): string {
  const { t, dates, language } = words;
  if (change.prev_rev === null) return t("taskChange.created", { name, task });
  const of = (field: string): Difference | undefined => change.diff.find((each) => each.field === field);
  const statusName = (id: unknown): string => {
    const known = workflow.statuses.find((each) => each.id === id);
    return known === undefined ? String(id) : localName(known.name, language);
  };
  const status = of("status");
  if (status !== undefined) return t("taskChange.status", { name, task, from: statusName(status.from), to: statusName(status.to) });
  const answer = stateOf(of("assignment"));
  if (answer === "declined") return t("taskChange.declined", { name, task, reason: change.reason ?? "" });
  const assignee = of("assignee");
  if (assignee !== undefined) {
    if (typeof assignee.to !== "string") return t("taskChange.unassigned", { name, task });
    return t(answer === "requested" ? "taskChange.asked" : "taskChange.assigned", { name, task, to: nameOf(assignee.to) });
  }
  if (answer === "active") return t("taskChange.accepted", { name, task });
  const due = of("due");
  if (due !== undefined) {
    const { to } = due;
    return isWhen(to) ? t("taskChange.due", { name, task, to: within(dueText(to, t, dates, Date.now())) }) : t("taskChange.noDue", { name, task });
  }
  const title = of("title");
  if (typeof title?.to === "string") return t("taskChange.title", { name, task, to: title.to });
  const item = of("checklist");
  if (item !== undefined && change.diff.length === 1) {
    const [from, to] = [itemOf(item.from), itemOf(item.to)];
    if (to !== null && from === null) return t("taskChange.added", { name, task, item: to.text });
    if (to === null && from !== null) return t("taskChange.dropped", { name, task, item: from.text });
    if (to !== null && from !== null && to.done !== from.done) return t(to.done ? "taskChange.ticked" : "taskChange.unticked", { name, task, item: to.text });
  }
  const fields = [...new Set(change.diff.map(({ field }) => fieldName(field, t)))];
  return t("taskChange.other", { name, task, fields: fields.join(", ") });
}

/** "Tomorrow" in the middle of a sentence. */
function within(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

function itemOf(value: FieldValue | undefined): ChecklistItem | null {
  return typeof value === "object" && value !== null && "done" in value && "text" in value ? (value as ChecklistItem) : null;
}

function stateOf(difference: Difference | undefined): string | null {
  const to = difference?.to;
  if (typeof to === "string") return to;
  return typeof to === "object" && to !== null && "state" in to ? String(to.state) : null;
}

export function isWhen(value: FieldValue | undefined): value is When {
  return typeof value === "object" && value !== null && ("date" in value || "at" in value) && !("state" in value);
}
