import { at, list, number, object, text } from "../api/read";
import type { RawEvent } from "../api/wire";
import type { EventId, RoomId } from "../ids";
import { bundledEdit, isRedacted, relationOf } from "../timeline/events";
import type { Change, Snapshot, Task, Tombstone } from "./contracts";
import { CHANGE, TASK } from "./names";

/** One revision of a task, read from an event whose sender was found to be the authority. */
export interface Heard {
  readonly roomId: RoomId;
  readonly rootId: EventId;
  readonly eventId: EventId;
  readonly snapshot: Snapshot | Tombstone;
  readonly change: Change | null;
  /** A copy that says: the task has left this room. */
  readonly departure: boolean;
}

/** Pure. Null for what is no revision: redacted, or broken. */
export function heardIn(event: RawEvent, roomId: RoomId): Heard | null {
  if (event.type !== TASK || event.state_key !== undefined || isRedacted(event)) return null;
  const relation = relationOf(event);
  if (relation !== null && relation.type !== "edit") return null;
  const isRoot = relation === null;
  const content = isRoot ? event.content : (object(event.content["m.new_content"]) ?? {});
  const snapshot = snapshotIn(content[TASK]);
  if (snapshot === null) return null;
  return {
    roomId,
    rootId: isRoot ? event.event_id : relation.target,
    eventId: event.event_id,
    snapshot,
    change: changeIn(event.content[CHANGE]),
    departure: !isRoot && at(snapshot, "origin", "room_id") === roomId,
  };
}

/** Pure. The newer revision that the server bundled with a root, or null. */
export function bundledIn(event: RawEvent): RawEvent | null {
  const newer = event.type === TASK ? bundledEdit(event) : null;
  return newer?.sender === event.sender && newer.type === TASK ? newer : null;
}

/** The authority writes by the schema; what is read here is what drawing could fall over. */
function snapshotIn(value: unknown): Snapshot | Tombstone | null {
  const found = object(value);
  const rev = number(found?.["rev"]);
  if (found === null || found["v"] !== 1 || rev === null || rev < 1) return null;
  if (text(found["task_id"]) === null || text(found["key"]) === null) return null;
  if (found["erased"] === true) return found as unknown as Tombstone;
  const complete =
    ["title", "status", "category", "creator", "assigner", "priority"].every((name) => text(found[name]) !== null) &&
    object(found["assignment"]) !== null;
  return complete ? (found as unknown as Snapshot) : null;
}

function changeIn(value: unknown): Change | null {
  const found = object(value);
  if (found === null || text(found["actor"]) === null || number(found["rev"]) === null) return null;
  return { ...found, diff: list(found["diff"]) } as unknown as Change;
}

/** Pure. The one shape of a task, out of its snapshot; what the service alone knows comes from before. */
export function taskOf(
  snapshot: Snapshot,
  place: { readonly roomId: RoomId; readonly rootId: EventId },
  before: Pick<Task, "can" | "blocked"> | null,
): Task {
  const { v: _, task_id: id, assignee, frev: __, ...plain } = snapshot;
  return {
    description: null,
    due: null,
    start: null,
    estimate_min: null,
    labels: [],
    collaborators: [],
    watchers: [],
    checklist: [],
    parent: null,
    blocked_by: [],
    blocked_reason: null,
    links: [],
    attachments: [],
    needs_review: false,
    rank: null,
    fields: {},
    source: null,
    origin: null,
    recurrence: null,
    closed_at: null,
    ...plain,
    id,
    assigned_to: assignee ?? null,
    room_id: place.roomId,
    event_id: place.rootId,
    blocked: before?.blocked ?? (snapshot.blocked_by ?? []).length > 0,
    can: before?.can ?? [],
  };
}
