import { sameValue } from "../timeline/sameValue";
import type { FieldValue, Op, Task, Uuid } from "./contracts";

/** Pure. The fields that an operation changes, named as in `frev` and conflicts. */
export function fieldsOf(op: Op): readonly string[] {
  switch (op.op) {
    case "create":
      return [];
    case "set":
      return op.field === "fields" ? Object.keys(op.value).map((name) => `fields.${name}`) : [op.field];
    case "add":
    case "remove":
      return [op.field];
    case "item_put":
      return [`checklist.${op.item.id}`];
    case "item_check":
    case "item_remove":
      return [`checklist.${op.id}`];
    case "transition":
      return ["status"];
    case "assign":
    case "accept":
    case "decline":
      return ["assignee"];
    case "rank":
      return ["rank"];
    case "move":
      return ["room_id"];
    case "erase":
      return [];
  }
}

export function fieldsOfAll(ops: readonly Op[]): readonly string[] {
  return [...new Set(ops.flatMap(fieldsOf))];
}

const SETS: readonly string[] = ["labels", "collaborators", "watchers", "blocked_by", "links", "attachments"];

/** Does the later command change what the earlier one changes, in a way that can conflict? Sets commute. */
export function overlap(a: readonly Op[], b: readonly Op[]): boolean {
  const scalars = new Set(fieldsOfAll(a).filter((field) => !SETS.includes(field)));
  return fieldsOfAll(b).some((field) => scalars.has(field));
}

/** The value of a field by its name in `frev`; null where there is none. */
export function valueOf(task: Task, field: string): FieldValue {
  if (field === "assignee") return task.assigned_to;
  if (field.startsWith("fields.")) return task.fields[field.slice("fields.".length)] ?? null;
  if (field.startsWith("checklist.")) return task.checklist.find((item) => item.id === field.slice("checklist.".length)) ?? null;
  return ((task as unknown as Record<string, FieldValue | undefined>)[field] ?? null) as FieldValue;
}

/**
 * The operations without what they do to these fields, or with other values for them: `withField(ops,
 * "due", null)` leaves the field out.
 */
export function withField(ops: readonly Op[], field: string, value: { readonly to: FieldValue } | null): readonly Op[] {
  return ops.flatMap((op): readonly Op[] => {
    if (!fieldsOf(op).includes(field)) return [op];
    if (op.op === "set" && op.field === "fields") return withCustomField(op, field.slice("fields.".length), value);
    return value === null ? [] : [withValue(op, value.to)];
  });
}

function withCustomField(op: Extract<Op, { field: "fields" }>, name: string, value: { readonly to: FieldValue } | null): readonly Op[] {
  const { [name]: _, ...others } = op.value;
  if (value !== null) return [{ ...op, value: { ...others, [name]: value.to as string | number | boolean | null } }];
  return Object.keys(others).length === 0 ? [] : [{ ...op, value: others }];
}

function withValue(op: Op, value: FieldValue): Op {
  switch (op.op) {
    case "set":
      return { ...op, value } as Op;
    case "assign":
      return { ...op, to: value as string | null };
    case "transition":
      return { ...op, to: String(value) };
    case "item_put":
      return { ...op, item: { ...op.item, ...(value as object) } };
    default:
      return op;
  }
}

/** The other tasks that the operations name. */
export function tasksNamed(ops: readonly Op[]): readonly Uuid[] {
  return ops.flatMap((op): readonly Uuid[] => {
    switch (op.op) {
      case "create":
        return [op.task.parent ?? [], op.task.blocked_by ?? []].flat();
      case "set":
        return op.field === "parent" && op.value !== null ? [op.value] : [];
      case "add":
        if (op.field === "blocked_by") return [op.value];
        return op.field === "links" && op.value.rel !== "url" ? [op.value.task_id] : [];
      case "rank":
        return [op.before ?? [], op.after ?? []].flat();
      default:
        return [];
    }
  });
}

/** What makes two members of a set the same: links by what they lead to, attachments by address. */
export function sameMember(field: string, a: unknown, b: unknown): boolean {
  return sameValue(identity(field, a), identity(field, b));
}

function identity(field: string, member: unknown): unknown {
  const value = member as { rel?: string; task_id?: string; url?: string; file?: { url: string } };
  if (field === "links") return [value.rel, value.task_id ?? null, value.url ?? null];
  if (field === "attachments") return value.url ?? value.file?.url;
  return member;
}
