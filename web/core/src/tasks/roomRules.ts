import type { RawEvent, SyncAnswer, SyncedRoom } from "../api/wire";
import type { RoomId, UserId } from "../ids";
import { Value } from "../observable";
import type { RoomRecords } from "../rooms/roomRecords";
import { storeKey, under } from "../store/keys";
import type { Store, StoreWrite } from "../store/store";
import { sameValue } from "../timeline/sameValue";
import type { RoomTasks, RoomTaskRights } from "./contracts";
import type { RoomTaskRules } from "./model";
import { CONFIG, LABELS, WORKFLOW } from "./names";
import { authorityOf, emptyState, isTaskState, isTrusted, withTaskState, workflowOf, type RoomState } from "./trust";

/** What the service said about me in a room, kept for being offline. */
interface ToldRights {
  readonly rights: RoomTaskRights;
  readonly obstacle: RoomTaskRules["obstacle"];
}

const RIGHTS = "taskRights";

/** What rooms say about tasks, from their state; and what the service says about me in them. */
export class RoomRules {
  #states = new Map<RoomId, RoomState>();
  readonly #told = new Map<RoomId, ToldRights>();
  readonly #values = new Map<RoomId, Value<RoomTaskRules>>();

  constructor(
    private readonly store: Store,
    private readonly records: RoomRecords,
    /** The account that our server advertises. */
    private readonly ours: () => UserId | null,
    private readonly observed: (roomId: RoomId) => void,
    /** Told after each change. */
    private readonly changed: (roomIds: readonly RoomId[]) => void,
  ) {}

  /** After the rooms have been read. */
  async load(): Promise<void> {
    const rooms = [...this.records.all()].map(({ roomId }) => roomId);
    const configs = await this.store.getMany<RawEvent>("state", rooms.map((roomId) => storeKey(roomId, CONFIG, "")));
    for (const [i, roomId] of rooms.entries()) {
      const config = configs[i];
      if (config !== undefined) this.#states.set(roomId, await this.#read(roomId, config));
    }
    for (const { key, value } of await this.store.range<ToldRights>("sync", under(RIGHTS))) {
      this.#told.set(key.slice(RIGHTS.length + 1), value);
    }
    this.redraw();
  }

  reset(): void {
    this.#states.clear();
    this.#told.clear();
    this.redraw();
  }

  state(roomId: RoomId): RoomState {
    return this.#states.get(roomId) ?? emptyState(roomId);
  }

  /** Whether I am in the room. */
  joined(roomId: RoomId): boolean {
    return this.records.get(roomId)?.membership === "join";
  }

  trusts(roomId: RoomId, sender: UserId): boolean {
    return isTrusted(sender, this.state(roomId), this.ours());
  }

  rights(roomId: RoomId): RoomTaskRights | null {
    return this.#told.get(roomId)?.rights ?? null;
  }

  /** Rooms that our service decides in. */
  ourRooms(): readonly RoomId[] {
    return [...this.#states.values()].filter((state) => authorityOf(state, this.ours()) === "ours").map(({ roomId }) => roomId);
  }

  value(roomId: RoomId): Value<RoomTaskRules> {
    let value = this.#values.get(roomId);
    if (value === undefined) {
      value = new Value(this.#rules(roomId), (observed) => {
        if (observed) this.observed(roomId);
      });
      this.#values.set(roomId, value);
    }
    return value;
  }

  /** Pure. The rooms whose task state an answer changes. */
  after(answer: SyncAnswer): ReadonlyMap<RoomId, RoomState> {
    const changes = new Map<RoomId, RoomState>();
    for (const room of answer.rooms) {
      const events = stateEvents(room).filter(isTaskState);
      // Coming back brings all state anew; what is not in it is no more.
      const away = room.membership === "join" && this.records.get(room.roomId)?.membership === "leave";
      if (events.length === 0 && !away) continue;
      changes.set(room.roomId, events.reduce(withTaskState, away ? emptyState(room.roomId) : this.state(room.roomId)));
    }
    return changes;
  }

  adopt(changes: ReadonlyMap<RoomId, RoomState>): void {
    if (changes.size === 0) return;
    for (const [roomId, state] of changes) this.#states.set(roomId, state);
    this.redraw([...changes.keys()]);
    this.changed([...changes.keys()]);
  }

  /** The service's answer; the writes that keep it. */
  async told(answer: RoomTasks): Promise<void> {
    const told: ToldRights = { rights: answer.rights, obstacle: answer.obstacle ?? null };
    const roomId = answer.room_id;
    if (sameValue(told, this.#told.get(roomId))) return;
    const write: StoreWrite = { op: "put", table: "sync", key: storeKey(RIGHTS, roomId), value: told };
    await this.store.commit([write]);
    this.#told.set(roomId, told);
    this.redraw([roomId]);
    this.changed([roomId]);
  }

  redraw(roomIds: Iterable<RoomId> = this.#values.keys()): void {
    for (const roomId of roomIds) {
      const value = this.#values.get(roomId);
      if (value === undefined) continue;
      const rules = this.#rules(roomId);
      if (!sameValue(rules, value.getSnapshot())) value.set(rules);
    }
  }

  #rules(roomId: RoomId): RoomTaskRules {
    const state = this.state(roomId);
    const told = this.#told.get(roomId);
    const encrypted = this.records.get(roomId)?.encrypted === true;
    return {
      roomId,
      authority: authorityOf(state, this.ours()),
      enabled: state.config?.enabled ?? false,
      obstacle: encrypted ? "encrypted_room_not_enabled" : (told?.obstacle ?? null),
      config: state.config,
      workflow: workflowOf(state),
      labels: state.labels,
      rights: told?.rights ?? null,
    };
  }

  async #read(roomId: RoomId, config: RawEvent): Promise<RoomState> {
    const others = await Promise.all([
      this.store.range<RawEvent>("state", under(roomId, WORKFLOW)),
      this.store.range<RawEvent>("state", under(roomId, LABELS)),
    ]);
    return [config, ...others.flat().map(({ value }) => value)].reduce(withTaskState, emptyState(roomId));
  }
}

function stateEvents(room: SyncedRoom): readonly RawEvent[] {
  return room.stateAfter ? room.state : [...room.state, ...room.timeline.filter((event) => event.state_key !== undefined)];
}
