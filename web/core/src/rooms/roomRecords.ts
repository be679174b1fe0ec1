import type { RoomId, UserId } from "../ids";
import { Value } from "../observable";
import type { Platform } from "../platform";
import type { AccountData } from "../session/accountData";
import type { Store } from "../store/store";
import type { Badge, RoomDetails, RoomList, RoomSummary } from "./model";
import type { RoomRecord } from "./record";
import { detailsOf, listed, summarize } from "./summary";

const NOTHING: RoomList = { joined: [], invites: [], knocks: [], left: [], loaded: false };
const NO_BADGE: Badge = { unreadCount: 0, highlightCount: 0, inviteCount: 0 };

/** All rooms in memory, as the store has them, and the summaries that views draw. */
export class RoomRecords {
  readonly list = new Value<RoomList>(NOTHING);
  readonly badge = new Value<Badge>(NO_BADGE);
  readonly #records = new Map<RoomId, RoomRecord>();
  readonly #summaries = new Map<RoomId, Value<RoomSummary | null>>();
  readonly #details = new Map<RoomId, Value<RoomDetails | null>>();
  readonly #arrivals = new Set<() => void>();
  #loaded = false;
  #me: UserId = "";
  #service: () => UserId | null = () => null;
  #isNotices: (roomId: RoomId) => boolean = () => false;

  constructor(
    private readonly store: Store,
    private readonly accountData: AccountData,
    private readonly platform: Platform,
  ) {}

  async load(me: UserId): Promise<void> {
    this.#me = me;
    const rows = await this.store.range<RoomRecord>("rooms");
    this.#records.clear();
    for (const { key, value } of rows) this.#records.set(key, value);
    this.#loaded = true;
    this.publish([...this.#records.keys()]);
  }

  /** What the tasks know of rooms. */
  consult(service: () => UserId | null, isNotices: (roomId: RoomId) => boolean): void {
    this.#service = service;
    this.#isNotices = isNotices;
  }

  reset(): void {
    this.#records.clear();
    this.#loaded = false;
    this.list.set(NOTHING);
    this.badge.set(NO_BADGE);
    for (const value of this.#summaries.values()) value.set(null);
    for (const value of this.#details.values()) value.set(null);
  }

  get(roomId: RoomId): RoomRecord | null {
    return this.#records.get(roomId) ?? null;
  }

  all(): IterableIterator<RoomRecord> {
    return this.#records.values();
  }

  /** Follows a commit; tell the views with {@link publish}. */
  put(record: RoomRecord): void {
    this.#records.set(record.roomId, record);
  }

  delete(roomId: RoomId): void {
    this.#records.delete(roomId);
  }

  summary(roomId: RoomId): Value<RoomSummary | null> {
    let value = this.#summaries.get(roomId);
    if (value === undefined) {
      value = new Value(this.#summarize(roomId));
      this.#summaries.set(roomId, value);
    }
    return value;
  }

  details(roomId: RoomId): Value<RoomDetails | null> {
    let value = this.#details.get(roomId);
    if (value === undefined) {
      const record = this.get(roomId);
      value = new Value<RoomDetails | null>(record === null ? null : detailsOf(record));
      this.#details.set(roomId, value);
    }
    return value;
  }

  /** Draws these rooms anew. */
  publish(changed: Iterable<RoomId>): void {
    for (const roomId of new Set(changed)) {
      const summary = this.#summarize(roomId);
      const value = this.summary(roomId);
      if (!same(summary, value.getSnapshot())) value.set(summary);
      const details = this.#details.get(roomId);
      const record = this.get(roomId);
      const fresh = record === null ? null : detailsOf(record);
      if (details !== undefined && !same(fresh, details.getSnapshot())) details.set(fresh);
    }
    const summaries = [...this.#records.keys()].map((roomId) => this.summary(roomId).getSnapshot());
    const list = listed(summaries.filter((each) => each !== null), this.#loaded);
    if (!sameList(list, this.list.getSnapshot())) this.list.set(list);
    const talk = list.joined.filter((room) => room.kind !== "notices");
    const badge: Badge = {
      unreadCount: sum(talk, (room) => room.unreadCount),
      highlightCount: sum(talk, (room) => room.highlightCount),
      inviteCount: list.invites.length,
    };
    if (!same(badge, this.badge.getSnapshot())) this.badge.set(badge);
    for (const arrival of [...this.#arrivals]) arrival();
  }

  /** Resolves once a room is as asked for, by sync; also after `timeoutMs`, for the server may be slow. */
  arrived(roomId: RoomId, asked: (record: RoomRecord) => boolean, timeoutMs = 15_000): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        cancel();
        this.#arrivals.delete(check);
        resolve();
      };
      const check = (): void => {
        const record = this.get(roomId);
        if (record !== null && asked(record)) done();
      };
      const cancel = this.platform.setTimer(timeoutMs, done);
      this.#arrivals.add(check);
      check();
    });
  }

  #summarize(roomId: RoomId): RoomSummary | null {
    const record = this.get(roomId);
    if (record === null) return null;
    const context = {
      me: this.#me,
      directUserId: this.accountData.directUser(roomId),
      mode: this.accountData.mode(roomId),
      service: this.#service(),
      notices: this.#isNotices(roomId),
    };
    return summarize(record, context);
  }
}

function sum(rooms: readonly RoomSummary[], value: (room: RoomSummary) => number): number {
  return rooms.reduce((total, room) => total + value(room), 0);
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function sameList(a: RoomList, b: RoomList): boolean {
  const groups = ["joined", "invites", "knocks", "left"] as const;
  return (
    a.loaded === b.loaded &&
    groups.every((group) => a[group].length === b[group].length && a[group].every((room, i) => room === b[group][i]))
  );
}
