import { STORE_TABLES, type Store, type StoreTable, type StoreWrite } from "./store";

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

/** The writes that forget all that can be had from the server again. */
export function forgettingServerData(): StoreWrite[] {
  return STORE_TABLES.filter((table) => table !== "session" && !TABLES_OF_OWN_WORDS.includes(table)).map((table) => ({
    op: "deleteRange",
    table,
    range: {},
  }));
}

/** Raise it when rows of server data change their shape: older ones are then fetched anew. */
const DATA_FORMAT = 1;

/** Server data of another format is forgotten; what a person wrote keeps its format for good. */
export async function adoptFormat(store: Store): Promise<void> {
  if ((await store.get<number>("sync", "format")) === DATA_FORMAT) return;
  await store.commit([...forgettingServerData(), { op: "put", table: "sync", key: "format", value: DATA_FORMAT }]);
}
