import type { Secrets } from "./secrets";

const DATABASE = "team-messenger-secrets";
const TABLE = "secrets";

let opened: Promise<IDBDatabase> | null = null;

function open(): Promise<IDBDatabase> {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(TABLE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("The browser's database cannot be opened"));
  });
  return opened;
}

/** Resolves once what was done is on the disk. */
async function inTable<Result>(mode: IDBTransactionMode, act: (table: IDBObjectStore) => IDBRequest<Result>): Promise<Result> {
  const database = await open();
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(TABLE, mode, { durability: "strict" });
    const request = act(transaction.objectStore(TABLE));
    transaction.oncomplete = () => resolve(request.result);
    transaction.onabort = () => reject(transaction.error ?? new Error("The browser's database took nothing"));
  });
}

/**
 * Browsers have no keychain: what stands in for it in the web export is as safe as the page's other data. It is not
 * `localStorage`, which browsers write to the disk seconds later: whoever was killed meanwhile would be signed out.
 */
export const secrets: Secrets = {
  get: async (name) => (await inTable("readonly", (table) => table.get(name) as IDBRequest<string | undefined>)) ?? null,
  set: async (name, value) => void (await inTable("readwrite", (table) => table.put(value, name))),
  remove: (name) => inTable("readwrite", (table) => table.delete(name)),
};
