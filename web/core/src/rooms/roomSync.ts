import type { RawEvent, StrippedRoom, SyncAnswer, SyncedRoom } from "../api/wire";
import type { EventId, RoomId, UserId } from "../ids";
import { storeKey, under } from "../store/keys";
import type { Store, StoreTable, StoreWrite } from "../store/store";
import type { SyncMoment, SyncPart } from "../sync/part";
import { redactionTargets } from "../timeline/redactions";
import { deletesOf, writesOf, type StoredEvent } from "../timeline/stored";
import { placeOf } from "../timeline/track";
import { receiptMoves } from "./receipts";
import { newRecord, type MemberRecord, type ReceiptRecord, type RoomRecord } from "./record";
import { reduceRoom, type RoomContext, type RoomDelta } from "./reduceRoom";
import type { RoomRecords } from "./roomRecords";
import { withStrippedState } from "./roomState";

export interface RoomChanges {
  readonly initial: boolean;
  readonly deltas: readonly RoomDelta[];
  readonly stripped: readonly RoomRecord[];
  /** Declined invitations and withdrawn knocks. */
  readonly gone: readonly RoomId[];
  readonly writes: readonly StoreWrite[];
  /** The account data changed how any room may look. */
  readonly all: boolean;
}

/** Who draws an open room; told after each commit. */
export interface RoomListener {
  changed(delta: RoomDelta): void;
  forgotten(roomId: RoomId): void;
}

const ROOM_TABLES: readonly StoreTable[] = ["state", "members", "timeline", "eventIndex", "threads", "relations", "receipts"];

/** The writes that leave nothing of a room. */
export function deletesOfRoom(roomId: RoomId): StoreWrite[] {
  return [
    { op: "delete", table: "rooms", key: roomId },
    ...ROOM_TABLES.map((table): StoreWrite => ({ op: "deleteRange", table, range: under(roomId) })),
  ];
}

/** Rooms, their state, timelines and receipts, as sync tells them. */
export class RoomSync implements SyncPart<RoomChanges> {
  constructor(
    private readonly store: Store,
    private readonly records: RoomRecords,
    private readonly listener: RoomListener,
    private readonly me: () => UserId,
    private readonly now: () => number,
    /** Called after the views know of the change. */
    private readonly told: (changes: RoomChanges) => void,
  ) {}

  async prepare(answer: SyncAnswer, moment: SyncMoment): Promise<RoomChanges> {
    const deltas: RoomDelta[] = [];
    const gone: RoomId[] = [];
    const writes: StoreWrite[] = [];
    for (const room of answer.rooms) {
      const previous = this.records.get(room.roomId);
      if (room.membership === "leave" && (previous === null || isVisitor(previous))) {
        if (previous !== null) gone.push(room.roomId);
        continue;
      }
      const context = previous === null ? this.#emptyContext() : await this.#context(room);
      const delta = reduceRoom(previous, room, context);
      deltas.push(delta);
      writes.push(...(await this.#writesOf(delta)));
    }
    const stripped = answer.stripped.map((room) => this.#strippedRecord(room));
    for (const record of stripped) writes.push({ op: "put", table: "rooms", key: record.roomId, value: record });
    for (const roomId of gone) writes.push(...deletesOfRoom(roomId));
    const all = moment.initial || answer.accountData.some(({ type }) => type === "m.direct" || type === "m.push_rules");
    return { initial: moment.initial, deltas, stripped, gone, writes, all };
  }

  writes(changes: RoomChanges): readonly StoreWrite[] {
    return changes.writes;
  }

  after(changes: RoomChanges): void {
    for (const { record } of changes.deltas) this.records.put(record);
    for (const record of changes.stripped) this.records.put(record);
    for (const roomId of changes.gone) this.records.delete(roomId);
    for (const delta of changes.deltas) this.listener.changed(delta);
    for (const roomId of changes.gone) this.listener.forgotten(roomId);
    const changed = changes.all ? [...this.records.all()] : [...changes.deltas.map(({ record }) => record), ...changes.stripped];
    this.records.publish([...changed.map((record) => record.roomId), ...changes.gone]);
  }

  completed(changes: RoomChanges): void {
    this.told(changes);
  }

  #strippedRecord(room: StrippedRoom): RoomRecord {
    const previous = this.records.get(room.roomId);
    const base: RoomRecord = {
      ...newRecord(room.roomId, room.membership),
      activityTs: previous?.membership === room.membership ? previous.activityTs : this.now(),
      ...(previous === null ? {} : { track: previous.track, tags: previous.tags }),
    };
    return withStrippedState(base, room.state, this.me());
  }

  /** Of a room that is new here the store knows nothing: the first sync of a large account reads nothing. */
  #emptyContext(): RoomContext {
    const nothing = new Map<string, never>();
    return { me: this.me(), places: nothing, targets: nothing, currentState: new Set(), members: nothing, receipts: nothing };
  }

  async #context(room: SyncedRoom): Promise<RoomContext> {
    const { roomId } = room;
    const targetIds = redactionTargets(room.timeline);
    const moves = receiptMoves(room.ephemeral);
    const ownReceipts = moves.filter((move) => move.userId === this.me()).map((move) => move.eventId);
    const ids = [...new Set([...room.timeline.map((event) => event.event_id), ...targetIds, ...ownReceipts])];
    const places = await this.#known<string>("eventIndex", roomId, ids);

    const targetPlaces = targetIds.flatMap((id) => places.get(id) ?? []);
    const targets = new Map<EventId, StoredEvent>();
    for (const target of (await this.#known<StoredEvent>("timeline", roomId, targetPlaces)).values()) {
      targets.set(target.event.event_id, target);
    }
    const people = new Set([...(room.summary.heroes ?? []), ...room.timeline.map((event) => event.sender)]);
    return {
      me: this.me(),
      places,
      targets,
      currentState: await this.#currentState(roomId, targets.values()),
      members: await this.#known<MemberRecord>("members", roomId, [...people]),
      receipts: await this.#known<ReceiptRecord>("receipts", roomId, [...new Set(moves.map((move) => move.userId))]),
    };
  }

  async #currentState(roomId: RoomId, targets: Iterable<StoredEvent>): Promise<ReadonlySet<EventId>> {
    const keys = [...targets].flatMap(({ event }) =>
      event.state_key === undefined ? [] : [storeKey(roomId, event.type, event.state_key)],
    );
    const current = keys.length === 0 ? [] : await this.store.getMany<RawEvent>("state", keys);
    return new Set(current.flatMap((event) => event?.event_id ?? []));
  }

  async #known<V>(table: StoreTable, roomId: RoomId, ids: readonly string[]): Promise<Map<string, V>> {
    const found = new Map<string, V>();
    if (ids.length === 0) return found;
    const values = await this.store.getMany<V>(table, ids.map((id) => storeKey(roomId, id)));
    ids.forEach((id, i) => {
      const value = values[i];
      if (value !== undefined) found.set(id, value);
    });
    return found;
  }

  async #writesOf(delta: RoomDelta): Promise<StoreWrite[]> {
    const { roomId } = delta.record;
    const writes: StoreWrite[] = [];
    if (delta.afresh) {
      for (const table of ["state", "members"] as const) writes.push({ op: "deleteRange", table, range: under(roomId) });
    }
    for (const segment of delta.dropped) {
      const from = storeKey(roomId, placeOf(segment.id, segment.first));
      const to = storeKey(roomId, placeOf(segment.id, segment.next));
      for (const { value } of await this.store.range<StoredEvent>("timeline", { from, to })) {
        writes.push(...deletesOf(roomId, value));
      }
    }
    for (const event of [...delta.replaced, ...delta.appended]) writes.push(...writesOf(roomId, event));
    for (const event of delta.state) {
      writes.push({ op: "put", table: "state", key: storeKey(roomId, event.type, event.state_key ?? ""), value: event });
    }
    for (const member of delta.members) {
      writes.push({ op: "put", table: "members", key: storeKey(roomId, member.userId), value: member });
    }
    for (const [userId, receipt] of delta.receipts) {
      writes.push({ op: "put", table: "receipts", key: storeKey(roomId, userId), value: receipt });
    }
    writes.push({ op: "put", table: "rooms", key: roomId, value: delta.record });
    return writes;
  }
}

function isVisitor(record: RoomRecord): boolean {
  return record.membership === "invite" || record.membership === "knock";
}
