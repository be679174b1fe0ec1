import type { RoomsApi } from "../api/roomsApi";
import type { EventId, RoomId } from "../ids";
import type { Roster } from "../members/roster";
import type { RoomDelta } from "../rooms/reduceRoom";
import type { RoomRecords } from "../rooms/roomRecords";
import { storeKey } from "../store/keys";
import type { StoreWrite } from "../store/store";
import type { Writer } from "../store/writer";
import { applyRedactions, redactionTargets } from "./redactions";
import { stored, writesOf, type StoredEvent } from "./stored";
import { findSegment, newestSegment, placeOf, prepended, segmentOf, type Segment } from "./track";

/** Where the window begins: before this place, in this segment. */
interface Cursor {
  readonly segment: number;
  readonly before: string;
}

/** The newest part of a room's history in memory, without a gap; grows backwards on demand. */
export class RoomWindow {
  #events: readonly StoredEvent[] = [];
  #cursor: Cursor | null = null;

  constructor(
    private readonly roomId: RoomId,
    private readonly writer: Writer,
    private readonly records: RoomRecords,
    private readonly roster: Roster,
    private readonly api: RoomsApi,
  ) {}

  /** Oldest first. */
  get events(): readonly StoredEvent[] {
    return this.#events;
  }

  /** Nothing lies before the first event. */
  get atBeginning(): boolean {
    const segment = this.#segment();
    if (segment === null || this.#cursor === null) return false;
    const hasStored = placeOf(segment.id, segment.first) < this.#cursor.before;
    return !hasStored && segment.older === null && segment.prevBatch === null;
  }

  /** Call it inside the writer. */
  async load(count: number): Promise<void> {
    this.#events = [];
    this.#cursor = null;
    this.#startAtNewest();
    for (let before = -1; this.#events.length < count && this.#events.length > before; ) {
      before = this.#events.length;
      await this.#readStored(count - before);
    }
  }

  unload(): void {
    this.#events = [];
    this.#cursor = null;
  }

  apply(delta: RoomDelta): void {
    if (delta.gap || this.#cursor === null) {
      this.#events = delta.appended;
      this.#cursor = null;
      this.#startAtNewest();
      return;
    }
    if (delta.appended.length === 0 && delta.replaced.length === 0) return;
    const replaced = new Map(delta.replaced.map((each) => [each.event.event_id, each]));
    const events = this.#events.map((each) => replaced.get(each.event.event_id) ?? each);
    this.#events = [...events, ...delta.appended];
  }

  /** Adds up to `count` older events, from the store if it has them, else from the server. Rejects as the request does. */
  async extend(count: number): Promise<void> {
    const before = this.#events.length;
    await this.writer.exclusive(() => this.#readStored(count));
    if (this.#events.length > before || this.atBeginning) return;
    const token = this.#segment()?.prevBatch ?? null;
    if (token === null) return;
    const page = await this.api.messages(this.roomId, token, count);
    await this.writer.exclusive(async () => {
      const segment = this.#segment();
      const record = this.records.get(this.roomId);
      // A gap has opened, or somebody else was faster: what was asked for is no longer wanted.
      if (segment === null || record === null || segment.prevBatch !== token || segment.older !== null) return;
      const places = await this.#places(page.chunk.map((event) => event.event_id));
      const fresh: (typeof page.chunk)[number][] = [];
      let older: Segment | null = null;
      for (const event of page.chunk) {
        const place = places.get(event.event_id);
        if (place === undefined) fresh.push(event);
        else if (segmentOf(place) !== segment.id) {
          older = findSegment(record.track, segmentOf(place));
          if (older !== null) break;
        }
      }
      // A page that leads nowhere else is the end, whatever the server calls it.
      const end = page.end === token ? null : page.end;
      const next = older === null ? { prevBatch: end, older: null } : { prevBatch: token, older: older.id };
      const { track, places: given } = prepended(record.track, segment, fresh.length, next);
      const placed = fresh.toReversed().map((event, i) => stored(given[i] ?? "", event));
      // What was redacted during a gap may lie in the store since before the gap.
      const { appended: rows, replaced } = applyRedactions(placed, await this.#stored(redactionTargets(fresh)));
      const grown = { ...record, track };
      const writes: StoreWrite[] = [
        ...[...rows, ...replaced].flatMap((row) => writesOf(this.roomId, row)),
        ...this.roster.meet(page.state),
        { op: "put", table: "rooms", key: this.roomId, value: grown },
      ];
      await this.writer.commit(writes);
      this.records.put(grown);
      this.#prepend(rows, segment.id);
      this.#continueInOlder();
    });
  }

  async #readStored(count: number): Promise<void> {
    this.#startAtNewest();
    this.#continueInOlder();
    const [segment, cursor] = [this.#segment(), this.#cursor];
    if (segment === null || cursor === null) return;
    const rows = await this.writer.store.range<StoredEvent>("timeline", {
      from: storeKey(this.roomId, placeOf(segment.id, segment.first)),
      to: storeKey(this.roomId, cursor.before),
      reverse: true,
      limit: count,
    });
    this.#prepend(rows.map(({ value }) => value).reverse(), segment.id);
    this.#continueInOlder();
  }

  #prepend(rows: readonly StoredEvent[], segment: number): void {
    const first = rows[0];
    if (first === undefined) return;
    this.#events = [...rows, ...this.#events];
    this.#cursor = { segment, before: first.place };
  }

  #startAtNewest(): void {
    if (this.#cursor !== null) return;
    const newest = newestSegment(this.records.get(this.roomId)?.track ?? { segments: [] });
    if (newest === null) return;
    this.#cursor = { segment: newest.id, before: this.#events[0]?.place ?? placeOf(newest.id, newest.next) };
  }

  /** At the first event of a segment whose predecessor is known, the cursor moves into that. */
  #continueInOlder(): void {
    const segment = this.#segment();
    if (segment === null || this.#cursor === null || segment.older === null) return;
    if (this.#cursor.before > placeOf(segment.id, segment.first)) return;
    const record = this.records.get(this.roomId);
    const older = record === null ? null : findSegment(record.track, segment.older);
    if (older !== null) this.#cursor = { segment: older.id, before: placeOf(older.id, older.next) };
  }

  #segment(): Segment | null {
    const record = this.records.get(this.roomId);
    return record === null || this.#cursor === null ? null : findSegment(record.track, this.#cursor.segment);
  }

  async #stored(ids: readonly EventId[]): Promise<ReadonlyMap<EventId, StoredEvent>> {
    if (ids.length === 0) return new Map();
    const places = [...(await this.#places(ids)).values()];
    const rows = await this.writer.store.getMany<StoredEvent>("timeline", places.map((place) => storeKey(this.roomId, place)));
    return new Map(rows.flatMap((row) => (row === undefined ? [] : [[row.event.event_id, row] as const])));
  }

  async #places(ids: readonly EventId[]): Promise<ReadonlyMap<EventId, string>> {
    const found = await this.writer.store.getMany<string>("eventIndex", ids.map((id) => storeKey(this.roomId, id)));
    const places = new Map<EventId, string>();
    ids.forEach((id, i) => {
      const place = found[i];
      if (place !== undefined) places.set(id, place);
    });
    return places;
  }
}
