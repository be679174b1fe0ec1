import type { RawEvent } from "../api/wire";
import type { EventId, UserId } from "../ids";
import { bundledEdit, isRedacted, relationOf } from "./events";
import type { StoredEvent } from "./stored";

/** What belongs to other events, found by the event it belongs to. */
export interface Relations {
  readonly byId: ReadonlyMap<EventId, StoredEvent>;
  /** Newest valid edit of each message. */
  readonly edits: ReadonlyMap<EventId, RawEvent>;
  /** target -> key -> sender -> the reaction. */
  readonly reactions: ReadonlyMap<EventId, ReadonlyMap<string, ReadonlyMap<UserId, RawEvent>>>;
  /** root -> replies that are not redacted, oldest first. */
  readonly threads: ReadonlyMap<EventId, readonly StoredEvent[]>;
}

/** Pure. `events` in timeline order. */
export function relationsOf(events: readonly StoredEvent[]): Relations {
  const byId = new Map(events.map((each) => [each.event.event_id, each]));
  const edits = new Map<EventId, RawEvent>();
  const reactions = new Map<EventId, Map<string, Map<UserId, RawEvent>>>();
  const threads = new Map<EventId, StoredEvent[]>();
  const considerEdit = (target: EventId, edit: RawEvent): void => {
    const original = byId.get(target)?.event;
    if (original !== undefined && !isEditOf(original, edit)) return;
    const best = edits.get(target);
    if (best === undefined || isNewer(edit, best)) edits.set(target, edit);
  };
  for (const each of events) {
    const { event, threadId } = each;
    if (isRedacted(event)) continue;
    const bundled = bundledEdit(event);
    if (bundled !== null) considerEdit(event.event_id, bundled);
    if (threadId !== null) push(threads, threadId, each);
    const relation = relationOf(event);
    if (relation?.type === "edit") considerEdit(relation.target, event);
    if (relation?.type === "reaction") {
      const byKey = entry(reactions, relation.target, () => new Map<string, Map<UserId, RawEvent>>());
      const bySender = entry(byKey, relation.key, () => new Map<UserId, RawEvent>());
      if (!bySender.has(event.sender)) bySender.set(event.sender, event);
    }
  }
  return { byId, edits, reactions, threads };
}

/** Client-server API, "Validity of replacement events". */
function isEditOf(original: RawEvent, edit: RawEvent): boolean {
  return original.sender === edit.sender && original.type === edit.type && original.state_key === undefined && !isRedacted(original);
}

function isNewer(a: RawEvent, b: RawEvent): boolean {
  if (a.origin_server_ts !== b.origin_server_ts) return a.origin_server_ts > b.origin_server_ts;
  return a.event_id > b.event_id;
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  entry(map, key, (): V[] => []).push(value);
}
