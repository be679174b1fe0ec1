import { MemoryStore } from "./memoryStore";
import type { Store, StoreEntry, StoreRange, StoreTable, StoreWrite } from "./store";

/** What every tab writes into the common store: the session, and what a person wrote. */
const COMMON_TABLES: readonly StoreTable[] = ["session", "outbox", "blobs", "drafts"];

interface Kept {
  /** Absent: deleted here. */
  readonly value?: unknown;
}

/**
 * One tab's view of the store that all tabs share. The leading tab writes to it; a following tab
 * reads it, and keeps what its own sync brings in memory, so that two syncs never mix in one store.
 */
export class TabStore implements Store {
  #own: MemoryStore | null = null;
  #wiped: { table: StoreTable; range: Pick<StoreRange, "from" | "to"> }[] = [];

  constructor(private readonly base: Store) {}

  lead(): void {
    this.#own = null;
    this.#wiped = [];
  }

  follow(): void {
    this.#own = new MemoryStore();
    this.#wiped = [];
  }

  async get<V>(table: StoreTable, key: string): Promise<V | undefined> {
    const [value] = await this.getMany<V>(table, [key]);
    return value;
  }

  async getMany<V>(table: StoreTable, keys: readonly string[]): Promise<(V | undefined)[]> {
    const own = this.#ownFor(table);
    const common = await this.base.getMany<V>(table, keys);
    if (own === null) return common;
    const kept = await own.getMany<Kept>(table, keys);
    return keys.map((key, i) => {
      const mine = kept[i];
      if (mine !== undefined) return mine.value as V | undefined;
      return this.#isWiped(table, key) ? undefined : common[i];
    });
  }

  async range<V>(table: StoreTable, range: StoreRange = {}): Promise<StoreEntry<V>[]> {
    const own = this.#ownFor(table);
    if (own === null) return this.base.range<V>(table, range);
    const { limit, ...unlimited } = range;
    const merged = new Map<string, unknown>();
    for (const { key, value } of await this.base.range(table, unlimited)) {
      if (!this.#isWiped(table, key)) merged.set(key, value);
    }
    for (const { key, value } of await own.range<Kept>(table, unlimited)) {
      if ("value" in value) merged.set(key, value.value);
      else merged.delete(key);
    }
    const keys = [...merged.keys()].sort();
    if (range.reverse) keys.reverse();
    return keys.slice(0, limit).map((key) => ({ key, value: merged.get(key) as V }));
  }

  async commit(batch: readonly StoreWrite[]): Promise<void> {
    const own = this.#own;
    if (own === null) return this.base.commit(batch);
    const common = batch.filter((write) => COMMON_TABLES.includes(write.table));
    if (common.length > 0) await this.base.commit(common);
    for (const write of batch) {
      if (COMMON_TABLES.includes(write.table)) continue;
      if (write.op === "put") await own.commit([{ ...write, value: { value: write.value } satisfies Kept }]);
      else if (write.op === "delete") await own.commit([{ ...write, op: "put", value: {} satisfies Kept }]);
      else {
        await own.commit([write]);
        this.#wiped.push({ table: write.table, range: write.range });
      }
    }
  }

  async clear(): Promise<void> {
    this.lead();
    await this.base.clear();
  }

  close(): void {
    this.base.close();
  }

  #ownFor(table: StoreTable): MemoryStore | null {
    return COMMON_TABLES.includes(table) ? null : this.#own;
  }

  #isWiped(table: StoreTable, key: string): boolean {
    return this.#wiped.some(
      (wiped) =>
        wiped.table === table &&
        (wiped.range.from === undefined || key >= wiped.range.from) &&
        (wiped.range.to === undefined || key < wiped.range.to),
    );
  }
}
