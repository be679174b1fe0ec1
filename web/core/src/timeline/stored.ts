import type { RawEvent } from "../api/wire";
import type { EventId, RoomId } from "../ids";
import { storeKey } from "../store/keys";
import type { StoreWrite } from "../store/store";
import { relationOf } from "./events";

/** An event in the table `timeline`, at its place. */
export interface StoredEvent {
  readonly place: string;
  readonly event: RawEvent;
  /** The thread it was sent to; kept here because a redaction takes the relation out of the event. */
  readonly threadId: EventId | null;
  /** It edits another message; kept here for the same reason. */
  readonly edit: boolean;
}

export function stored(place: string, event: RawEvent): StoredEvent {
  const relation = relationOf(event);
  const threadId = relation?.type === "thread" ? relation.target : null;
  return { place, event, threadId, edit: relation?.type === "edit" };
}

/** The row itself, and the rows that find it by id, by thread and by what it relates to. */
export function writesOf(roomId: RoomId, row: StoredEvent): StoreWrite[] {
  const { place, event, threadId } = row;
  const { event_id: eventId } = event;
  const relation = relationOf(event);
  const writes: StoreWrite[] = [
    { op: "put", table: "timeline", key: storeKey(roomId, place), value: row },
    { op: "put", table: "eventIndex", key: storeKey(roomId, eventId), value: place },
  ];
  if (threadId !== null) {
    writes.push({ op: "put", table: "threads", key: storeKey(roomId, threadId, place), value: eventId });
  } else if (relation !== null && relation.type !== "redaction") {
    writes.push({ op: "put", table: "relations", key: storeKey(roomId, relation.target, place), value: eventId });
  }
  return writes;
}

/** Takes an event out of every table, for history that is let go. */
export function deletesOf(roomId: RoomId, { place, event, threadId }: StoredEvent): StoreWrite[] {
  const relation = relationOf(event);
  const writes: StoreWrite[] = [
    { op: "delete", table: "timeline", key: storeKey(roomId, place) },
    { op: "delete", table: "eventIndex", key: storeKey(roomId, event.event_id) },
  ];
  if (threadId !== null) writes.push({ op: "delete", table: "threads", key: storeKey(roomId, threadId, place) });
  if (relation !== null) writes.push({ op: "delete", table: "relations", key: storeKey(roomId, relation.target, place) });
  return writes;
}
