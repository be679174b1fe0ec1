import type { TargetId } from "../ids";
import { isMessageType, relationIn } from "./events";
import { contentOf, eventTypeOf, type OutboxEntry } from "../sendQueue/entry";

/** What the outbox changes about events that are already there. */
export interface Pending {
  /** Messages to show after all events, oldest first. */
  readonly messages: readonly OutboxEntry[];
  readonly edits: ReadonlyMap<TargetId, OutboxEntry>;
  readonly redactions: ReadonlyMap<TargetId, OutboxEntry>;
  /** target -> key -> my reaction on its way. */
  readonly reactions: ReadonlyMap<TargetId, ReadonlyMap<string, OutboxEntry>>;
}

/** Pure. `entries`: a room's, oldest first; later ones win. */
export function pendingOf(entries: readonly OutboxEntry[]): Pending {
  const messages: OutboxEntry[] = [];
  const edits = new Map<TargetId, OutboxEntry>();
  const redactions = new Map<TargetId, OutboxEntry>();
  const reactions = new Map<TargetId, Map<string, OutboxEntry>>();
  for (const entry of entries) {
    const { request } = entry;
    if (request.type === "receipt") continue;
    if (request.type === "redaction") {
      redactions.set(request.target, entry);
      continue;
    }
    const content = contentOf(request) ?? {};
    const relation = relationIn(eventTypeOf(request), content);
    if (relation?.type === "edit") edits.set(relation.target, entry);
    else if (relation?.type === "reaction") {
      const byKey = reactions.get(relation.target) ?? new Map<string, OutboxEntry>();
      byKey.set(relation.key, entry);
      reactions.set(relation.target, byKey);
    } else if (isMessageType(eventTypeOf(request))) messages.push(entry);
  }
  return { messages, edits, redactions, reactions };
}

