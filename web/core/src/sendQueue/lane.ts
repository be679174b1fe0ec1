import { AbortedError, errorInfo, MatrixError } from "../api/errors";
import type { RoomId, TxnId } from "../ids";
import type { Platform } from "../platform";
import { retryDelay } from "../sync/syncLoop";
import type { OutboxEntry } from "./entry";

export interface LaneWork {
  next(): OutboxEntry | null;
  send(entry: OutboxEntry, signal: AbortSignal): Promise<void>;
  /** True: done with this entry; false: wait and try it again. */
  failed(entry: OutboxEntry, error: unknown): Promise<boolean>;
  changed(roomId: RoomId): void;
}

/** Sends one entry after the other; waits longer after each failure, until woken. */
export class Lane {
  /** The entry whose request is under way. */
  sending: TxnId | null = null;
  #running: Promise<void> | null = null;
  readonly #abort = new AbortController();
  #endPause: () => void = () => undefined;

  constructor(
    private readonly platform: Platform,
    private readonly random: () => number,
    private readonly work: LaneWork,
  ) {}

  /** There is something to send, or a reason to try again now. */
  wake(): void {
    if (this.#abort.signal.aborted) return;
    this.#endPause();
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
      // An entry that came after the last look at the queue.
      if (!this.#abort.signal.aborted && !this.#halted && this.work.next() !== null) this.wake();
    });
  }

  /** After the session's end nothing can be sent until somebody wakes the lane. */
  #halted = false;

  async stop(): Promise<void> {
    this.#abort.abort();
    this.#endPause();
    await this.#running;
  }

  async #run(): Promise<void> {
    this.#halted = false;
    let attempt = 0;
    while (!this.#abort.signal.aborted) {
      const entry = this.work.next();
      if (entry === null) return;
      try {
        this.sending = entry.txnId;
        await this.work.send(entry, this.#abort.signal);
        attempt = 0;
      } catch (error) {
        if (error instanceof AbortedError) return;
        if (isSessionEnd(error)) {
          this.#halted = true;
          return;
        }
        this.platform.log?.("warn", "not sent", errorInfo(error));
        if (await this.work.failed(entry, error)) continue;
        attempt += 1;
        this.sending = null;
        this.work.changed(entry.roomId);
        await this.#pause(Math.max(retryDelay(attempt, this.random), errorInfo(error).retryAfterMs ?? 0));
      } finally {
        this.sending = null;
      }
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.platform.setTimer(ms, () => this.#endPause());
      this.#endPause = () => {
        this.#endPause = () => undefined;
        cancel();
        resolve();
      };
      if (this.#abort.signal.aborted) this.#endPause();
    });
  }
}

function isSessionEnd(error: unknown): boolean {
  if (!(error instanceof MatrixError)) return false;
  return error.status === 401 || error.errcode === "ORG.TEAMMESSENGER.PASSWORD_CHANGE_REQUIRED";
}
