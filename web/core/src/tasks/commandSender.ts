import { AbortedError, errorInfo, isTransient, MatrixError } from "../api/errors";
import { TaskProblem } from "../api/problem";
import type { Platform } from "../platform";
import type { Writer } from "../store/writer";
import { retryDelay } from "../sync/syncLoop";
import { requestOf, roomless, type CommandEntry } from "./commandEntry";
import type { CommandQueue } from "./commandQueue";
import type { Code, Outcome } from "./contracts";
import type { TaskLedger } from "./ledger";
import { isOutage } from "./service";
import type { TasksApi } from "./tasksApi";

const AT_ONCE = 50;
const UNDECIDED_RETRY_MS = 1_000;

/**
 * Brings the queue to the service: what is ready goes in one request, the rest of each task after the
 * answer. Without an answer the same bytes go again, later and later, until woken.
 */
export class CommandSender {
  /** Commands whose request is under way. */
  sending: ReadonlySet<string> = new Set();
  #abort: AbortController | null = null;
  #running: Promise<void> | null = null;
  #endPause: () => void = () => undefined;

  constructor(
    private readonly api: TasksApi,
    private readonly queue: CommandQueue,
    private readonly ledger: TaskLedger,
    private readonly writer: Writer,
    private readonly platform: Platform,
    private readonly random: () => number,
    private readonly changed: () => void,
  ) {}

  start(): void {
    this.#abort ??= new AbortController();
    this.wake();
  }

  async stop(): Promise<void> {
    this.#abort?.abort();
    this.#abort = null;
    this.#endPause();
    await this.#running;
  }

  /** There is something to send, or a reason to try again now. */
  wake(): void {
    const abort = this.#abort;
    if (abort === null) return;
    this.#endPause();
    this.#running ??= this.#run(abort.signal).finally(() => {
      this.#running = null;
      // One that came after the last look at the queue.
      if (!this.#halted && !abort.signal.aborted && this.queue.ready(1).length > 0) this.wake();
    });
  }

  /** The session is over: nothing can be sent until somebody wakes us. */
  #halted = false;

  async #run(signal: AbortSignal): Promise<void> {
    this.#halted = false;
    let attempt = 0;
    let limit = AT_ONCE;
    while (!signal.aborted) {
      const ready = together(this.queue.ready(limit));
      if (ready.length === 0) return;
      try {
        const complete = await this.#send(ready, signal).finally(() => this.#mark([]));
        attempt = 0;
        limit = AT_ONCE;
        if (!complete) await this.#pause(UNDECIDED_RETRY_MS, signal);
      } catch (error) {
        this.#halted = isSessionEnd(error);
        if (error instanceof AbortedError || this.#halted) return;
        this.platform.log?.("warn", "commands were not decided", errorInfo(error));
        if (error instanceof MatrixError && !isTransient(error) && !isOutage(error)) {
          // One of them is to blame: they go one by one, and that one is put aside.
          if (ready.length === 1) await this.#refuse(ready, error);
          limit = 1;
          continue;
        }
        attempt += 1;
        await this.#pause(Math.max(retryDelay(attempt, this.random), errorInfo(error).retryAfterMs ?? 0), signal);
      }
    }
  }

  async #send(ready: readonly CommandEntry[], signal: AbortSignal): Promise<boolean> {
    const entries = await this.writer.exclusive(() => this.queue.countAttempt(ready));
    if (entries.length === 0) return true;
    this.#mark(entries);
    const [only] = entries;
    const opening = only === undefined ? null : roomless(only);
    if (only !== undefined && opening !== null) {
      const task = await this.api.create(opening, { cmdId: only.cmdId }, signal);
      await this.ledger.settle([{ cmd_id: only.cmdId, state: "accepted", task_id: task.id, rev: task.rev, task }]);
      return true;
    }
    const outcomes = await this.api.commands(entries.map(requestOf), signal);
    await this.ledger.settle(outcomes);
    const decided = new Set(outcomes.filter(({ state }) => state !== "pending").map((outcome) => outcome.cmd_id));
    return entries.every(({ cmdId }) => decided.has(cmdId));
  }

  async #refuse(entries: readonly CommandEntry[], error: MatrixError): Promise<void> {
    const code: Code = error instanceof TaskProblem ? error.code : "internal";
    const { errors, conflicts } = error instanceof TaskProblem ? error : { errors: [], conflicts: [] };
    const rejected = { state: "rejected", code, detail: error.message, errors, conflicts } as const;
    const outcomes = entries.map(({ cmdId }): Outcome => ({ cmd_id: cmdId, ...rejected }));
    await this.ledger.settle(outcomes);
  }

  #mark(entries: readonly CommandEntry[]): void {
    if (entries.length === 0 && this.sending.size === 0) return;
    this.sending = new Set(entries.map(({ cmdId }) => cmdId));
    this.changed();
  }

  #pause(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.platform.setTimer(ms, () => this.#endPause());
      this.#endPause = () => {
        this.#endPause = () => undefined;
        cancel();
        resolve();
      };
      if (signal.aborted) this.#endPause();
    });
  }
}

/** A task without a room goes alone. */
function together(ready: readonly CommandEntry[]): readonly CommandEntry[] {
  const alone = ready.find((entry) => roomless(entry) !== null);
  return alone === undefined ? ready : [alone];
}

function isSessionEnd(error: unknown): boolean {
  if (!(error instanceof MatrixError)) return false;
  return error.status === 401 || error.errcode.toLowerCase().endsWith("password_change_required");
}
