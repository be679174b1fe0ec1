import type { EventId, RoomId } from "../ids";
import { Value, type Observable } from "../observable";
import type { Platform } from "../platform";
import { storeKey } from "../store/keys";
import type { Store, StoreWrite } from "../store/store";
import type { Draft, Drafts } from "./model";

const WRITE_AFTER_MS = 400;

/** Text that was not sent, per room and thread. */
export class DraftBook implements Drafts {
  readonly #all = new Value<ReadonlyMap<string, Draft>>(new Map());
  readonly all: Observable<ReadonlyMap<string, Draft>> = this.#all;
  readonly #unwritten = new Set<string>();
  #cancelTimer: (() => void) | null = null;

  constructor(
    private readonly store: Store,
    private readonly platform: Platform,
  ) {}

  async load(): Promise<void> {
    const rows = await this.store.range<Draft>("drafts");
    this.#all.set(new Map(rows.map(({ key, value }) => [key, value])));
  }

  reset(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    this.#unwritten.clear();
    this.#all.set(new Map());
  }

  get(roomId: RoomId, threadId: EventId | null = null): Draft | null {
    return this.#all.getSnapshot().get(keyOf(roomId, threadId)) ?? null;
  }

  set(roomId: RoomId, threadId: EventId | null, draft: Draft | null): void {
    const key = keyOf(roomId, threadId);
    const next = new Map(this.#all.getSnapshot());
    const empty = draft === null || (draft.text === "" && draft.replyTo === null && draft.editing === null);
    if (empty) {
      if (!next.delete(key)) return;
    } else next.set(key, draft);
    this.#all.set(next);
    this.#unwritten.add(key);
    this.#cancelTimer ??= this.platform.setTimer(WRITE_AFTER_MS, () => void this.write());
  }

  /** Writes what is not in the store yet. */
  async write(): Promise<void> {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    const all = this.#all.getSnapshot();
    const writes = [...this.#unwritten].map((key): StoreWrite => {
      const value = all.get(key);
      return value === undefined ? { op: "delete", table: "drafts", key } : { op: "put", table: "drafts", key, value };
    });
    this.#unwritten.clear();
    if (writes.length === 0) return;
    await this.store.commit(writes).catch((error: unknown) => {
      this.platform.log?.("error", "a draft could not be kept", error);
    });
  }
}

function keyOf(roomId: RoomId, threadId: EventId | null): string {
  return storeKey(roomId, threadId ?? "");
}
