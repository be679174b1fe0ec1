import { errorInfo, MatrixError } from "../api/errors";
import type { Content } from "../api/wire";
import { isLocalId, type EventId, type TargetId, type TxnId, type UserId } from "../ids";
import { Value, type Observable } from "../observable";
import type { RoomDelta } from "../rooms/reduceRoom";
import type { Reading } from "../rooms/reading";
import type { Outbox } from "../sendQueue/outbox";
import type { TypingNotifier } from "../rooms/typingNotifier";
import { editContent, mediaContent, rewrittenContent, textContent, type Placement } from "./compose";
import type { OutgoingMedia, OutgoingText, Timeline } from "./contract";
import type { TimelineWithTasks } from "../tasks/model";
import { deriveItems, deriveWithTasks, missingQuotes, taskActors, type TimelineFacts } from "./items";
import type { TimelineSnapshot, TimelineStart } from "./model";
import type { OpenRoom, RoomDrawing } from "./openRoom";
import type { TimelineSource } from "./timelineSource";

const UNKNOWN: TimelineSnapshot = { items: [], start: { kind: "unknown" }, readUpToKey: null };
const PAGE = 40;
const PAGES_AT_ONCE = 6;

/** A room's main timeline, or one of its threads: draws the source's events, sends into it. */
export class RoomTimeline implements Timeline, RoomDrawing {
  readonly #value: Value<TimelineSnapshot>;
  readonly #full: Value<TimelineWithTasks>;
  readonly withTasks: Observable<TimelineWithTasks>;
  readonly getSnapshot: () => TimelineSnapshot;
  readonly subscribe: (listener: () => void) => () => void;
  #start: TimelineStart = { kind: "unknown" };
  #opening: Promise<void> | null = null;
  #loadingOlder: Promise<void> | null = null;
  /** What I had read when the timeline was opened; undefined until then. */
  #readBefore: EventId | null | undefined = undefined;

  constructor(
    private readonly room: OpenRoom,
    private readonly source: TimelineSource,
    private readonly outbox: Outbox,
    private readonly reading: Reading,
    private readonly typing: TypingNotifier,
    private readonly me: () => UserId,
  ) {
    const observe = (observed: boolean): void => {
      room.observe(observed);
      // What was not looked at was not drawn.
      if (observed) void this.#open().then(() => this.#draw());
      else if (!this.#isObserved) this.#readBefore = undefined;
    };
    this.#value = new Value(UNKNOWN, observe);
    this.#full = new Value<TimelineWithTasks>(UNKNOWN, observe);
    this.withTasks = this.#full;
    this.getSnapshot = this.#value.getSnapshot;
    this.subscribe = this.#value.subscribe;
    room.draws(this);
  }

  get threadId(): EventId | null {
    return this.source.threadId;
  }

  redraw(delta: RoomDelta | null): void {
    if (this.#opening === null) {
      // Observed before the room was loaded, or loaded anew after a reset.
      if (this.#isObserved) void this.#open();
      return;
    }
    this.source.apply(delta);
    this.#draw();
  }

  clear(): void {
    this.source.clear();
    this.#opening = null;
    this.#loadingOlder = null;
    this.#readBefore = undefined;
    this.#start = { kind: "unknown" };
    this.#value.set(UNKNOWN);
    this.#full.set(UNKNOWN);
  }

  /** Draws without news from sync: a thread's page has come. */
  readonly refresh = (): void => this.#draw();

  loadOlder(count = PAGE): Promise<void> {
    this.#loadingOlder ??= this.#loadOlder(count).finally(() => {
      this.#loadingOlder = null;
    });
    return this.#loadingOlder;
  }

  async loadUntil(eventId: EventId): Promise<boolean> {
    await this.#open();
    for (let pages = 0; pages < 50; pages += 1) {
      if (this.#items.some((item) => "eventId" in item && item.eventId === eventId)) return true;
      if (this.source.events.some(({ event }) => event.event_id === eventId)) return false; // It has no line here.
      await this.loadOlder(100);
      if (this.#start.kind !== "more") break;
    }
    return this.#items.some((item) => "eventId" in item && item.eventId === eventId);
  }

  async markRead(upTo?: EventId, options: { readonly private?: boolean } = {}): Promise<void> {
    const newest = this.#items.findLast((item) => "eventId" in item);
    const eventId = upTo ?? (newest !== undefined && "eventId" in newest ? newest.eventId : null);
    if (eventId !== null) await this.reading.read(eventId, this.threadId, this.source.events, options.private ?? false);
  }

  async sendText(message: OutgoingText): Promise<TxnId> {
    this.#refuseEncrypted();
    const content = textContent(message, this.#placement(message.replyTo));
    return this.#enqueue({ kind: "message", request: { type: "event", eventType: "m.room.message", content } });
  }

  async sendMedia(media: OutgoingMedia): Promise<TxnId> {
    this.#refuseEncrypted();
    const { thumbnail } = media;
    return this.#enqueue({
      kind: "media",
      request: {
        type: "media",
        content: mediaContent(media, this.#placement(media.replyTo)),
        name: media.name,
        mimeType: media.mimeType,
        mxc: null,
        thumbnail: thumbnail === undefined ? null : { mimeType: thumbnail.mimeType, mxc: null },
      },
      blobs: { full: media.blob, thumbnail: thumbnail?.blob ?? null },
    });
  }

  async edit(target: TargetId, message: OutgoingText): Promise<TxnId> {
    this.#refuseEncrypted();
    const resolved = this.outbox.resolve(target);
    if (isLocalId(resolved)) {
      const txnId = resolved.slice(1);
      const rewrite = (before: Content): Content => rewrittenContent(before, message, this.me());
      const done = await this.outbox.rewrite(txnId, (request) =>
        request.type === "event" ? { ...request, content: rewrite(request.content) } : request,
      );
      if (done) return txnId;
    }
    const content = editContent(resolved, message, this.me());
    const superseded = this.outbox
      .ofRoom(this.room.roomId)
      .filter((entry) => entry.kind === "edit" && entry.request.type === "event" && editsSame(entry.request.content, resolved));
    return this.#enqueue(
      { kind: "edit", request: { type: "event", eventType: "m.room.message", content } },
      superseded.map((entry) => entry.txnId),
    );
  }

  get #isObserved(): boolean {
    return this.#value.observed || this.#full.observed;
  }

  /** Of what is looked at, the fuller one. */
  get #items(): TimelineWithTasks["items"] {
    return (this.#full.observed ? this.#full : this.#value).getSnapshot().items;
  }

  #enqueue(send: Omit<Parameters<Outbox["enqueue"]>[0], "roomId" | "threadId">, superseded: readonly TxnId[] = []): Promise<TxnId> {
    this.typing.stop();
    return this.outbox.enqueue({ ...send, roomId: this.room.roomId, threadId: this.threadId }, superseded);
  }

  #placement(replyTo: TargetId | undefined): Placement {
    const target = replyTo === undefined ? null : this.outbox.resolve(replyTo);
    const rootId = this.threadId;
    const quoted = target === null ? undefined : this.source.events.find(({ event }) => event.event_id === target);
    const latest = this.source.events.findLast((each) => each.threadId === rootId)?.event.event_id;
    return {
      replyTo: target,
      replyToSender: quoted?.event.sender ?? null,
      thread: rootId === null ? null : { rootId, latest: latest ?? rootId },
      me: this.me(),
    };
  }

  #refuseEncrypted(): void {
    if (this.room.record?.encrypted !== true) return;
    throw new MatrixError({ status: 400, errcode: "ENCRYPTED_ROOM", message: "This client cannot write to encrypted rooms yet" });
  }

  #open(): Promise<void> {
    this.#opening ??= this.room.load().then(async () => {
      this.#draw();
      try {
        await this.source.open();
      } catch (error) {
        this.#start = { kind: "failed", error: errorInfo(error) };
      }
      this.#draw();
    });
    return this.#opening;
  }

  async #loadOlder(count: number): Promise<void> {
    await this.#open();
    this.#start = { kind: "loading" };
    this.#draw();
    const before = this.#items.length;
    try {
      // A page may hold nothing but reactions: go on until there is something to see.
      for (let page = 0; page < PAGES_AT_ONCE; page += 1) {
        await this.source.extend(count);
        this.#draw();
        if (this.source.atBeginning || this.#items.length > before) break;
      }
      this.#start = { kind: "more" };
    } catch (error) {
      this.#start = { kind: "failed", error: errorInfo(error) };
    }
    this.#draw();
  }

  #draw(): void {
    const facts = this.room.facts(this.threadId, this.source.events);
    if (facts === null) return;
    this.#readBefore ??= this.reading.readUpTo(this.threadId, this.source.events);
    const start = this.#shownStart();
    if (this.#full.observed) {
      this.#show(this.#full, deriveWithTasks, facts, start);
      this.room.roster.want(taskActors(facts));
    }
    if (this.#value.observed || !this.#full.observed) this.#show(this.#value, deriveItems, facts, start);
  }

  #show<Item extends TimelineWithTasks["items"][number]>(
    value: Value<{ items: readonly Item[]; start: TimelineStart; readUpToKey: string | null }>,
    derive: (facts: TimelineFacts, before: readonly Item[]) => readonly Item[],
    facts: TimelineFacts,
    start: TimelineStart,
  ): void {
    const before = value.getSnapshot();
    const items = derive(facts, before.items);
    const order = facts.events.map(({ event }) => event.event_id);
    const readUpToKey = keyOfRead(items, order, this.#readBefore ?? null);
    if (items === before.items && start === before.start && readUpToKey === before.readUpToKey) return;
    value.set({ items, start, readUpToKey });
    this.room.wantQuotes(missingQuotes(facts));
  }

  #shownStart(): TimelineStart {
    if (this.source.atBeginning) this.#start = { kind: "beginning" };
    else if (this.#start.kind === "unknown" || this.#start.kind === "beginning") this.#start = { kind: "more" };
    return this.#start;
  }
}

function editsSame(content: Content, target: TargetId): boolean {
  const relates = content["m.relates_to"];
  return typeof relates === "object" && relates !== null && "event_id" in relates && relates.event_id === target;
}

/** The last item at or before the event that was read, unless nothing by others follows it. */
function keyOfRead(items: TimelineWithTasks["items"], order: readonly EventId[], read: EventId | null): string | null {
  const place = read === null ? -1 : order.indexOf(read);
  if (place < 0) return null;
  const upTo = new Set(order.slice(0, place + 1));
  const last = items.findLastIndex((item) => "eventId" in item && upTo.has(item.eventId));
  const followed = items.slice(last + 1).some((item) => !item.own);
  return last < 0 || !followed ? null : (items[last]?.key ?? null);
}
