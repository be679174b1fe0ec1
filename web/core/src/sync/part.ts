import type { SyncAnswer } from "../api/wire";
import type { StoreWrite } from "../store/store";

export interface SyncMoment {
  /** The first answer into an empty store. */
  readonly initial: boolean;
  /** When the request for this answer was sent (ms since the epoch). */
  readonly startedTs: number;
}

/**
 * A part of core that learns from sync, told in phases. One answer passes each phase in all parts
 * before the next phase begins:
 *
 * 1. `prepare` reads the store and works out the change; it alters nothing.
 * 2. The writes of all parts and the new position are committed in one transaction.
 * 3. `after` brings memory, and so the views, to what the store says now.
 * 4. `completed` starts what follows (requests, wake-ups); the next poll does not wait for it.
 */
export interface SyncPart<Prepared> {
  prepare(answer: SyncAnswer, moment: SyncMoment): Promise<Prepared>;
  writes(prepared: Prepared): readonly StoreWrite[];
  after(prepared: Prepared): void;
  completed(prepared: Prepared): void;
}
