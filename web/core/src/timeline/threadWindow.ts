import type { RoomsApi } from "../api/roomsApi";
import type { RawEvent } from "../api/wire";
import type { EventId, RoomId } from "../ids";
import type { RoomDelta } from "../rooms/reduceRoom";
import { lastPart, storeKey, under } from "../store/keys";
import type { Store } from "../store/store";
import { isRedacted, relationOf } from "./events";
import type { OpenRoom } from "./openRoom";
import { stored, type StoredEvent } from "./stored";
import type { TimelineSource } from "./timelineSource";

const PAGE = 50;

/**
 * The events of one thread: what the store has of it at once, then what the server says, for the
 * room's window need not reach back to its root.
 */
export class ThreadWindow implements TimelineSource {
  /** Replies, oldest first. */
  #replies: readonly StoredEvent[] = [];
  /** Edits of and reactions to them. */
  #related: ReadonlyMap<EventId, StoredEvent> = new Map();
  #root: StoredEvent | null = null;
  /** Undefined: the server has not been asked. */
  #next: string | null | undefined = undefined;
  #askedAfterGap = false;

  constructor(
    readonly threadId: EventId,
    private readonly roomId: RoomId,
    private readonly room: OpenRoom,
    private readonly store: Store,
    private readonly api: RoomsApi,
    private readonly changed: () => void,
  ) {}

  get events(): readonly StoredEvent[] {
    const root = this.#root === null ? [] : [this.#root];
    return [...root, ...this.#replies, ...this.#related.values()];
  }

  get atBeginning(): boolean {
    return this.#next === null && this.#root !== null;
  }

  async open(): Promise<void> {
    await this.#readStored();
    this.changed();
    await this.extend(PAGE);
  }

  /** The first call asks for the newest page, later ones go back. */
  async extend(count: number): Promise<void> {
    if (this.#root === null) {
      const event = await this.room.event(this.threadId);
      if (event !== null) this.#root = stored("", event);
      const related = event === null ? [] : await this.api.relations(this.roomId, this.threadId, PAGE);
      this.#relate(related.filter((each) => relationOf(each)?.type !== "thread"));
    }
    if (this.#next === null) return;
    const first = this.#next === undefined;
    const page = await this.api.threadReplies(this.roomId, this.threadId, this.#next ?? null, count);
    const replies = page.chunk.filter((event) => relationOf(event)?.type === "thread").reverse();
    this.#relate(page.chunk.filter((event) => relationOf(event)?.type !== "thread"));
    this.#replies = first ? merged(this.#replies, replies) : [...unknown(replies, this.#replies), ...this.#replies];
    this.#next = page.end;
    this.room.roster.want(page.chunk.map((event) => event.sender));
  }

  apply(delta: RoomDelta | null): void {
    if (delta === null) return;
    if (delta.gap) {
      // What was said during the gap is on the server: the newest page is asked for once more.
      this.#next = undefined;
      if (!this.#askedAfterGap) {
        this.#askedAfterGap = true;
        void this.extend(PAGE)
          .then(() => this.changed())
          .catch(() => undefined)
          .finally(() => {
            this.#askedAfterGap = false;
          });
      }
    }
    for (const each of delta.replaced) this.#replace(each);
    const replies = delta.appended.filter((each) => each.threadId === this.threadId);
    this.#replies = [...this.#replies, ...replies.filter((each) => !has(this.#replies, each.event.event_id))];
    this.#relateLive(delta.appended);
  }

  clear(): void {
    this.#replies = [];
    this.#related = new Map();
    this.#root = null;
    this.#next = undefined;
  }

  async #readStored(): Promise<void> {
    const inThread = await this.store.range<EventId>("threads", under(this.roomId, this.threadId));
    const places = inThread.map(({ key }) => lastPart(key));
    const rootPlace = await this.store.get<string>("eventIndex", storeKey(this.roomId, this.threadId));
    if (rootPlace !== undefined) {
      this.#root = (await this.store.get<StoredEvent>("timeline", storeKey(this.roomId, rootPlace))) ?? null;
    }
    this.#replies = await this.#rows(places);
    const related: StoredEvent[] = [];
    for (const eventId of [this.threadId, ...this.#replies.map(({ event }) => event.event_id)]) {
      const found = await this.store.range<EventId>("relations", under(this.roomId, eventId));
      related.push(...(await this.#rows(found.map(({ key }) => lastPart(key)))));
    }
    this.#related = new Map(related.map((each) => [each.event.event_id, each]));
  }

  async #rows(places: readonly string[]): Promise<StoredEvent[]> {
    const rows = await this.store.getMany<StoredEvent>("timeline", places.map((place) => storeKey(this.roomId, place)));
    return rows.filter((row) => row !== undefined);
  }

  #relate(events: readonly RawEvent[]): void {
    const related = new Map(this.#related);
    for (const event of events) {
      const relation = relationOf(event);
      if (relation?.type === "edit" || relation?.type === "reaction") related.set(event.event_id, stored("", event));
    }
    this.#related = related;
  }

  /** Live events of the whole room: only those about messages of this thread matter here. */
  #relateLive(events: readonly StoredEvent[]): void {
    const known = new Set([this.threadId, ...this.#replies.map(({ event }) => event.event_id)]);
    this.#relate(events.map(({ event }) => event).filter((event) => known.has(relationOf(event)?.target ?? "")));
  }

  #replace(each: StoredEvent): void {
    const eventId = each.event.event_id;
    if (this.#root?.event.event_id === eventId) this.#root = each;
    this.#replies = this.#replies.map((reply) => (reply.event.event_id === eventId ? each : reply));
    if (this.#related.has(eventId)) this.#related = new Map([...this.#related, [eventId, each]]);
  }
}

function has(events: readonly StoredEvent[], eventId: EventId): boolean {
  return events.some(({ event }) => event.event_id === eventId);
}

function unknown(events: readonly RawEvent[], known: readonly StoredEvent[]): StoredEvent[] {
  return events.filter((event) => !has(known, event.event_id)).map((event) => stored("", event));
}

/**
 * The newest page laid over what the store had: the page's order, then what the store has that is newer
 * than all of it. Older replies from the store come back by pagination, in their right places.
 */
function merged(known: readonly StoredEvent[], page: readonly RawEvent[]): readonly StoredEvent[] {
  const ids = new Set(page.map((event) => event.event_id));
  const lastCommon = known.findLastIndex(({ event }) => ids.has(event.event_id));
  const newer = known.slice(lastCommon + 1).filter(({ event }) => lastCommon >= 0 || isAfter(event, page.at(-1)));
  const own = new Map(known.map((each) => [each.event.event_id, each]));
  return [...page.map((event) => stored(own.get(event.event_id)?.place ?? "", event)), ...newer];
}

function isAfter(event: RawEvent, last: RawEvent | undefined): boolean {
  return last === undefined || (!isRedacted(event) && event.origin_server_ts > last.origin_server_ts);
}
