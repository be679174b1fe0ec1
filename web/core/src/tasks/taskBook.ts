import type { EventId, RoomId, UserId } from "../ids";
import { storeKey, under } from "../store/keys";
import type { Store, StoreWrite } from "../store/store";
import type { Task, Uuid } from "./contracts";
import { afterNews, type Known, type TaskNews, type TaskRow } from "./row";

/** What news come to: worked out first, committed, and then taken into memory. */
export interface BookChange {
  readonly rows: ReadonlyMap<Uuid, Known>;
  readonly writes: readonly StoreWrite[];
}

const TASKS = "task";

/** All tasks that this device knows: memory and store say the same. */
export class TaskBook {
  readonly #rows = new Map<Uuid, TaskRow>();
  readonly #floors = new Map<Uuid, number>();
  readonly #byKey = new Map<string, Uuid>();
  readonly #bySource = new Map<EventId, Set<Uuid>>();

  constructor(
    private readonly store: Store,
    private readonly me: () => UserId,
    /** Told after each change, with the rooms that the tasks are or were in. */
    private readonly changed: (roomIds: ReadonlySet<RoomId>) => void,
  ) {}

  async load(): Promise<void> {
    const rows = await this.store.range<TaskRow>("sync", under(TASKS));
    for (const { value } of rows) this.#place(value.task.id, value);
  }

  reset(): void {
    const rooms = new Set([...this.#rows.values()].map(({ task }) => task.room_id));
    for (const map of [this.#rows, this.#floors, this.#byKey, this.#bySource]) map.clear();
    this.changed(rooms);
  }

  get(taskId: Uuid): TaskRow | null {
    return this.#rows.get(taskId) ?? null;
  }

  idOfKey(key: string): Uuid | null {
    return this.#byKey.get(key.toUpperCase()) ?? null;
  }

  /** Tasks that were made from this message. */
  madeFrom(eventId: EventId): Iterable<Uuid> {
    return this.#bySource.get(eventId) ?? [];
  }

  ids(): IterableIterator<Uuid> {
    return this.#rows.keys();
  }

  rows(): IterableIterator<TaskRow> {
    return this.#rows.values();
  }

  /** Call it, the commit and {@link adopt} inside the writer. */
  plan(news: readonly TaskNews[]): BookChange {
    const rows = new Map<Uuid, Known>();
    for (const each of news) {
      const id = idOf(each);
      const before = rows.get(id) ?? { row: this.get(id), floor: this.#floors.get(id) ?? 0 };
      const after = afterNews(before, each, this.me());
      if (after !== before) rows.set(id, after);
    }
    const writes = [...rows].flatMap(([id, { row }]): StoreWrite[] => {
      const key = storeKey(TASKS, id);
      if (row !== null) return [{ op: "put", table: "sync", key, value: row }];
      return this.#rows.has(id) ? [{ op: "delete", table: "sync", key }] : [];
    });
    return { rows, writes };
  }

  adopt(change: BookChange): void {
    if (change.rows.size === 0) return;
    const rooms = new Set<RoomId>();
    for (const [id, { row, floor }] of change.rows) {
      for (const each of [this.get(id), row]) if (each !== null) rooms.add(each.task.room_id);
      if (floor > 0) this.#floors.set(id, floor);
      this.#place(id, row);
    }
    this.changed(rooms);
  }

  /** News that say: nothing of this room any more. */
  withoutRoom(roomId: RoomId): readonly TaskNews[] {
    return [...this.#rows.values()]
      .filter(({ task }) => task.room_id === roomId)
      .map(({ task }) => ({ kind: "gone", taskId: task.id, roomId }));
  }

  /** News that say: what the service allowed in this room was by other rules. */
  outruled(roomId: RoomId): readonly TaskNews[] {
    return [...this.#rows.values()].filter(({ task }) => task.room_id === roomId).map(({ task }) => ({ kind: "outruled", taskId: task.id }));
  }

  #place(id: Uuid, row: TaskRow | null): void {
    const before = this.#rows.get(id);
    if (before !== undefined) this.#unlink(before.task);
    if (row === null) {
      this.#rows.delete(id);
      return;
    }
    this.#rows.set(id, row);
    this.#byKey.set(row.task.key, id);
    const { source } = row.task;
    if (source === null) return;
    const made = this.#bySource.get(source.event_id) ?? new Set();
    this.#bySource.set(source.event_id, made.add(id));
  }

  #unlink(task: Task): void {
    this.#byKey.delete(task.key);
    if (task.source !== null) this.#bySource.get(task.source.event_id)?.delete(task.id);
  }
}

function idOf(news: TaskNews): Uuid {
  switch (news.kind) {
    case "heard":
      return news.heard.snapshot.task_id;
    case "told":
      return news.task.id;
    case "outruled":
    case "gone":
      return news.taskId;
  }
}
