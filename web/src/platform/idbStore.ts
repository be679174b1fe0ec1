import { STORE_TABLES, type Store, type StoreEntry, type StoreRange, type StoreTable, type StoreWrite } from "@team/core";

/** Raise it when STORE_TABLES grows: missing tables are made then. */
const VERSION = 1;

/** Core's store in IndexedDB: an object store per table, keys given from outside. */
export class IdbStore implements Store {
  readonly #database: IDBDatabase;

  private constructor(database: IDBDatabase) {
    this.#database = database;
    // A newer version of the app in another tab must not wait for this one.
    database.onversionchange = () => database.close();
  }

  /** Rejects where the browser has no IndexedDB to give (private windows, full disks). */
  static open(name: string): Promise<IdbStore> {
    return new Promise((resolve, reject) => {
      const request = indexedDB.open(name, VERSION);
      request.onupgradeneeded = () => {
        for (const table of STORE_TABLES) {
          if (!request.result.objectStoreNames.contains(table)) request.result.createObjectStore(table);
        }
      };
      request.onsuccess = () => resolve(new IdbStore(request.result));
      request.onerror = () => reject(failure(request.error));
      request.onblocked = () => reject(new Error("Another tab keeps an older version of the store open"));
    });
  }

  async get<V>(table: StoreTable, key: string): Promise<V | undefined> {
    return answered(this.#reading(table).get(key) as IDBRequest<V | undefined>);
  }

  async getMany<V>(table: StoreTable, keys: readonly string[]): Promise<(V | undefined)[]> {
    if (keys.length === 0) return [];
    const store = this.#reading(table);
    return Promise.all(keys.map((key) => answered(store.get(key) as IDBRequest<V | undefined>)));
  }

  async range<V>(table: StoreTable, range: StoreRange = {}): Promise<StoreEntry<V>[]> {
    const keyRange = keyRangeOf(range);
    if (keyRange === null) return [];
    const store = this.#reading(table);
    if (range.reverse) return backwards<V>(store, keyRange, range.limit);
    const [keys, values] = await Promise.all([
      answered(store.getAllKeys(keyRange, range.limit)),
      answered(store.getAll(keyRange, range.limit) as IDBRequest<V[]>),
    ]);
    return keys.map((key, i) => ({ key: key as string, value: values[i] as V }));
  }

  commit(batch: readonly StoreWrite[]): Promise<void> {
    if (batch.length === 0) return Promise.resolve();
    const tables = [...new Set(batch.map((write) => write.table))];
    return this.#inOneTransaction(tables, (transaction) => {
      for (const write of batch) {
        const store = transaction.objectStore(write.table);
        if (write.op === "put") store.put(write.value, write.key);
        else if (write.op === "delete") store.delete(write.key);
        else {
          const keyRange = keyRangeOf(write.range);
          if (keyRange === undefined) store.clear();
          else if (keyRange !== null) store.delete(keyRange);
        }
      }
    });
  }

  clear(): Promise<void> {
    return this.#inOneTransaction(STORE_TABLES, (transaction) => {
      for (const table of STORE_TABLES) transaction.objectStore(table).clear();
    });
  }

  close(): void {
    this.#database.close();
  }

  #reading(table: StoreTable): IDBObjectStore {
    return this.#database.transaction(table, "readonly").objectStore(table);
  }

  #inOneTransaction(tables: readonly StoreTable[], write: (transaction: IDBTransaction) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const transaction = this.#database.transaction([...tables], "readwrite");
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(failure(transaction.error));
      try {
        write(transaction);
      } catch (error) {
        // A value that cannot be stored: none of the batch may stay.
        transaction.abort();
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    });
  }
}

/** Undefined: the whole table; null: nothing can lie in it. */
function keyRangeOf({ from, to }: Pick<StoreRange, "from" | "to">): IDBKeyRange | undefined | null {
  if (from === undefined) return to === undefined ? undefined : IDBKeyRange.upperBound(to, true);
  if (to === undefined) return IDBKeyRange.lowerBound(from);
  return from < to ? IDBKeyRange.bound(from, to, false, true) : null;
}

function answered<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(failure(request.error));
  });
}

function backwards<V>(store: IDBObjectStore, range: IDBKeyRange | undefined, limit = Infinity): Promise<StoreEntry<V>[]> {
  return new Promise((resolve, reject) => {
    const found: StoreEntry<V>[] = [];
    const request = store.openCursor(range, "prev");
    request.onerror = () => reject(failure(request.error));
    request.onsuccess = () => {
      const cursor = request.result;
      if (cursor === null || found.length >= limit) resolve(found);
      else {
        found.push({ key: cursor.key as string, value: cursor.value as V });
        cursor.continue();
      }
    };
  });
}

function failure(error: DOMException | null): Error {
  return error ?? new Error("The browser's store failed");
}
