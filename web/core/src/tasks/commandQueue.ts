import type { RoomId, UserId } from "../ids";
import { storeKey, under } from "../store/keys";
import type { StoreWrite } from "../store/store";
import type { Writer } from "../store/writer";
import { beforeOf, buildsOn, creates, needsMe, takingIn, withFollowers, type CommandEntry } from "./commandEntry";
import type { Op, Task, Uuid } from "./contracts";
import { tasksNamed } from "./fields";
import { newUuid, taskIdFor } from "./uuid";

export interface QueueChange {
  readonly put: readonly CommandEntry[];
  readonly drop: readonly CommandEntry[];
}

export const NO_QUEUE_CHANGE: QueueChange = { put: [], drop: [] };

const COMMANDS = "command";
const NONE: readonly CommandEntry[] = [];

/** Keys of messages in the same table begin with digits: {@link CommandQueue} lies behind them. */
export const MESSAGES_ONLY = { to: "a" } as const;

/** My commands, durable, in the order in which they were given. */
export class CommandQueue {
  #entries: ReadonlyMap<string, CommandEntry> = new Map();
  #byTask: ReadonlyMap<Uuid, readonly CommandEntry[]> = new Map();
  #lastKey = 0;

  constructor(
    private readonly writer: Writer,
    private readonly me: () => UserId,
    private readonly now: () => number,
    private readonly random: () => number,
    /** Told after each change. */
    private readonly changed: (taskIds: readonly Uuid[]) => void,
  ) {}

  /** What was given before; another tab's are its own. */
  async load(adopt: boolean): Promise<void> {
    if (!adopt) return;
    const rows = await this.writer.store.range<CommandEntry>("outbox", under(COMMANDS));
    // The clock may have been set back since: what comes now stands behind all of them.
    for (const { value } of rows) this.#lastKey = Math.max(this.#lastKey, parseInt(value.key, 10));
    this.adopt({ put: rows.map(({ value }) => value), drop: [] });
  }

  reset(): void {
    this.adopt({ put: [], drop: this.all() });
  }

  all(): readonly CommandEntry[] {
    return [...this.#entries.values()];
  }

  /** The same array until one of them changes. */
  ofTask(taskId: Uuid): readonly CommandEntry[] {
    return this.#byTask.get(taskId) ?? NONE;
  }

  taskIds(): Iterable<Uuid> {
    return this.#byTask.keys();
  }

  find(cmdId: Uuid): CommandEntry | null {
    return this.all().find((entry) => entry.cmdId === cmdId) ?? null;
  }

  newId(): Uuid {
    return newUuid(this.now(), this.random);
  }

  /** A command that opens a task. */
  async open(roomId: RoomId | null, ops: readonly Op[]): Promise<CommandEntry> {
    const cmdId = this.newId();
    return this.writer.exclusive(() => this.#keep(this.#entry(cmdId, taskIdFor(this.me(), cmdId), roomId, ops, null)));
  }

  /** A command about a task as it is seen now; `rev` is what the service has told of it, 0 for nothing. */
  async add(taskId: Uuid, ops: readonly Op[], seen: { readonly task: Task | null; readonly rev: number }): Promise<CommandEntry> {
    return this.writer.exclusive(async () => {
      const earlier = this.ofTask(taskId);
      const last = earlier.at(-1);
      const unborn = earlier.find((entry) => creates(entry) && needsMe(entry));
      const fresh = { ...this.#entry(this.newId(), taskId, null, ops, seen.task), baseRev: seen.rev };
      if (unborn !== undefined) return this.#keep(withFollowers(unborn, [fresh]));
      const merged = last === undefined ? null : takingIn(last, ops);
      if (merged !== null) return this.#keep(merged);
      const before = earlier.findLast((entry) => entry.state === "waiting");
      return this.#keep({ ...fresh, dependsOn: before?.cmdId ?? null });
    });
  }

  /** The next command of each task that can go, oldest first. */
  ready(limit: number): readonly CommandEntry[] {
    const heads: CommandEntry[] = [];
    for (const entries of this.#byTask.values()) {
      const head = entries.find((entry) => entry.state === "waiting");
      if (head !== undefined && !this.isHeld(head)) heads.push(head);
    }
    return heads.sort(byKey).slice(0, limit);
  }

  /** It names a task that is not there yet, or is about one. */
  isHeld(entry: CommandEntry): boolean {
    return [entry.taskId, ...tasksNamed(entry.ops)].some((taskId) => {
      const opening = this.ofTask(taskId).find(creates);
      return opening !== undefined && opening !== entry && opening.state !== "accepted";
    });
  }

  /** Call it inside the writer. Durable before the request: after a kill we know that the service may have it. */
  async countAttempt(entries: readonly CommandEntry[]): Promise<readonly CommandEntry[]> {
    const put = entries.flatMap((entry) => {
      const now = this.#entries.get(entry.key);
      return now?.cmdId === entry.cmdId && now.state === "waiting" ? [{ ...now, attempts: now.attempts + 1 }] : [];
    });
    await this.commit({ put, drop: [] });
    return put;
  }

  /**
   * What follows when an entry is put aside for its author: later ones that build on it are folded into it,
   * the others no longer wait for it. `aside`: the entry as it is from now on.
   */
  putAside(entry: CommandEntry, aside: CommandEntry): QueueChange {
    const later = this.ofTask(entry.taskId).filter((each) => each.key > entry.key && each.state === "waiting");
    const followers: CommandEntry[] = [];
    for (const each of later) if ([entry, ...followers].some((one) => buildsOn(each, one))) followers.push(each);
    const gone = new Set([entry, ...followers].map(({ cmdId }) => cmdId));
    const others = later.filter((each) => !followers.includes(each) && each.dependsOn !== null && gone.has(each.dependsOn));
    return {
      put: [withFollowers(aside, followers), ...others.map((each) => ({ ...each, dependsOn: entry.dependsOn }))],
      drop: followers,
    };
  }

  /** The entry and what cannot be without it. */
  withDependents(entry: CommandEntry): readonly CommandEntry[] {
    const gone = new Set([entry]);
    const unborn = new Set(creates(entry) ? [entry.taskId] : []);
    for (const each of this.all()) {
      if (!unborn.has(each.taskId) && !tasksNamed(each.ops).some((taskId) => unborn.has(taskId))) continue;
      gone.add(each);
      if (creates(each)) unborn.add(each.taskId);
    }
    return [...gone];
  }

  writesOf(change: QueueChange): readonly StoreWrite[] {
    return [
      ...change.drop.map((entry): StoreWrite => ({ op: "delete", table: "outbox", key: keyOf(entry) })),
      ...change.put.map((entry): StoreWrite => ({ op: "put", table: "outbox", key: keyOf(entry), value: entry })),
    ];
  }

  /** After the commit of {@link writesOf}. */
  adopt(change: QueueChange): void {
    if (change.put.length === 0 && change.drop.length === 0) return;
    const entries = new Map(this.#entries);
    const touched = new Set<Uuid>();
    for (const entry of change.drop) {
      entries.delete(entry.key);
      touched.add(entry.taskId);
    }
    for (const entry of change.put) {
      const before = entries.get(entry.key);
      if (before !== undefined) touched.add(before.taskId);
      entries.set(entry.key, entry);
      touched.add(entry.taskId);
    }
    this.#entries = new Map([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));
    const byTask = new Map(this.#byTask);
    for (const taskId of touched) {
      const own = [...this.#entries.values()].filter((entry) => entry.taskId === taskId);
      if (own.length === 0) byTask.delete(taskId);
      else byTask.set(taskId, own);
    }
    this.#byTask = byTask;
    this.changed([...touched]);
  }

  /** Call it inside the writer. */
  async commit(change: QueueChange): Promise<void> {
    await this.writer.commit(this.writesOf(change));
    this.adopt(change);
  }

  async #keep(entry: CommandEntry): Promise<CommandEntry> {
    await this.commit({ put: [entry], drop: [] });
    return entry;
  }

  #entry(cmdId: Uuid, taskId: Uuid, roomId: RoomId | null, ops: readonly Op[], seen: Task | null): CommandEntry {
    this.#lastKey = Math.max(this.now(), this.#lastKey + 1);
    return {
      key: `${String(this.#lastKey).padStart(16, "0")}.${cmdId}`,
      cmdId,
      taskId,
      roomId,
      actor: this.me(),
      ops,
      baseRev: 0,
      dependsOn: null,
      before: beforeOf(seen, ops),
      queuedTs: this.now(),
      attempts: 0,
      state: "waiting",
      acceptedRev: null,
      problem: null,
      seenRev: 0,
    };
  }
}

function keyOf(entry: CommandEntry): string {
  return storeKey(COMMANDS, entry.key);
}

function byKey(a: CommandEntry, b: CommandEntry): number {
  return a.key < b.key ? -1 : 1;
}
