import type { RoomsApi } from "../api/roomsApi";
import type { RawEvent } from "../api/wire";
import type { RoomId, UserId } from "../ids";
import { lastPart, storeKey, under } from "../store/keys";
import type { StoreWrite } from "../store/store";
import type { Writer } from "../store/writer";
import type { MemberRecord, ReceiptRecord } from "../rooms/record";
import type { RoomDelta } from "../rooms/reduceRoom";
import type { RoomRecords } from "../rooms/roomRecords";
import { memberOf } from "../rooms/roomState";
import { Names } from "./names";

/** The members of one open room and what they have read, as the store has them. */
export class Roster {
  #members: ReadonlyMap<UserId, MemberRecord> = new Map();
  #receipts: ReadonlyMap<UserId, ReceiptRecord> = new Map();
  #names: Names | null = null;
  #completing: Promise<void> | null = null;
  readonly #changedMeanwhile = new Set<UserId>();

  constructor(
    private readonly roomId: RoomId,
    private readonly writer: Writer,
    private readonly records: RoomRecords,
    private readonly api: RoomsApi,
    private readonly changed: () => void,
  ) {}

  get members(): ReadonlyMap<UserId, MemberRecord> {
    return this.#members;
  }

  get receipts(): ReadonlyMap<UserId, ReceiptRecord> {
    return this.#receipts;
  }

  get names(): Names {
    this.#names ??= new Names(this.#members.size > 0 ? this.#members : this.#profiles());
    return this.#names;
  }

  get complete(): boolean {
    return this.records.get(this.roomId)?.membersComplete ?? false;
  }

  /** Call it inside the writer. */
  async load(): Promise<void> {
    const { store } = this.writer;
    const range = under(this.roomId);
    const [members, receipts] = await Promise.all([
      store.range<MemberRecord>("members", range),
      store.range<ReceiptRecord>("receipts", range),
    ]);
    this.#members = new Map(members.map(({ value }) => [value.userId, value]));
    this.#receipts = new Map(receipts.map(({ key, value }) => [lastPart(key), value]));
    this.#names = null;
  }

  unload(): void {
    this.#members = new Map();
    this.#receipts = new Map();
    this.#names = null;
  }

  apply(delta: RoomDelta): void {
    if (delta.afresh || delta.members.length > 0) {
      const members = new Map(delta.afresh ? [] : this.#members);
      for (const member of delta.members) {
        members.set(member.userId, member);
        this.#changedMeanwhile.add(member.userId);
      }
      this.#members = members;
      this.#names = null;
    }
    if (delta.receipts.size > 0) this.#receipts = new Map([...this.#receipts, ...delta.receipts]);
  }

  /** Asks the server for the whole list, once; failures are left for the next time. */
  completeOnce(): Promise<void> {
    if (this.complete || this.records.get(this.roomId)?.membership !== "join") return Promise.resolve();
    this.#completing ??= this.#fetchAll()
      .catch(() => undefined)
      .finally(() => {
        this.#completing = null;
      });
    return this.#completing;
  }

  /** Someone is named whom we have not met: that takes the whole list. */
  want(userIds: Iterable<UserId>): void {
    for (const userId of userIds) {
      if (this.#members.has(userId)) continue;
      void this.completeOnce();
      return;
    }
  }

  /** The writes that keep members whom back-pagination met; whoever is known stays as known. Call it inside the writer. */
  meet(events: readonly RawEvent[]): StoreWrite[] {
    const met = events.flatMap((event) => (event.type === "m.room.member" ? (memberOf(event) ?? []) : []));
    const unknown = met.filter((member) => !this.#members.has(member.userId));
    if (unknown.length === 0) return [];
    this.#add(unknown);
    return this.#puts(unknown);
  }

  async #fetchAll(): Promise<void> {
    this.#changedMeanwhile.clear();
    const events = await this.api.members(this.roomId);
    await this.writer.exclusive(async () => {
      const record = this.records.get(this.roomId);
      if (record === null) return;
      // What sync said while the list was under way may be newer than the list.
      const listed = events
        .flatMap((event) => memberOf(event) ?? [])
        .filter((member) => !this.#changedMeanwhile.has(member.userId));
      const complete = { ...record, membersComplete: true };
      await this.writer.commit([
        ...this.#puts(listed),
        { op: "put", table: "rooms", key: this.roomId, value: complete },
      ]);
      this.records.put(complete);
      this.#add(listed);
    });
    this.changed();
  }

  #add(members: readonly MemberRecord[]): void {
    this.#members = new Map([...this.#members, ...members.map((member): [UserId, MemberRecord] => [member.userId, member])]);
    this.#names = null;
  }

  #puts(members: readonly MemberRecord[]): StoreWrite[] {
    return members.map((value) => ({ op: "put", table: "members", key: storeKey(this.roomId, value.userId), value }));
  }

  #profiles(): ReadonlyMap<UserId, MemberRecord> {
    return new Map(Object.entries(this.records.get(this.roomId)?.profiles ?? {}));
  }
}
