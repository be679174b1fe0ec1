import { AbortedError, errorInfo, MatrixError } from "../api/errors";
import type { SyncApi } from "../api/syncApi";
import type { SyncAnswer } from "../api/wire";
import type { UserId } from "../ids";
import { Value, type Observable } from "../observable";
import type { Platform } from "../platform";
import type { StoreWrite } from "../store/store";
import type { Writer } from "../store/writer";
import type { SyncState } from "./model";
import type { SyncMoment, SyncPart } from "./part";

interface Position {
  readonly since: string;
  readonly filterId: string | null;
}

const POSITION = "position";
/** One object: an answer each half minute is no news. */
const LIVE: SyncState = { kind: "live" };
const WAIT_MS = 30_000;
const DOUBTFUL_AFTER_MS = 5_000;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 60_000;
const SESSION_ENDS: ReadonlySet<string> = new Set(["M_UNKNOWN_TOKEN", "M_MISSING_TOKEN", "ORG.TEAMMESSENGER.PASSWORD_CHANGE_REQUIRED"]);

/** Milliseconds before the n-th retry (n from 1): doubling, spread by a random fifth. */
export function retryDelay(attempt: number, random: () => number): number {
  const delay = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (attempt - 1));
  return Math.round(delay * (0.8 + 0.4 * random()));
}

/** The long poll. One answer is fully in the store before the next is asked for. */
export class SyncLoop {
  readonly #state = new Value<SyncState>({ kind: "idle" });
  readonly state: Observable<SyncState> = this.#state;
  #running: { readonly abort: AbortController; readonly ended: Promise<void> } | null = null;
  #wake: () => void = () => undefined;
  #poll: { readonly abort: AbortController; readonly startedTs: number } | null = null;

  constructor(
    private readonly api: SyncApi,
    private readonly writer: Writer,
    private readonly parts: readonly SyncPart<unknown>[],
    private readonly platform: Platform,
    private readonly now: () => number,
    private readonly random: () => number,
    /** Called after each answer is in, first of all those after a time without. */
    private readonly answered: (reconnected: boolean) => void,
  ) {}

  start(me: UserId): void {
    if (this.#running !== null) return;
    const abort = new AbortController();
    this.#running = { abort, ended: this.#run(me, abort.signal) };
  }

  async stop(): Promise<void> {
    const running = this.#running;
    if (running === null) return;
    running.abort.abort();
    this.#poll?.abort.abort();
    this.#wake();
    await running.ended;
    this.#running = null;
    this.#state.set({ kind: "idle" });
  }

  /**
   * Ends the waiting between two attempts. While connected it asks anew if the poll has been open for a
   * while, or the system says that there is no network: after a change of networks, or a sleep, its
   * connection may be dead without knowing it.
   */
  retryNow(): void {
    this.#wake();
    if (this.#poll === null) return;
    const doubtful = this.now() - this.#poll.startedTs > DOUBTFUL_AFTER_MS || this.platform.isOnline?.() === false;
    if (doubtful) this.#poll.abort.abort();
  }

  async #run(me: UserId, signal: AbortSignal): Promise<void> {
    let position = await this.writer.store.get<Position>("sync", POSITION);
    let attempt = 0;
    let failedSince: number | null = null;
    let inDoubt = false;
    this.#state.set({ kind: "catchingUp", initial: position === undefined });
    while (!signal.aborted) {
      try {
        const filterId: string | null = position?.filterId ?? (await this.api.createFilter(me));
        const startedTs = this.now();
        // After a time without answers the first one comes at once, and tells that we are back.
        const waitMs = this.#state.getSnapshot().kind === "live" && !inDoubt ? WAIT_MS : 0;
        const abort = new AbortController();
        this.#poll = { abort, startedTs };
        const since: string | null = position?.since ?? null;
        const answer = await this.api.sync({ since, filterId, waitMs, signal: abort.signal });
        this.#poll = null;
        if (signal.aborted) break;
        const next: Position = { since: answer.nextBatch, filterId };
        await this.#digest(answer, { initial: position === undefined, startedTs }, next);
        position = next;
        const reconnected = attempt > 0 || this.#state.getSnapshot().kind !== "live";
        attempt = 0;
        failedSince = null;
        inDoubt = false;
        this.#state.set(LIVE);
        this.answered(reconnected);
      } catch (error) {
        this.#poll = null;
        if (signal.aborted) break;
        if (error instanceof AbortedError) {
          inDoubt = true;
          continue;
        }
        if (isSessionEnd(error)) break;
        if (isForgottenFilter(error) && position !== undefined) position = { ...position, filterId: null };
        attempt += 1;
        failedSince ??= this.now();
        const delay = Math.max(retryDelay(attempt, this.random), errorInfo(error).retryAfterMs ?? 0);
        this.platform.log?.("warn", "sync failed", errorInfo(error));
        this.#state.set({ kind: "offline", error: errorInfo(error), since: failedSince, retryAt: this.now() + delay });
        await this.#pause(delay, signal);
      }
    }
  }

  /** The phases of one answer; see {@link SyncPart}. */
  async #digest(answer: SyncAnswer, moment: SyncMoment, position: Position): Promise<void> {
    const prepared = await this.writer.exclusive(async () => {
      const results: unknown[] = [];
      for (const part of this.parts) results.push(await part.prepare(answer, moment));
      const writes: StoreWrite[] = this.parts.flatMap((part, i) => part.writes(results[i]));
      writes.push({ op: "put", table: "sync", key: POSITION, value: position });
      await this.writer.commit(writes);
      this.parts.forEach((part, i) => part.after(results[i]));
      return results;
    });
    this.parts.forEach((part, i) => part.completed(prepared[i]));
  }

  #pause(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.platform.setTimer(ms, () => this.#wake());
      this.#wake = () => {
        this.#wake = () => undefined;
        cancel();
        resolve();
      };
      if (signal.aborted) this.#wake();
    });
  }
}

function isSessionEnd(error: unknown): boolean {
  if (!(error instanceof MatrixError)) return false;
  // In its own words: the 401 of a proxy or of a hotel's network says nothing about us.
  return SESSION_ENDS.has(error.errcode);
}

/** A stored filter id that the server no longer knows (a restored backup). */
function isForgottenFilter(error: unknown): boolean {
  return error instanceof MatrixError && (error.status === 400 || error.status === 404);
}
