import { AbortedError, errorInfo, isTransient } from "../api/errors";
import { TaskProblem } from "../api/problem";
import type { RoomId, UserId } from "../ids";
import { Value, type Observable } from "../observable";
import type { Platform } from "../platform";
import type { RoomRecords } from "../rooms/roomRecords";
import { storeKey } from "../store/keys";
import type { Store, StoreWrite } from "../store/store";
import { retryDelay } from "../sync/syncLoop";
import type { FeedItem, Seq, Task, Uuid } from "./contracts";
import type { TaskLedger } from "./ledger";
import type { TaskQuery } from "./model";
import { isInvolved } from "./query";
import type { TaskNews, TaskRow } from "./row";
import { isOutage } from "./service";
import type { TaskBook } from "./taskBook";
import type { TasksApi } from "./tasksApi";

/** How far the service has been followed. */
interface Position {
  readonly since: Seq;
}

const POSITION = storeKey("tasks", "position");
const PAGE = 200;
/** The rooms tell of a revision a moment before the service has it in its feed. */
const LOOK_AGAIN_MS = [250, 1_000, 4_000];
const LOOK_ELSEWHERE_MS = 5_000;

/**
 * Follows the service by its feed: what happened while we were away, and what rooms do not say (`can`).
 * When the position is too old, or there is none, it reads what concerns me from the lists.
 */
export class CatchUp {
  readonly #complete = new Value(false);
  /** All of what concerns me has been told once. */
  readonly complete: Observable<boolean> = this.#complete;
  #abort: AbortController | null = null;
  #running: Promise<void> | null = null;
  #wanted = false;
  #endPause: () => void = () => undefined;
  #looks = 0;
  #cancelLook: () => void = () => undefined;
  #cancelElsewhere: () => void = () => undefined;

  constructor(
    private readonly api: TasksApi,
    private readonly book: TaskBook,
    private readonly ledger: TaskLedger,
    private readonly records: RoomRecords,
    private readonly store: Store,
    private readonly platform: Platform,
    private readonly random: () => number,
    private readonly me: () => UserId,
    /** False while it is unknown whether there is a service at all. */
    private readonly present: () => boolean,
    /** The tasks that somebody looks at now. */
    private readonly lookedAt: () => ReadonlySet<string>,
    /** Lists may have missed something. */
    private readonly resynced: () => void,
  ) {}

  async load(): Promise<void> {
    this.#complete.set((await this.store.get<Position>("sync", POSITION)) !== undefined);
  }

  reset(): void {
    this.#complete.set(false);
  }

  start(): void {
    this.#abort ??= new AbortController();
    this.poke();
  }

  async stop(): Promise<void> {
    this.#abort?.abort();
    this.#abort = null;
    this.#cancelLook();
    this.#cancelElsewhere();
    this.#endPause();
    await this.#running;
  }

  /** There may be news. */
  poke(): void {
    this.#looks = 0;
    this.#look();
  }

  /** Tries again now instead of waiting. */
  wake(): void {
    this.#endPause();
    this.#look();
  }

  /** Somebody looks at another task. */
  looked(): void {
    if (this.#running === null) this.#lookElsewhere();
  }

  #look(): void {
    const abort = this.#abort;
    if (abort === null || !this.present()) return;
    this.#cancelLook();
    this.#wanted = true;
    this.#running ??= this.#run(abort.signal).finally(() => {
      this.#running = null;
      if (this.#wanted && !abort.signal.aborted) this.#look();
    });
  }

  async #run(signal: AbortSignal): Promise<void> {
    for (let attempt = 0; this.#wanted && !signal.aborted; ) {
      this.#wanted = false;
      try {
        await this.#follow(signal);
        attempt = 0;
      } catch (error) {
        if (error instanceof AbortedError) return;
        this.platform.log?.("warn", "tasks were not caught up with", errorInfo(error));
        // Refused for good: with the next reason to ask we ask again.
        if (!isTransient(error) && !isOutage(error)) return;
        attempt += 1;
        this.#wanted = true;
        await this.#pause(Math.max(retryDelay(attempt, this.random), errorInfo(error).retryAfterMs ?? 0), signal);
      }
    }
    this.#lookAgain();
    this.#lookElsewhere();
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const position = await this.store.get<Position>("sync", POSITION);
    if (position === undefined) return this.#resync(signal);
    try {
      await this.#readFeed(position.since, signal);
    } catch (error) {
      if (!(error instanceof TaskProblem) || error.code !== "resync") throw error;
      await this.#resync(signal);
    }
  }

  async #readFeed(from: Seq, signal: AbortSignal): Promise<void> {
    // A page may hold nothing for me and still lead on; on a busy server the end moves on by itself.
    for (let since = from, empty = 0; !signal.aborted; ) {
      const feed = await this.api.feed(since, PAGE, signal);
      const joined = feed.data.flatMap((item) => (item.kind === "room_joined" ? [item.room_id] : []));
      const entered = (await Promise.all(joined.map((roomId) => this.#ofRoom(roomId)))).flat();
      await this.ledger.tell([...feed.data.flatMap((item) => this.#newsOf(item)), ...entered], [positionAt(feed.next)]);
      empty = feed.data.length === 0 ? empty + 1 : 0;
      if (empty === 2 || feed.next === since) return;
      since = feed.next;
    }
  }

  #newsOf(item: FeedItem): readonly TaskNews[] {
    switch (item.kind) {
      case "task":
        return this.#concerns(item.task) ? [{ kind: "told", task: item.task }] : [];
      case "gone":
        return [{ kind: "gone", taskId: item.task_id, roomId: item.room_id }];
      case "room_left":
        return this.book.withoutRoom(item.room_id);
      case "room_joined":
        return [];
    }
  }

  /** An administrator may see everything, and need not have it all here. */
  #concerns(task: Task): boolean {
    return this.#isJoined(task.room_id) || isInvolved(task, this.me()) || this.book.get(task.id) !== null || this.#isLookedAt(task);
  }

  #isJoined(roomId: RoomId): boolean {
    return this.records.get(roomId)?.membership === "join";
  }

  #isLookedAt({ id, key }: Task): boolean {
    const names = this.lookedAt();
    return names.has(id) || names.has(key);
  }

  async #ofRoom(roomId: RoomId): Promise<readonly TaskNews[]> {
    const tasks = await this.#all({ roomId, involves: "me", status: ["category:open"] });
    return tasks.map((task) => ({ kind: "told", task }));
  }

  /** From the lists: the position first, so that nothing falls between the two. */
  async #resync(signal: AbortSignal): Promise<void> {
    const before = new Map<Uuid, TaskRow>([...this.book.rows()].map((row) => [row.task.id, row]));
    const { next } = await this.api.feed(null, 1, signal);
    const tasks = await this.#all({ involves: "me", status: ["category:open"] });
    const listed = new Set(tasks.map(({ id }) => id));
    // What is not confirmed and did not move meanwhile may be erased, or out of sight: lists ask for it anew.
    const unconfirmed = [...before].filter(([id, row]) => !listed.has(id) && this.book.get(id) === row);
    await this.ledger.tell(
      [
        ...unconfirmed.map(([taskId]): TaskNews => ({ kind: "gone", taskId, roomId: null })),
        ...tasks.map((task): TaskNews => ({ kind: "told", task })),
      ],
      [positionAt(next)],
    );
    this.#complete.set(true);
    this.resynced();
  }

  async #all(query: TaskQuery): Promise<readonly Task[]> {
    const tasks: Task[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await this.api.list(query, { limit: PAGE, cursor });
      tasks.push(...page.data);
      if (page.next_cursor === null) return tasks;
      cursor = page.next_cursor;
    }
  }

  /** Heard in a room and not yet told by the service: its index is a moment behind. */
  #lookAgain(): void {
    const delay = LOOK_AGAIN_MS[this.#looks];
    if (delay === undefined || this.#abort === null) return;
    if (![...this.book.rows()].some((row) => row.judged !== null && row.judged < row.task.rev)) return;
    this.#looks += 1;
    this.#cancelLook = this.platform.setTimer(delay, () => this.#look());
  }

  /** An administrator looks at a task of a room that tells nothing here. */
  #lookElsewhere(): void {
    this.#cancelElsewhere();
    if (this.#abort === null) return;
    const elsewhere = [...this.book.rows()].some(({ task }) => !this.#isJoined(task.room_id) && this.#isLookedAt(task));
    if (elsewhere) this.#cancelElsewhere = this.platform.setTimer(LOOK_ELSEWHERE_MS, () => this.#look());
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

function positionAt(since: Seq): StoreWrite {
  return { op: "put", table: "sync", key: POSITION, value: { since } satisfies Position };
}
