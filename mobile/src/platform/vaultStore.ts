import type { Store, StoreEntry, StoreRange, StoreTable, StoreWrite } from "@team/core";
import type { Secrets } from "./secrets";
import { Turns } from "./turns";

/** Where core keeps the session with its tokens. */
const TABLE: StoreTable = "session";
const KEY = "current";
const SLOTS = ["team-messenger.session.a", "team-messenger.session.b"] as const;

type Slot = (typeof SLOTS)[number];

/** What the database has in place of the session. */
interface Reference {
  readonly slot: Slot;
}

/**
 * A store whose tokens lie in the keychain, and everything else in the store beneath. A new session is written to the
 * free one of two slots before the batch that refers to it: a kill in between leaves the old session whole. A database
 * that comes to another phone (a restored backup) refers to nothing, and is signed out.
 */
export class VaultStore implements Store {
  readonly #turns = new Turns();

  constructor(
    private readonly base: Store,
    private readonly secrets: Secrets,
  ) {}

  async get<V>(table: StoreTable, key: string): Promise<V | undefined> {
    return (await this.getMany<V>(table, [key]))[0];
  }

  async getMany<V>(table: StoreTable, keys: readonly string[]): Promise<(V | undefined)[]> {
    if (table !== TABLE || !keys.includes(KEY)) return this.base.getMany<V>(table, keys);
    return this.#turns.take(async () => {
      const values = await this.base.getMany<V>(table, keys);
      return Promise.all(values.map((value, at) => (keys[at] === KEY && value !== undefined ? this.#open<V>(value) : value)));
    });
  }

  range<V>(table: StoreTable, range?: StoreRange): Promise<StoreEntry<V>[]> {
    if (table !== TABLE) return this.base.range<V>(table, range);
    return this.#turns.take(async () => {
      const opened: StoreEntry<V>[] = [];
      for (const entry of await this.base.range<V>(table, range)) {
        const value = entry.key === KEY ? await this.#open<V>(entry.value) : entry.value;
        if (value !== undefined) opened.push({ key: entry.key, value });
      }
      return opened;
    });
  }

  commit(batch: readonly StoreWrite[]): Promise<void> {
    if (!batch.some(concerned)) return this.base.commit(batch);
    return this.#turns.take(async () => {
      const old = (await this.base.get<Reference>(TABLE, KEY))?.slot;
      const fresh = SLOTS[0] === old ? SLOTS[1] : SLOTS[0];
      const session = batch.findLast((write) => write.op === "put" && concerned(write));
      if (session?.op === "put") await this.secrets.set(fresh, JSON.stringify(session.value));
      const reference: Reference = { slot: fresh };
      await this.base.commit(batch.map((write) => (write.op === "put" && concerned(write) ? { ...write, value: reference } : write)));
      await this.#removeUnreferred();
    });
  }

  clear(): Promise<void> {
    return this.#turns.take(async () => {
      await this.base.clear();
      await this.#removeUnreferred();
    });
  }

  close(): void {
    this.base.close();
  }

  async #open<V>(reference: unknown): Promise<V | undefined> {
    const text = await this.secrets.get((reference as Reference).slot);
    return text === null ? undefined : (JSON.parse(text) as V);
  }

  async #removeUnreferred(): Promise<void> {
    const kept = (await this.base.get<Reference>(TABLE, KEY))?.slot;
    for (const slot of SLOTS) if (slot !== kept) await this.secrets.remove(slot);
  }
}

function concerned(write: StoreWrite): boolean {
  if (write.table !== TABLE) return false;
  if (write.op !== "deleteRange") return write.key === KEY;
  const { from, to } = write.range;
  return (from === undefined || KEY >= from) && (to === undefined || KEY < to);
}
