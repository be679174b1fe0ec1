import type { Store, StoreTable, StoreWrite } from "./store";

/** Tables that are kept when the server ends a session: what a person wrote is never thrown away. */
const TABLES_OF_OWN_WORDS: readonly StoreTable[] = ["outbox", "blobs", "drafts"];

/**
 * The one door for changes that first read what they change. Sync, back-pagination and the outbox all
 * go through it, so none of them overwrites what another has just written.
 */
export class Writer {
  #tail: Promise<unknown> = Promise.resolve();

  constructor(readonly store: Store) {}

  /** Runs `work` alone; those who come meanwhile wait in order. Never call it from inside `work`. */
  exclusive<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(work);
    this.#tail = result.catch(() => undefined);
    return result;
  }

  commit(batch: readonly StoreWrite[]): Promise<void> {
    return batch.length === 0 ? Promise.resolve() : this.store.commit(batch);
  }
}

/** The writes that empty these tables. */
export function emptied(tables: readonly StoreTable[]): StoreWrite[] {
  return tables.map((table) => ({ op: "deleteRange", table, range: {} }));
}

export function isOwnWords(table: StoreTable): boolean {
  return TABLES_OF_OWN_WORDS.includes(table);
}
