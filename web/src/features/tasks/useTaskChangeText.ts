import type { Change, ChecklistItem, Difference, When, Workflow } from "@team/core";
import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { useDueText, useLocalName } from "./taskFacts";

const named = ["title", "description", "status", "assignee", "assignment", "due", "start", "priority", "labels", "checklist", "rank"] as const;

/** The name of a field of a task: of `checklist.<id>` that of the list. */
export function useFieldName(): (field: string) => string {
  const { t } = useTranslation();
  return useCallback(
    (field) => {
      const [first] = field.split(".");
      return t(`taskField.${named.find((name) => name === first) ?? "other"}`);
    },
    [t],
  );
}

export type Told = Pick<Change, "diff" | "reason"> & { readonly created: boolean };

/** What a revision changed, as a sentence. */
export function useTaskChangeText(workflow: Workflow, nameOf: (userId: string) => string) {
  const { t } = useTranslation();
  const localName = useLocalName();
  const dueText = useDueText();
  const fieldName = useFieldName();
  return useCallback(
    (name: string, task: string, change: Told): string => {
      if (change.created) return t("taskChange.created", { name, task });
      const of = (field: string): Difference | undefined => change.diff.find((each) => each.field === field);
      const status = of("status");
      const statusName = (id: unknown): string => {
        const known = workflow.statuses.find((each) => each.id === id);
        return known === undefined ? String(id) : localName(known.name);
      };
      if (status !== undefined) return t("taskChange.status", { name, task, from: statusName(status.from), to: statusName(status.to) });
      const answer = stateOf(of("assignment"));
      const assignee = of("assignee");
      if (answer === "declined") return t("taskChange.declined", { name, task, reason: change.reason ?? "" });
      if (assignee !== undefined) {
        if (typeof assignee.to !== "string") return t("taskChange.unassigned", { name, task });
        return t(answer === "requested" ? "taskChange.asked" : "taskChange.assigned", { name, task, to: nameOf(assignee.to) });
      }
      if (answer === "active") return t("taskChange.accepted", { name, task });
      const due = of("due");
      if (due !== undefined) {
        return isWhen(due.to) ? t("taskChange.due", { name, task, to: dueText(due.to) }) : t("taskChange.noDue", { name, task });
      }
      const title = of("title");
      if (title !== undefined && typeof title.to === "string") return t("taskChange.title", { name, task, to: title.to });
      const item = of("checklist");
      if (item !== undefined && change.diff.length === 1) {
        const [from, to] = [itemOf(item.from), itemOf(item.to)];
        if (to !== null && from === null) return t("taskChange.added", { name, task, item: to.text });
        if (to === null && from !== null) return t("taskChange.dropped", { name, task, item: from.text });
        if (to !== null && from !== null && to.done !== from.done) return t(to.done ? "taskChange.ticked" : "taskChange.unticked", { name, task, item: to.text });
      }
      const fields = [...new Set(change.diff.map(({ field }) => fieldName(field)))];
      return t("taskChange.other", { name, task, fields: fields.join(", ") });
    },
    [t, workflow, localName, nameOf, dueText, fieldName],
  );
}

function itemOf(value: Difference["to"]): ChecklistItem | null {
  return typeof value === "object" && value !== null && "done" in value && "text" in value ? (value as ChecklistItem) : null;
}

function stateOf(difference: Difference | undefined): string | null {
  const to = difference?.to;
  if (typeof to === "string") return to;
  return typeof to === "object" && to !== null && "state" in to ? String(to.state) : null;
}

export function isWhen(value: Difference["to"]): value is When {
  return typeof value === "object" && value !== null && ("date" in value || "at" in value) && !("state" in value);
}
