import type { Label, LocalName, RoomTaskRules, RoomTasksPut, Status, Workflow } from "@team/core";

/** A room's rules of tasks while somebody changes them: nothing is absent. */
export interface RuleDraft {
  readonly enabled: boolean;
  readonly prefix: string;
  readonly create: NonNullable<RoomTasksPut["create"]>;
  readonly announce: NonNullable<RoomTasksPut["announce"]>;
  readonly nonMember: NonNullable<RoomTasksPut["non_member"]>;
  readonly lineManagerEdits: boolean;
  readonly admins: readonly string[];
  readonly labels: readonly Label[];
  readonly workflow: Workflow;
}

/** Pure. What holds now; where the room is silent, what the service does then. */
export function draftOf({ config, enabled, labels, workflow }: Pick<RoomTaskRules, "config" | "enabled" | "labels" | "workflow">): RuleDraft {
  return {
    enabled,
    prefix: config?.prefix ?? "",
    create: config?.create ?? "member",
    announce: config?.announce ?? "all",
    nonMember: config?.non_member ?? "invite",
    lineManagerEdits: config?.line_manager_edits ?? false,
    admins: config?.task_admins ?? [],
    labels,
    workflow,
  };
}

/** Pure. Only what differs: what somebody else changes meanwhile stays theirs. */
export function changesOf(before: RuleDraft, after: RuleDraft): RoomTasksPut {
  const differs = (name: keyof RuleDraft): boolean => JSON.stringify(before[name]) !== JSON.stringify(after[name]);
  return {
    ...(differs("enabled") ? { enabled: after.enabled } : {}),
    ...(differs("prefix") ? { prefix: after.prefix } : {}),
    ...(differs("create") ? { create: after.create } : {}),
    ...(differs("announce") ? { announce: after.announce } : {}),
    ...(differs("nonMember") ? { non_member: after.nonMember } : {}),
    ...(differs("lineManagerEdits") ? { line_manager_edits: after.lineManagerEdits } : {}),
    ...(differs("admins") ? { task_admins: after.admins } : {}),
    ...(differs("labels") ? { labels: withIds(before.labels, after.labels) } : {}),
    ...(differs("workflow") ? { workflow: after.workflow } : {}),
  };
}

/** Pure. A label that is new is known by its name: lines such as "/task … #texts" say its id. */
function withIds(before: readonly Label[], after: readonly Label[]): readonly Label[] {
  const taken = before.map(({ id }) => id);
  return after.map((label) => {
    if (before.some(({ id }) => id === label.id)) return label;
    const id = idFor(label.name.en, taken);
    taken.push(id);
    return { ...label, id };
  });
}

export function isPrefix(text: string): boolean {
  return /^[A-Z][A-Z0-9]{1,9}$/.test(text);
}

/** Pure. Whether the service could accept it. */
export function isSound({ prefix, labels, workflow }: RuleDraft): boolean {
  return isPrefix(prefix) && [...labels, ...workflow.statuses].every(({ name }) => name.en.trim() !== "");
}

/** Pure. An id for what is called so: readable where the name is, and nobody else's. */
export function idFor(name: string, taken: readonly string[]): string {
  const words = name.toLowerCase().replace(/[^a-z0-9]+/g, "_").replace(/^[^a-z]+|_+$/g, "").slice(0, 24);
  const stem = words === "" ? "x" : words;
  for (let number = 1; ; number += 1) {
    const id = number === 1 && words !== "" ? stem : `${stem}_${number}`;
    if (!taken.includes(id)) return id;
  }
}

/** Pure. One more status before the closed ones; editors and assignees lead there from any open one, and on to any. */
export function withStatus(workflow: Workflow, name: LocalName, category: Status["category"]): Workflow {
  const { statuses, transitions } = workflow;
  const id = idFor(name.en || category, statuses.map((each) => each.id));
  const closed = statuses.findIndex((each) => each.category === "done" || each.category === "cancelled");
  const at = closed < 0 || category === "done" || category === "cancelled" ? statuses.length : closed;
  const who = ["editor", "assignee"] as const;
  return {
    ...workflow,
    statuses: [...statuses.slice(0, at), { id, category, name }, ...statuses.slice(at)],
    transitions: [
      ...transitions,
      ...statuses.flatMap((each) => [
        ...(each.category === "done" || each.category === "cancelled" ? [] : [{ from: each.id, to: id, who }]),
        { from: id, to: each.id, who },
      ]),
    ],
  };
}

/** Pure. Tasks that stand there are led back to the first status by an editor. */
export function withoutStatus(workflow: Workflow, id: string): Workflow {
  return {
    ...workflow,
    statuses: workflow.statuses.filter((each) => each.id !== id),
    transitions: workflow.transitions.filter(({ from, to }) => from !== id && to !== id),
  };
}

/** Pure. A room needs where tasks begin, and one status of each kind that says so: to do, and done. */
export function mayDrop({ statuses, initial }: Workflow, { id, category }: Status): boolean {
  if (id === initial) return false;
  const needed = category === "todo" || category === "done";
  return !needed || statuses.filter((each) => each.category === category).length > 1;
}
