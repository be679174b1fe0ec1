import type { CommandView, QueuedSend } from "@team/core";
import { useClient, useObservable } from "./client";

/** Read marks and the like are the client's own business, and not worth telling. */
const OWN_WORDS: ReadonlySet<QueuedSend["kind"]> = new Set(["message", "media", "edit", "reaction", "redaction", "event"]);

export interface Unsent {
  readonly sends: readonly QueuedSend[];
  readonly commands: readonly CommandView[];
  readonly waiting: number;
  /** Refused, or in conflict with somebody else's change: they need a person. */
  readonly failed: number;
}

/** What this person wrote and the server has not accepted yet: messages, and changes of tasks. */
export function useUnsent(): Unsent {
  const client = useClient();
  const sends = useObservable(client.sendQueue.entries).filter((entry) => OWN_WORDS.has(entry.kind));
  const commands = useObservable(client.tasks.outbox.entries);
  const failed = sends.filter((entry) => entry.state === "failed").length + commands.filter((entry) => entry.problem !== null).length;
  return { sends, commands, waiting: sends.length + commands.length - failed, failed };
}
