import type { EventId, RoomId, UserId } from "../ids";
import type { UserDataApi } from "../api/userDataApi";
import type { Roster } from "../members/roster";
import type { Outbox } from "../sendQueue/outbox";
import type { Writer } from "../store/writer";
import { newest } from "../timeline/readMarks";
import type { StoredEvent } from "../timeline/stored";
import type { RoomRecord } from "./record";
import type { RoomRecords } from "./roomRecords";

/** What I have read in one room: told to the server through the outbox, shown at once. */
export class Reading {
  readonly #told = new Map<string, EventId>();

  constructor(
    private readonly roomId: RoomId,
    private readonly writer: Writer,
    private readonly records: RoomRecords,
    private readonly roster: Roster,
    private readonly outbox: Outbox,
    private readonly userData: UserDataApi,
    private readonly me: () => UserId,
  ) {}

  /** The last event of this timeline that I have read or written; null when none is here. */
  readUpTo(threadId: EventId | null, events: readonly StoredEvent[]): EventId | null {
    const index = new Map(events.map(({ event }, i) => [event.event_id, i]));
    const receipt = newest(this.roster.receipts.get(this.me()) ?? {}, threadId, index)?.at ?? -1;
    const own = events.findLastIndex(({ event }) => event.sender === this.me());
    return events[Math.max(receipt, own)]?.event.event_id ?? null;
  }

  /** Moves the receipt to an event of a timeline (`events`), never back. */
  async read(eventId: EventId, threadId: EventId | null, events: readonly StoredEvent[], hidden: boolean): Promise<void> {
    const thread = threadId ?? "main";
    const at = events.findIndex(({ event }) => event.event_id === eventId);
    const receipt = this.roster.receipts.get(this.me()) ?? {};
    const index = new Map(events.map(({ event }, i) => [event.event_id, i]));
    const already = newest(receipt, threadId, index)?.at ?? -1;
    const record = this.records.get(this.roomId);
    if (record === null || record.membership !== "join") return;
    if (record.markedUnread && threadId === null) await this.setMarkedUnread(false);
    const counts = threadId === null ? record.unread : record.threadUnread[threadId];
    const nothingUnread = counts === undefined || counts.notifications + counts.highlights === 0;
    if (this.#told.get(thread) === eventId || (at >= 0 && at <= already && nothingUnread)) return;
    this.#told.set(thread, eventId);
    await this.#queue(eventId, thread, hidden, threadId === null);
    await this.#change((before) => this.#afterReading(before, threadId, events[at]?.place ?? null));
  }

  /** Reads all threads too: an unthreaded receipt at the newest event. */
  async readAll(newestEvent: StoredEvent | null): Promise<void> {
    const record = this.records.get(this.roomId);
    if (record === null || record.membership !== "join") return;
    if (record.markedUnread) await this.setMarkedUnread(false);
    if (newestEvent === null) return;
    await this.#queue(newestEvent.event.event_id, null, false, true);
    await this.#change((before) => ({
      ...this.#afterReading(before, null, newestEvent.place),
      readHere: ["main", ...Object.keys(before.threadUnread)],
      threadUnread: {},
    }));
  }

  async setMarkedUnread(unread: boolean): Promise<void> {
    await this.userData.setRoomAccountData(this.me(), this.roomId, "m.marked_unread", { unread });
    await this.#change((before) => ({ ...before, markedUnread: unread }));
  }

  reset(): void {
    this.#told.clear();
  }

  async #queue(eventId: EventId, thread: string | null, hidden: boolean, fullyRead: boolean): Promise<void> {
    const superseded = this.outbox
      .ofRoom(this.roomId)
      .filter(({ request }) => request.type === "receipt" && (thread === null || request.thread === thread));
    await this.outbox.enqueue(
      {
        roomId: this.roomId,
        threadId: thread === null || thread === "main" ? null : thread,
        kind: "receipt",
        request: { type: "receipt", receiptType: hidden ? "m.read.private" : "m.read", eventId, thread, fullyRead },
      },
      superseded.map((entry) => entry.txnId),
    );
  }

  #afterReading(before: RoomRecord, threadId: EventId | null, place: string | null): RoomRecord {
    const record = { ...before, readHere: [...new Set([...before.readHere, threadId ?? "main"])] };
    if (threadId !== null) {
      const others = Object.entries(record.threadUnread).filter(([rootId]) => rootId !== threadId);
      return { ...record, threadUnread: Object.fromEntries(others) };
    }
    const readPlace = place !== null && (record.readPlace === null || place > record.readPlace) ? place : record.readPlace;
    return { ...record, unread: { notifications: 0, highlights: 0 }, readPlace };
  }

  async #change(change: (before: RoomRecord) => RoomRecord): Promise<void> {
    await this.writer.exclusive(async () => {
      const before = this.records.get(this.roomId);
      if (before === null) return;
      const record = change(before);
      await this.writer.commit([{ op: "put", table: "rooms", key: this.roomId, value: record }]);
      this.records.put(record);
    });
    this.records.publish([this.roomId]);
  }
}
