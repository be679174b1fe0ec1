import type { EventId } from "../ids";
import { isRedacted, redacted, relationOf } from "./events";
import type { StoredEvent } from "./stored";

/** Pure. The events that these redact. */
export function redactionTargets(events: readonly StoredEvent["event"][]): EventId[] {
  return events.flatMap((event) => {
    const relation = relationOf(event);
    return relation?.type === "redaction" ? [relation.target] : [];
  });
}

/**
 * Pure. Events that come into the store, and the stored events that they redact: the first with what is
 * redacted among themselves, the second as they read from now on.
 */
export function applyRedactions(
  fresh: readonly StoredEvent[],
  targets: ReadonlyMap<EventId, StoredEvent>,
): { appended: StoredEvent[]; replaced: StoredEvent[] } {
  const appended = [...fresh];
  const replaced = new Map<EventId, StoredEvent>();
  for (const { event } of fresh) {
    const relation = relationOf(event);
    // A redaction that was itself redacted has lost its target; one without effect has no `redacts`.
    if (relation?.type !== "redaction") continue;
    const i = appended.findIndex((each) => each.event.event_id === relation.target);
    const own = appended[i];
    const older = targets.get(relation.target);
    if (own !== undefined) {
      if (!isRedacted(own.event)) appended[i] = { ...own, event: redacted(own.event, event) };
    } else if (older !== undefined && !isRedacted(older.event)) {
      replaced.set(relation.target, { ...older, event: redacted(older.event, event) });
    }
  }
  return { appended, replaced: [...replaced.values()] };
}
