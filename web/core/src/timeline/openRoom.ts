import type { RoomsApi } from "../api/roomsApi";
import type { RawEvent } from "../api/wire";
import type { EventId, RoomId, UserId } from "../ids";
import type { Roster } from "../members/roster";
import { Value } from "../observable";
import type { Platform } from "../platform";
import type { RoomDelta } from "../rooms/reduceRoom";
import type { TypingUser } from "../rooms/model";
import type { RoomRecord } from "../rooms/record";
import type { RoomRecords } from "../rooms/roomRecords";
import { powersOf } from "../rooms/summary";
import { rightsOf } from "../rooms/powers";
import type { Outbox } from "../sendQueue/outbox";
import { storeKey } from "../store/keys";
import type { Writer } from "../store/writer";
import type { TaskLens } from "../tasks/timelineItems";
import type { TimelineFacts } from "./items";
import type { RoomWindow } from "./roomWindow";
import type { StoredEvent } from "./stored";

/** Something drawn from an open room. */
export interface RoomDrawing {
  /** The room's memory has changed; `delta` when sync did it. */
  redraw(delta: RoomDelta | null): void;
  /** The room has been let go. */
  clear(): void;
}

const FIRST_EVENTS = 60;
const KEEP_MS = 60_000;

/** What one room has in memory while somebody looks at it: window, members, receipts, quotes. */
export class OpenRoom {
  readonly typing = new Value<readonly TypingUser[]>([]);
  readonly #drawings = new Set<RoomDrawing>();
  readonly #quotes = new Map<EventId, RawEvent | null>();
  readonly #fetchingQuotes = new Set<EventId>();
  #observers = 0;
  #loading: Promise<void> | null = null;
  #loaded = false;
  #cancelUnload: () => void = () => undefined;
  #typingIds: readonly UserId[] = [];

  constructor(
    readonly roomId: RoomId,
    readonly window: RoomWindow,
    readonly roster: Roster,
    private readonly writer: Writer,
    private readonly records: RoomRecords,
    private readonly outbox: Outbox,
    private readonly api: RoomsApi,
    private readonly platform: Platform,
    private readonly me: () => UserId,
    private readonly lens: TaskLens,
  ) {}

  get loaded(): boolean {
    return this.#loaded;
  }

  get record(): RoomRecord | null {
    return this.records.get(this.roomId);
  }

  draws(drawing: RoomDrawing): void {
    this.#drawings.add(drawing);
  }

  /** For the `onObserved` of the values drawn from this room. */
  readonly observe = (observed: boolean): void => {
    this.#observers += observed ? 1 : -1;
    this.#cancelUnload();
    if (observed) void this.load();
    else if (this.#observers === 0) this.#cancelUnload = this.platform.setTimer(KEEP_MS, () => this.unload());
  };

  /** Reads the room from the store, once. */
  load(): Promise<void> {
    this.#loading ??= this.writer
      .exclusive(async () => {
        await this.roster.load();
        await this.window.load(FIRST_EVENTS);
        this.#loaded = true;
        this.redraw(null);
      })
      .catch((error: unknown) => {
        this.#loading = null;
        this.platform.log?.("error", "a room could not be read from the store", error);
      });
    return this.#loading;
  }

  unload(): void {
    if (this.#observers > 0) return;
    this.#forget();
  }

  /** The session has ended, or the room is forgotten. */
  reset(): void {
    this.#forget();
    this.#typingIds = [];
    this.typing.set([]);
  }

  /** After a reset, what is still looked at is read anew. */
  reload(): void {
    if (this.#observers > 0) void this.load();
  }

  apply(delta: RoomDelta): void {
    if (delta.typing !== null) this.#typingIds = delta.typing;
    const left = new Set(delta.appended.map(({ event }) => event.sender));
    if (delta.typing === null && left.size > 0) this.#typingIds = this.#typingIds.filter((userId) => !left.has(userId));
    if (this.#loaded) {
      this.roster.apply(delta);
      this.window.apply(delta);
      for (const { event } of delta.replaced) if (this.#quotes.has(event.event_id)) this.#quotes.set(event.event_id, event);
    }
    this.redraw(delta);
  }

  redraw(delta: RoomDelta | null): void {
    this.#drawTyping();
    if (this.#loaded) for (const drawing of this.#drawings) drawing.redraw(delta);
  }

  /** Null until loaded, or while the room is unknown. */
  facts(threadId: EventId | null, events: readonly StoredEvent[]): TimelineFacts | null {
    const { record } = this;
    if (record === null || !this.#loaded) return null;
    const { names, receipts } = this.roster;
    return {
      me: this.me(),
      threadId,
      events,
      entries: this.outbox.ofRoom(this.roomId),
      record,
      rights: rightsOf(powersOf(record), this.me(), record.membership === "join"),
      receipts,
      quotes: this.#quotes,
      nameOf: names.nameOf,
      avatarOf: names.avatarOf,
      echoKey: (eventId) => this.outbox.echoKey(eventId),
      localMedia: (id) => this.outbox.localMedia(id),
      progress: (txnId) => this.outbox.progress(txnId),
      lens: this.lens,
    };
  }

  /** Finds quoted messages that no timeline has: in the store, else on the server. */
  wantQuotes(eventIds: readonly EventId[]): void {
    for (const eventId of eventIds) {
      if (this.#fetchingQuotes.has(eventId) || eventId.startsWith("~")) continue;
      this.#fetchingQuotes.add(eventId);
      void this.event(eventId)
        .then((event) => {
          this.#quotes.set(eventId, event);
          if (event !== null) this.roster.want([event.sender]);
          this.redraw(null);
        })
        .catch(() => undefined) // No connection: asked again with the next drawing.
        .finally(() => this.#fetchingQuotes.delete(eventId));
    }
  }

  /** One event from the store, else from the server; null when it is not to be had. */
  async event(eventId: EventId): Promise<RawEvent | null> {
    const { store } = this.writer;
    const place = await store.get<string>("eventIndex", storeKey(this.roomId, eventId));
    const row = place === undefined ? undefined : await store.get<StoredEvent>("timeline", storeKey(this.roomId, place));
    return row?.event ?? this.api.event(this.roomId, eventId);
  }

  #forget(): void {
    this.#loaded = false;
    this.#loading = null;
    this.window.unload();
    this.roster.unload();
    this.#quotes.clear();
    for (const drawing of this.#drawings) drawing.clear();
  }

  #drawTyping(): void {
    const now = this.#typingIds.map((userId) => ({ userId, name: this.roster.names.nameOf(userId) }));
    const before = this.typing.getSnapshot();
    const same = now.length === before.length && now.every((each, i) => each.userId === before[i]?.userId && each.name === before[i].name);
    if (!same) this.typing.set(now);
  }
}
