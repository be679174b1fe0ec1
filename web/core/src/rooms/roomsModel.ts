import type { RoomsApi } from "../api/roomsApi";
import type { Content } from "../api/wire";
import type { RoomAlias, RoomId, UserId } from "../ids";
import type { Observable } from "../observable";
import { isMessage } from "../timeline/events";
import type { OpenRoom } from "../timeline/openRoom";
import { previewMessage } from "../timeline/items";
import type { AccountData } from "../session/accountData";
import type { CreateRoomOptions, Room, Rooms } from "./contract";
import type { Badge, NotificationHint, RoomList } from "./model";
import { changedPowerLevels } from "./powers";
import type { RoomDelta } from "./reduceRoom";
import type { RoomRecords } from "./roomRecords";
import type { RoomChanges, RoomListener } from "./roomSync";
import { roomName, totalUnread } from "./summary";

/** All rooms: the list, each as an object, and making and entering them. */
export class RoomsModel implements Rooms {
  readonly list: Observable<RoomList>;
  readonly badge: Observable<Badge>;
  readonly #listeners = new Set<(hint: NotificationHint) => void>();

  constructor(
    private readonly api: RoomsApi,
    private readonly records: RoomRecords,
    private readonly accountData: AccountData,
    private readonly rooms: RoomObjects,
    private readonly me: () => UserId,
    /** A room that we made is here. */
    private readonly made: (roomId: RoomId) => void,
  ) {
    this.list = records.list;
    this.badge = records.badge;
  }

  room(roomId: RoomId): Room {
    return this.rooms.get(roomId).room;
  }

  async create(options: CreateRoomOptions): Promise<RoomId> {
    const roomId = await this.api.create(createBody(options));
    if (options.direct && options.invite?.[0] !== undefined) await this.room(roomId).setDirect(options.invite[0]);
    await this.records.arrived(roomId, (record) => record.membership === "join");
    this.made(roomId);
    return roomId;
  }

  async openDirect(userId: UserId): Promise<RoomId> {
    const existing = [...this.records.all()]
      .filter((record) => record.membership === "join" && this.accountData.directUser(record.roomId) === userId)
      .sort((a, b) => b.activityTs - a.activityTs)[0];
    if (existing !== undefined) return existing.roomId;
    return this.create({ preset: "trusted_private_chat", direct: true, invite: [userId] });
  }

  async join(target: RoomId | RoomAlias, options: { reason?: string; via?: readonly string[] } = {}): Promise<RoomId> {
    const roomId = await this.api.join(target, options.reason ?? null, options.via ?? []);
    await this.records.arrived(roomId, (record) => record.membership === "join");
    return roomId;
  }

  async knock(target: RoomId | RoomAlias, options: { reason?: string; via?: readonly string[] } = {}): Promise<RoomId> {
    const roomId = await this.api.knock(target, options.reason ?? null, options.via ?? []);
    await this.records.arrived(roomId, (record) => record.membership !== "leave");
    return roomId;
  }

  onNotification(listener: (hint: NotificationHint) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** After a sync: which rooms have more notifications than before. */
  readonly told = (changes: RoomChanges): void => {
    if (changes.initial || this.#listeners.size === 0) return;
    for (const delta of changes.deltas) {
      const hint = this.#hint(delta);
      if (hint !== null) for (const listener of [...this.#listeners]) listener(hint);
    }
  };

  #hint(delta: RoomDelta): NotificationHint | null {
    const { record, previous } = delta;
    const before = previous === null ? { notifications: 0, highlights: 0 } : totalUnread(previous);
    const now = totalUnread(record);
    if (now.notifications <= before.notifications) return null;
    const newest = delta.appended.findLast(({ event, edit }) => event.sender !== this.me() && isMessage(event) && !edit);
    // Counts also rise when an answer was made before our own receipt got there: that is nothing new.
    if (newest === undefined) return null;
    const { event, threadId } = newest;
    const { names } = this.rooms.get(record.roomId).open.roster;
    return {
      roomId: record.roomId,
      roomName: roomName(record, this.me()),
      threadId,
      highlight: now.highlights > before.highlights,
      message: {
        ...previewMessage(event, null, { me: this.me(), nameOf: names.nameOf }),
        senderName: this.#senderName(delta, event.sender),
      },
    };
  }

  /** The room may not be open, so its members may not be in memory. */
  #senderName(delta: RoomDelta, sender: UserId): string {
    const last = delta.record.lastMessage;
    if (last !== null && last.event.sender === sender) return last.senderName;
    return this.rooms.get(delta.record.roomId).open.roster.names.nameOf(sender);
  }
}

export interface RoomEntry {
  readonly room: Room;
  readonly open: OpenRoom;
  reset(): void;
}

/** One object per room, made when first asked for. */
export class RoomObjects implements RoomListener {
  readonly #entries = new Map<RoomId, RoomEntry>();

  constructor(private readonly make: (roomId: RoomId) => RoomEntry) {}

  get(roomId: RoomId): RoomEntry {
    let entry = this.#entries.get(roomId);
    if (entry === undefined) {
      entry = this.make(roomId);
      this.#entries.set(roomId, entry);
    }
    return entry;
  }

  changed(delta: RoomDelta): void {
    this.#entries.get(delta.record.roomId)?.open.apply(delta);
  }

  forgotten(roomId: RoomId): void {
    this.#entries.get(roomId)?.reset();
  }

  redraw(roomId: RoomId): void {
    this.#entries.get(roomId)?.open.redraw(null);
  }

  reset(): void {
    for (const entry of this.#entries.values()) entry.reset();
  }

  reload(): void {
    for (const entry of this.#entries.values()) entry.open.reload();
  }
}

/** Pure. The body of POST /createRoom. */
export function createBody(options: CreateRoomOptions): Content {
  const initial: { type: string; state_key: string; content: Content }[] = [];
  const state = (type: string, content: Content): void => {
    initial.push({ type, state_key: "", content });
  };
  if (options.avatar !== undefined) state("m.room.avatar", { url: options.avatar });
  if (options.joinRule !== undefined) state("m.room.join_rules", { join_rule: options.joinRule });
  if (options.historyVisibility !== undefined) {
    state("m.room.history_visibility", { history_visibility: options.historyVisibility });
  }
  for (const event of options.initialState ?? []) {
    initial.push({ type: event.type, state_key: event.stateKey, content: event.content });
  }
  return {
    preset: options.preset ?? "private_chat",
    visibility: options.listed ? "public" : "private",
    name: options.name,
    topic: options.topic,
    room_alias_name: options.aliasLocalpart,
    invite: options.invite ?? [],
    is_direct: options.direct ?? false,
    initial_state: initial,
    power_level_content_override: options.powerLevels === undefined ? undefined : changedPowerLevels({}, options.powerLevels),
  };
}

