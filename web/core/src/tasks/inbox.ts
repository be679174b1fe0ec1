import { AbortedError, errorInfo, isTransient } from "../api/errors";
import { Value } from "../observable";
import type { Platform } from "../platform";
import { storeKey } from "../store/keys";
import type { Store } from "../store/store";
import type { Inbox } from "./contract";
import type { MarkRead, Notification, Uuid } from "./contracts";
import type { InboxSnapshot } from "./model";
import { isOutage } from "./service";
import type { TasksApi } from "./tasksApi";

/** What is kept for being offline: the newest notifications, and what was read here and not told yet. */
interface Kept {
  readonly items: readonly Notification[];
  readonly unread: number;
  readonly untold: readonly MarkRead[];
}

const KEY = storeKey("tasks", "inbox");
const NOTHING: InboxSnapshot = { items: [], unread: 0, extent: "local" };
const PAGE = 50;
const KEPT = 100;
/** Bursts are one notification; the service may take a moment to write it. */
const LOOK_AFTER_MS = [0, 1_500];

/** What I was told about tasks. */
export class InboxModel implements Inbox {
  readonly #value: Value<InboxSnapshot>;
  readonly getSnapshot: Inbox["getSnapshot"];
  readonly subscribe: Inbox["subscribe"];
  #untold: readonly MarkRead[] = [];
  #cursor: string | null = null;
  #asking: Promise<void> | null = null;
  #live = false;
  #cancels: (() => void)[] = [];

  constructor(
    private readonly api: TasksApi,
    private readonly store: Store,
    private readonly platform: Platform,
    private readonly now: () => number,
    private readonly present: () => boolean,
  ) {
    this.#value = new Value(NOTHING);
    this.getSnapshot = this.#value.getSnapshot;
    this.subscribe = this.#value.subscribe;
  }

  async load(): Promise<void> {
    const kept = await this.store.get<Kept>("sync", KEY);
    if (kept === undefined) return;
    this.#untold = kept.untold;
    this.#value.set({ items: kept.items, unread: kept.unread, extent: "local" });
  }

  reset(): void {
    this.#untold = [];
    this.#cursor = null;
    this.#value.set(NOTHING);
  }

  start(): void {
    this.#live = true;
    void this.refresh();
  }

  stop(): void {
    this.#live = false;
    for (const cancel of this.#cancels) cancel();
    this.#cancels = [];
  }

  /** Somebody may have told me something. */
  poke(): void {
    for (const cancel of this.#cancels) cancel();
    this.#cancels = LOOK_AFTER_MS.map((ms) => this.platform.setTimer(ms, () => void this.refresh()));
  }

  /** The newest page anew, after what I have read is told. Without an answer all stays as it is. */
  refresh(): Promise<void> {
    if (!this.#live || !this.present()) return Promise.resolve();
    this.#asking ??= this.#fetch(null).finally(() => {
      this.#asking = null;
    });
    return this.#asking;
  }

  async loadMore(): Promise<void> {
    const { extent } = this.#value.getSnapshot();
    if (extent === "all") return;
    await this.#asking;
    if (this.#cursor === null) return this.refresh();
    this.#asking ??= this.#fetch(this.#cursor).finally(() => {
      this.#asking = null;
    });
    return this.#asking;
  }

  async markRead(ids: readonly Uuid[]): Promise<void> {
    const wanted = new Set(ids);
    const { items } = this.#value.getSnapshot();
    const fresh = items.filter((item) => item.read_at === null && wanted.has(item.id)).map(({ id }) => id);
    if (fresh.length > 0) await this.#read((item) => fresh.includes(item.id), fresh.length, { ids: fresh });
  }

  async markAllRead(): Promise<void> {
    const { items, unread } = this.#value.getSnapshot();
    const newest = items[0];
    if (newest !== undefined && unread > 0) await this.#read(() => true, unread, { up_to: newest.at });
  }

  async #read(isRead: (item: Notification) => boolean, count: number, told: MarkRead): Promise<void> {
    const before = this.#value.getSnapshot();
    const items = before.items.map((item) => (item.read_at === null && isRead(item) ? { ...item, read_at: this.now() } : item));
    this.#untold = [...this.#untold, told];
    this.#value.set({ ...before, items, unread: Math.max(0, before.unread - count) });
    await this.#keep();
    if (this.#live && this.present()) void this.#tell().catch(() => undefined);
  }

  /** In order; what was not told stays for the next time. */
  async #tell(): Promise<void> {
    for (let next = this.#untold[0]; next !== undefined; next = this.#untold[0]) {
      try {
        await this.api.markRead(next);
      } catch (error) {
        if (error instanceof AbortedError || isTransient(error) || isOutage(error)) throw error;
      }
      this.#untold = this.#untold.filter((each) => each !== next);
      await this.#keep();
    }
  }

  async #fetch(cursor: string | null): Promise<void> {
    try {
      await this.#tell();
      const page = await this.api.notifications({ limit: PAGE, ...(cursor === null ? {} : { cursor }) });
      if (this.#untold.length > 0) return; // Read meanwhile: the answer is older than that.
      const { items } = this.#value.getSnapshot();
      const fresh = new Set(page.data.map(({ id }) => id));
      const kept = cursor === null ? [] : items.filter(({ id }) => !fresh.has(id));
      this.#cursor = page.next_cursor;
      this.#value.set({ items: [...kept, ...page.data], unread: page.unread, extent: page.next_cursor === null ? "all" : "some" });
      await this.#keep();
    } catch (error) {
      this.platform.log?.("warn", "notifications were not read", errorInfo(error));
    }
  }

  async #keep(): Promise<void> {
    const { items, unread } = this.#value.getSnapshot();
    const value: Kept = { items: items.slice(0, KEPT), unread, untold: this.#untold };
    await this.store.commit([{ op: "put", table: "sync", key: KEY, value }]);
  }
}
