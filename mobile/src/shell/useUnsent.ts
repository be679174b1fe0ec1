import type { CommandView, QueuedSend } from "@team/core";
import { useClient, useObservable } from "./client";

/** Read marks and the like are the client's own business, and not worth telling. */
const OWN_WORDS: ReadonlySet<QueuedSend["kind"]> = new Set(["message", "media", "edit", "reaction", "redaction", "event"]);

export interface Unsent {
  readonly sends: readonly QueuedSend[];
  readonly commands: readonly CommandView[];
  readonly waiting: number;
  /** Messages that the server did not take. */
  readonly failed: number;
  /** Changes of tasks that were refused, or collide with somebody else's: a person decides. */
  readonly undecided: readonly CommandView[];
}

/** What this person wrote and the server has not accepted yet: messages, and changes of tasks. */
export function useUnsent(): Unsent {
  const client = useClient();
  const sends = useObservable(client.sendQueue.entries).filter((entry) => OWN_WORDS.has(entry.kind));
  const commands = useObservable(client.tasks.outbox.entries);
  const failed = sends.filter((entry) => entry.state === "failed").length;
  const undecided = commands.filter((entry) => entry.problem !== null);
  return { sends, commands, waiting: sends.length + commands.length - failed - undecided.length, failed, undecided };
}
