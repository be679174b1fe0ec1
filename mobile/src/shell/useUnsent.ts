import type { QueuedSend } from "@team/core";
import { useClient, useObservable } from "./client";

/** Read marks and the like are the client's own business, and not worth telling. */
const OWN_WORDS: ReadonlySet<QueuedSend["kind"]> = new Set(["message", "media", "edit", "reaction", "redaction", "event"]);

export interface Unsent {
  readonly entries: readonly QueuedSend[];
  readonly waiting: number;
  readonly failed: number;
}

/** What this person wrote and the server does not have yet. */
export function useUnsent(): Unsent {
  const client = useClient();
  const entries = useObservable(client.sendQueue.entries).filter((entry) => OWN_WORDS.has(entry.kind));
  const failed = entries.filter((entry) => entry.state === "failed").length;
  return { entries, waiting: entries.length - failed, failed };
}
