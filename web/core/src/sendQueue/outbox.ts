import { AbortedError, errorInfo, isTransient, MatrixError, type ErrorInfo } from "../api/errors";
import type { SyncAnswer } from "../api/wire";
import type { DeviceId, EventId, RoomId, TargetId, TxnId } from "../ids";
import { isLocalId, localId } from "../ids";
import { Value, type Observable } from "../observable";
import type { Platform, PlatformBlob } from "../platform";
import { storeKey } from "../store/keys";
import type { StoreWrite } from "../store/store";
import { MESSAGES_ONLY } from "../tasks/commandQueue";
import type { Writer } from "../store/writer";
import type { SyncMoment, SyncPart } from "../sync/part";
import { transactionId } from "../timeline/events";
import { laneOf, localTargets, resumed, withTarget, type OutboxEntry, type OutboxRequest } from "./entry";
import { Lane } from "./lane";
import type { QueuedSend, SendQueue } from "./model";
import { THUMBNAIL, type Transmitter } from "./transmit";

export interface NewSend {
  readonly roomId: RoomId;
  readonly threadId: EventId | null;
  readonly kind: QueuedSend["kind"];
  readonly request: OutboxRequest;
  readonly blobs?: { readonly full: PlatformBlob; readonly thumbnail: PlatformBlob | null };
}

/** Events of this answer that are our own queued ones, come home. */
type Arrivals = readonly { readonly entry: OutboxEntry; readonly eventId: EventId | null }[];

/** How many sent pictures are shown from memory instead of being fetched. */
const LOCAL_MEDIA = 50;

/** The durable outbox: what is queued, what became of it, and the lanes that send it. */
export class Outbox implements SendQueue, SyncPart<Arrivals> {
  readonly #queue = new Value<readonly QueuedSend[]>([]);
  readonly entries: Observable<readonly QueuedSend[]> = this.#queue;
  #entries = new Map<TxnId, OutboxEntry>();
  readonly #lanes = new Map<string, Lane>();
  readonly #progress = new Map<TxnId, number>();
  readonly #eventIds = new Map<TxnId, EventId>();
  readonly #echoKeys = new Map<EventId, string>();
  readonly #blobs = new Map<string, PlatformBlob>();
  #device: DeviceId | null = null;
  #lastKey = 0;

  constructor(
    private readonly writer: Writer,
    private readonly transmitter: Transmitter,
    private readonly platform: Platform,
    private readonly now: () => number,
    private readonly random: () => number,
    /** A room's echoes look different now. */
    private readonly changed: (roomId: RoomId) => void,
  ) {}

  /** Reads what was queued before; sends it on unless another tab does. */
  async load(device: DeviceId, adopt: boolean): Promise<void> {
    this.#device = device;
    if (!adopt) return;
    const rows = await this.writer.store.range<OutboxEntry>("outbox", MESSAGES_ONLY);
    const writes: StoreWrite[] = [];
    for (const { key, value } of rows) {
      // The clock may have been set back since: what comes now stands behind all of them.
      this.#lastKey = Math.max(this.#lastKey, parseInt(key, 10));
      const entry = resumed(value, device, this.now());
      if (entry === null) writes.push({ op: "delete", table: "outbox", key });
      else {
        if (entry !== value) writes.push({ op: "put", table: "outbox", key, value: entry });
        this.#entries.set(entry.txnId, entry);
        if (entry.request.type === "media") {
          const blob = await this.writer.store.get<PlatformBlob>("blobs", entry.txnId);
          if (blob !== undefined) this.#blobs.set(entry.txnId, blob);
        }
      }
    }
    await this.writer.commit(writes);
    this.#publish([...this.#entries.values()].map((entry) => entry.roomId));
  }

  /** Starts sending; also after a stop. */
  start(): void {
    for (const entry of this.#entries.values()) if (entry.state === "waiting") this.#lane(laneOf(entry)).wake();
  }

  async stop(): Promise<void> {
    const lanes = [...this.#lanes.values()];
    this.#lanes.clear();
    await Promise.all(lanes.map((lane) => lane.stop()));
  }

  reset(): void {
    const rooms = [...this.#entries.values()].map((entry) => entry.roomId);
    this.#entries = new Map();
    this.#device = null;
    for (const map of [this.#progress, this.#eventIds, this.#echoKeys, this.#blobs]) map.clear();
    this.#publish(rooms);
  }

  /** The connection is back: no need to wait any longer. */
  wake(): void {
    for (const lane of this.#lanes.values()) lane.wake();
  }

  /** All entries of a room, oldest first, also those acknowledged and not yet seen by sync. */
  ofRoom(roomId: RoomId): readonly OutboxEntry[] {
    return [...this.#entries.values()].filter((entry) => entry.roomId === roomId);
  }

  find(txnId: TxnId): OutboxEntry | null {
    return this.#entries.get(txnId) ?? null;
  }

  /** The key that an event's echo had in the timeline. */
  echoKey(eventId: EventId): string | null {
    return this.#echoKeys.get(eventId) ?? null;
  }

  progress(txnId: TxnId): number | null {
    return this.#progress.get(txnId) ?? null;
  }

  /** Bytes sent from here: of an echo by its transaction id, of its event by its id. */
  localMedia(id: TxnId | EventId): PlatformBlob | null {
    return this.#blobs.get(id) ?? null;
  }

  /** The event id of what has been acknowledged meanwhile; other ids as they are. */
  resolve(target: TargetId): TargetId {
    return isLocalId(target) ? (this.#eventIds.get(target.slice(1)) ?? target) : target;
  }

  /** Resolves once it is durable. `superseded`: unsent entries that this one makes pointless. */
  async enqueue(send: NewSend, superseded: readonly TxnId[] = []): Promise<TxnId> {
    const device = this.#device;
    if (device === null) throw new MatrixError({ status: 401, errcode: "M_MISSING_TOKEN", message: "Not signed in" });
    return this.writer.exclusive(async () => {
      const txnId = this.#newTxnId();
      const request = localTargets(send.request).reduce((made, local) => {
        const eventId = this.#eventIds.get(local);
        return eventId === undefined ? made : withTarget(made, local, eventId);
      }, send.request);
      const entry: OutboxEntry = {
        key: this.#newKey(),
        txnId,
        roomId: send.roomId,
        deviceId: device,
        threadId: send.threadId,
        kind: send.kind,
        request,
        queuedTs: this.now(),
        state: "waiting",
        attempts: 0,
        error: null,
        retryable: true,
        eventId: null,
        sentTs: null,
      };
      const writes: StoreWrite[] = [{ op: "put", table: "outbox", key: entry.key, value: entry }];
      if (send.blobs !== undefined) {
        const { full, thumbnail } = send.blobs;
        writes.push({ op: "put", table: "blobs", key: txnId, value: full });
        if (thumbnail !== null) writes.push({ op: "put", table: "blobs", key: txnId + THUMBNAIL, value: thumbnail });
        this.#blobs.set(txnId, full);
      }
      const dropped = superseded.flatMap((each) => this.#unsent(each) ?? []);
      await this.writer.commit([...writes, ...dropped.flatMap(deletesOf)]);
      for (const each of dropped) this.#entries.delete(each.txnId);
      this.#entries.set(txnId, entry);
      this.#publish([send.roomId]);
      this.#lane(laneOf(entry)).wake();
      return txnId;
    });
  }

  /** Changes a message that the server cannot know yet; false when it may know it. */
  async rewrite(txnId: TxnId, request: (before: OutboxRequest) => OutboxRequest): Promise<boolean> {
    return this.writer.exclusive(async () => {
      const entry = this.#unsent(txnId);
      if (entry === null) return false;
      await this.#keep({ ...entry, state: "waiting", error: null, request: request(entry.request) });
      return true;
    });
  }

  async retry(txnId: TxnId): Promise<void> {
    await this.writer.exclusive(async () => {
      const entry = this.#entries.get(txnId);
      if (entry?.state !== "failed" || !entry.retryable) return;
      const deviceId = this.#device ?? entry.deviceId;
      await this.#keep({ ...entry, state: "waiting", error: null, deviceId, queuedTs: this.now() });
    });
  }

  async retryAll(roomId?: RoomId): Promise<void> {
    for (const entry of [...this.#entries.values()]) {
      if (entry.state === "failed" && (roomId === undefined || entry.roomId === roomId)) await this.retry(entry.txnId);
    }
  }

  async discard(txnId: TxnId): Promise<void> {
    await this.writer.exclusive(() => this.#discard(txnId));
  }

  /** Throws it away if the server cannot know it; false when it may. */
  async discardUnsent(txnId: TxnId): Promise<boolean> {
    return this.writer.exclusive(async () => {
      if (this.#unsent(txnId) === null) return false;
      await this.#discard(txnId);
      return true;
    });
  }

  async forgetRoom(roomId: RoomId): Promise<void> {
    for (const entry of this.ofRoom(roomId)) await this.discard(entry.txnId);
  }

  // --- Sync: our own events coming home -------------------------------------------------------

  async prepare(answer: SyncAnswer, moment: SyncMoment): Promise<Arrivals> {
    const arrivals = new Map<TxnId, { entry: OutboxEntry; eventId: EventId | null }>();
    for (const room of answer.rooms) {
      const entries = this.ofRoom(room.roomId);
      if (entries.length === 0) continue;
      for (const event of room.timeline) {
        const txnId = transactionId(event);
        const entry = entries.find((each) => each.txnId === txnId || each.eventId === event.event_id);
        if (entry !== undefined) arrivals.set(entry.txnId, { entry, eventId: event.event_id });
      }
      for (const entry of entries) {
        // It was acknowledged before this answer was asked for and is not in it: it lies in the gap.
        const inGap = room.limited && entry.state === "sent" && (entry.sentTs ?? 0) < moment.startedTs;
        if (inGap && !arrivals.has(entry.txnId)) arrivals.set(entry.txnId, { entry, eventId: entry.eventId });
      }
    }
    return [...arrivals.values()];
  }

  writes(arrivals: Arrivals): readonly StoreWrite[] {
    const rewritten = arrivals.flatMap(({ entry, eventId }) => (eventId === null ? [] : this.#dependents(entry.txnId, eventId)));
    return [
      ...rewritten.map((entry): StoreWrite => ({ op: "put", table: "outbox", key: entry.key, value: entry })),
      ...arrivals.flatMap(({ entry }) => deletesOf(entry)),
    ];
  }

  after(arrivals: Arrivals): void {
    for (const { entry, eventId } of arrivals) {
      if (eventId !== null) {
        this.#remember(entry, eventId);
        for (const dependent of this.#dependents(entry.txnId, eventId)) this.#entries.set(dependent.txnId, dependent);
      }
      this.#entries.delete(entry.txnId);
      this.#progress.delete(entry.txnId);
    }
  }

  completed(arrivals: Arrivals): void {
    if (arrivals.length > 0) this.#publish(arrivals.map(({ entry }) => entry.roomId));
  }

  // --- Lanes -----------------------------------------------------------------------------------

  #lane(name: string): Lane {
    let lane = this.#lanes.get(name);
    if (lane === undefined) {
      lane = new Lane(this.platform, this.random, {
        next: () => this.#next(name),
        send: (entry, signal) => this.#send(entry, signal),
        failed: (entry, error) => this.#failed(entry, error),
        changed: (roomId) => this.#publish([roomId]),
      });
      this.#lanes.set(name, lane);
    }
    return lane;
  }

  #next(lane: string): OutboxEntry | null {
    for (const entry of this.#entries.values()) {
      if (laneOf(entry) !== lane || entry.state !== "waiting") continue;
      // What answers or edits a message that failed waits for that one to be retried or discarded.
      if (localTargets(entry.request).every((txnId) => !this.#entries.has(txnId))) return entry;
    }
    return null;
  }

  async #send(entry: OutboxEntry, signal: AbortSignal): Promise<void> {
    const current = await this.writer.exclusive(async () => {
      const found = this.#entries.get(entry.txnId);
      if (found === undefined || found.state !== "waiting") return null;
      // Durable before the request: after a kill we know that the server may have it.
      return this.#keep({ ...found, attempts: found.attempts + 1 });
    });
    if (current === null) return;
    const eventId = await this.transmitter.transmit(current, {
      signal,
      progress: (fraction) => {
        this.#progress.set(current.txnId, fraction);
        this.changed(current.roomId);
      },
      uploaded: async (request) => {
        await this.writer.exclusive(async () => {
          const found = this.#entries.get(current.txnId);
          if (found !== undefined) await this.#keep({ ...found, request });
        });
      },
    });
    await this.writer.exclusive(() => this.#acknowledged(current.txnId, eventId));
  }

  async #acknowledged(txnId: TxnId, eventId: EventId | null): Promise<void> {
    const entry = this.#entries.get(txnId);
    if (entry === undefined) return; // Sync was faster.
    if (eventId === null) {
      await this.writer.commit(deletesOf(entry));
      this.#entries.delete(txnId);
      this.#publish([entry.roomId]);
      return;
    }
    const dependents = this.#dependents(txnId, eventId);
    const writes = dependents.map((each): StoreWrite => ({ op: "put", table: "outbox", key: each.key, value: each }));
    const seen = await this.writer.store.get("eventIndex", storeKey(entry.roomId, eventId));
    const sent: OutboxEntry = { ...entry, state: "sent", eventId, sentTs: this.now(), error: null };
    if (seen === undefined) writes.push({ op: "put", table: "outbox", key: entry.key, value: sent });
    else writes.push(...deletesOf(entry));
    await this.writer.commit(writes);
    this.#remember(entry, eventId);
    for (const each of dependents) this.#entries.set(each.txnId, each);
    if (seen === undefined) this.#entries.set(txnId, sent);
    else this.#entries.delete(txnId);
    this.#progress.delete(txnId);
    this.#publish([entry.roomId]);
  }

  /** True when the lane goes on with the next entry, false when it waits and tries this one again. */
  async #failed(entry: OutboxEntry, error: unknown): Promise<boolean> {
    if (error instanceof AbortedError || isTransient(error)) return false;
    return this.writer.exclusive(async () => {
      const found = this.#entries.get(entry.txnId);
      if (found === undefined) return true;
      const duplicate = error instanceof MatrixError && error.errcode === "M_DUPLICATE_ANNOTATION";
      if (found.kind === "receipt" || duplicate) await this.#discard(found.txnId);
      else await this.#keep({ ...found, state: "failed", error: errorInfo(error), retryable: isRetryable(errorInfo(error)) });
      return true;
    });
  }

  // --- Inside `exclusive` ----------------------------------------------------------------------

  async #keep(entry: OutboxEntry): Promise<OutboxEntry> {
    await this.writer.commit([{ op: "put", table: "outbox", key: entry.key, value: entry }]);
    this.#entries.set(entry.txnId, entry);
    this.#publish([entry.roomId]);
    if (entry.state === "waiting") this.#lane(laneOf(entry)).wake();
    return entry;
  }

  async #discard(txnId: TxnId): Promise<void> {
    const gone = new Set([txnId]);
    for (const entry of this.#entries.values()) {
      if (localTargets(entry.request).some((target) => gone.has(target))) gone.add(entry.txnId);
    }
    const entries = [...gone].flatMap((each) => this.#entries.get(each) ?? []);
    await this.writer.commit(entries.flatMap(deletesOf));
    for (const entry of entries) {
      this.#entries.delete(entry.txnId);
      this.#blobs.delete(entry.txnId);
      this.#progress.delete(entry.txnId);
    }
    this.#publish(entries.map((entry) => entry.roomId));
  }

  /** An entry that the server cannot have: never tried, or refused for good. */
  #unsent(txnId: TxnId): OutboxEntry | null {
    const entry = this.#entries.get(txnId);
    if (entry === undefined) return null;
    return (entry.state === "waiting" && entry.attempts === 0) || entry.state === "failed" ? entry : null;
  }

  #dependents(txnId: TxnId, eventId: EventId): OutboxEntry[] {
    return [...this.#entries.values()].flatMap((entry) => {
      const request = withTarget(entry.request, txnId, eventId);
      return request === entry.request ? [] : [{ ...entry, request }];
    });
  }

  #remember(entry: OutboxEntry, eventId: EventId): void {
    this.#eventIds.set(entry.txnId, eventId);
    this.#echoKeys.set(eventId, localId(entry.txnId));
    const blob = this.#blobs.get(entry.txnId);
    if (blob === undefined) return;
    this.#blobs.set(eventId, blob);
    this.#blobs.delete(entry.txnId);
    for (const key of this.#blobs.keys()) {
      if (this.#blobs.size <= LOCAL_MEDIA) break;
      if (!this.#entries.has(key)) this.#blobs.delete(key);
    }
  }

  #publish(rooms: readonly RoomId[]): void {
    const busy = new Set([...this.#lanes.values()].flatMap((lane) => lane.sending ?? []));
    this.#queue.set(
      [...this.#entries.values()]
        .filter((entry) => entry.state !== "sent")
        .map((entry) => ({
          txnId: entry.txnId,
          roomId: entry.roomId,
          threadId: entry.threadId,
          kind: entry.kind,
          state: entry.state === "failed" ? "failed" : busy.has(entry.txnId) ? "sending" : "waiting",
          error: entry.error,
          retryable: entry.retryable,
          queuedTs: entry.queuedTs,
        })),
    );
    for (const roomId of new Set(rooms)) this.changed(roomId);
  }

  #newKey(): string {
    this.#lastKey = Math.max(this.now(), this.#lastKey + 1);
    return `${String(this.#lastKey).padStart(16, "0")}.${this.#randomLetters()}`;
  }

  #newTxnId(): TxnId {
    return `${this.now().toString(36)}.${this.#randomLetters()}${this.#randomLetters()}`;
  }

  #randomLetters(): string {
    return Math.floor(this.random() * 36 ** 8).toString(36).padStart(8, "0");
  }
}

function deletesOf(entry: OutboxEntry): StoreWrite[] {
  const writes: StoreWrite[] = [{ op: "delete", table: "outbox", key: entry.key }];
  if (entry.request.type === "media") {
    writes.push({ op: "delete", table: "blobs", key: entry.txnId });
    writes.push({ op: "delete", table: "blobs", key: entry.txnId + THUMBNAIL });
  }
  return writes;
}

/** Sending the same once more can only help where rights, limits or files may change. */
function isRetryable(error: ErrorInfo): boolean {
  return error.errcode !== "FILE_GONE" && error.errcode !== "M_TOO_LARGE" && error.errcode !== "M_BAD_JSON";
}
