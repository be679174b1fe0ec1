import { STORE_TABLES, type Store, type StoreEntry, type StoreRange, type StoreTable, type StoreWrite } from "./store";

/** A store that forgets everything when the program ends; also the reference for other stores' tests. */
export class MemoryStore implements Store {
  readonly #tables = new Map<StoreTable, Map<string, unknown>>();

  constructor() {
    for (const table of STORE_TABLES) this.#tables.set(table, new Map());
  }

  #table(table: StoreTable): Map<string, unknown> {
    const found = this.#tables.get(table);
    if (found === undefined) throw new Error(`No such table: ${table}`);
    return found;
  }

  async get<V>(table: StoreTable, key: string): Promise<V | undefined> {
    return this.#table(table).get(key) as V | undefined;
  }

  async getMany<V>(table: StoreTable, keys: readonly string[]): Promise<(V | undefined)[]> {
    const values = this.#table(table);
    return keys.map((key) => values.get(key) as V | undefined);
  }

  async range<V>(table: StoreTable, range: StoreRange = {}): Promise<StoreEntry<V>[]> {
    const found: StoreEntry<V>[] = [];
    for (const [key, value] of this.#table(table)) {
      if (within(key, range)) found.push({ key, value: value as V });
    }
    found.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
    if (range.reverse) found.reverse();
    return range.limit === undefined ? found : found.slice(0, range.limit);
  }

  async commit(batch: readonly StoreWrite[]): Promise<void> {
    for (const write of batch) {
      const table = this.#table(write.table);
      if (write.op === "put") table.set(write.key, write.value);
      else if (write.op === "delete") table.delete(write.key);
      else for (const key of [...table.keys()]) if (within(key, write.range)) table.delete(key);
    }
  }

  async clear(): Promise<void> {
    for (const table of this.#tables.values()) table.clear();
  }

  close(): void {}
}

function within(key: string, range: Pick<StoreRange, "from" | "to">): boolean {
  return (range.from === undefined || key >= range.from) && (range.to === undefined || key < range.to);
}
