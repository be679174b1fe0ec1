/**
 * Where core keeps everything that survives a restart.
 *
 * A store is a handful of ordered tables of plain values (whatever the structured clone algorithm
 * copies: JSON, and PlatformBlob in the table `blobs`). Keys are strings, ordered by UTF-16 code
 * units. All writing is one atomic batch: after a kill either the whole batch is there or none of it.
 */
export const STORE_TABLES = [
  "session",
  "sync",
  "rooms",
  "state",
  "members",
  "timeline",
  "eventIndex",
  "threads",
  "relations",
  "receipts",
  "accountData",
  "outbox",
  "blobs",
  "drafts",
] as const;

export type StoreTable = (typeof STORE_TABLES)[number];

export interface StoreEntry<V = unknown> {
  readonly key: string;
  readonly value: V;
}

export interface StoreRange {
  /** First key, included; default the first of the table. */
  readonly from?: string;
  /** Last key, excluded; default after the last of the table. */
  readonly to?: string;
  readonly limit?: number;
  /** Largest key first. */
  readonly reverse?: boolean;
}

export type StoreWrite =
  | { readonly op: "put"; readonly table: StoreTable; readonly key: string; readonly value: unknown }
  | { readonly op: "delete"; readonly table: StoreTable; readonly key: string }
  | { readonly op: "deleteRange"; readonly table: StoreTable; readonly range: Pick<StoreRange, "from" | "to"> };

export interface Store {
  get<V>(table: StoreTable, key: string): Promise<V | undefined>;
  /** Values in the order of the keys asked for. */
  getMany<V>(table: StoreTable, keys: readonly string[]): Promise<(V | undefined)[]>;
  range<V>(table: StoreTable, range?: StoreRange): Promise<StoreEntry<V>[]>;
  /** Applies all writes in order, in one transaction. Resolves once they are durable. */
  commit(batch: readonly StoreWrite[]): Promise<void>;
  /** Empties every table. */
  clear(): Promise<void>;
  close(): void;
}
