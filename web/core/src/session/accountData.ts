import { list, object, text, texts, at } from "../api/read";
import type { Content, SyncAnswer } from "../api/wire";
import type { RoomId, UserId } from "../ids";
import type { NotificationMode } from "../rooms/model";
import { storeKey } from "../store/keys";
import type { Store, StoreWrite } from "../store/store";
import type { SyncPart } from "../sync/part";

/** Pure. m.direct turned around: whom each room is a conversation with. */
export function directRooms(content: Content | undefined): ReadonlyMap<RoomId, UserId> {
  const found = new Map<RoomId, UserId>();
  for (const [userId, rooms] of Object.entries(content ?? {})) {
    for (const roomId of texts(rooms)) if (userId.startsWith("@")) found.set(roomId, userId);
  }
  return found;
}

/** Does a rule's action list notify at all? */
function notifies(actions: unknown): boolean {
  return list(actions).some((action) => action === "notify" || action === "coalesce");
}

/**
 * Pure. How each room with rules of its own notifies. Source: client-server API, "Push Rules":
 * override rules go before room rules; a room rule that does nothing still lets mentions through.
 */
export function notificationModes(content: Content | undefined): ReadonlyMap<RoomId, NotificationMode> {
  const modes = new Map<RoomId, NotificationMode>();
  const rules = object(content?.["global"]);
  const enabled = (rule: unknown): boolean => at(rule, "enabled") !== false;
  for (const rule of list(rules?.["room"])) {
    const roomId = text(at(rule, "rule_id"));
    if (roomId !== null && enabled(rule)) modes.set(roomId, notifies(at(rule, "actions")) ? "all" : "mentions");
  }
  for (const rule of list(rules?.["override"])) {
    const silencesRoom = list(at(rule, "conditions")).length === 1 && !notifies(at(rule, "actions"));
    const condition = list(at(rule, "conditions"))[0];
    const roomId = text(at(condition, "pattern")) ?? text(at(condition, "value"));
    if (silencesRoom && enabled(rule) && at(condition, "key") === "room_id" && roomId !== null) modes.set(roomId, "mute");
  }
  return modes;
}

/** Pure. Whether there is a rule of this name; true as long as no rules are known at all. */
export function hasPushRule(content: Content | undefined, kind: "override" | "room", ruleId: string): boolean {
  if (content === undefined) return true;
  return list(object(content["global"])?.[kind]).some((rule) => at(rule, "rule_id") === ruleId);
}

/** What the account keeps on the server for all its devices. */
export class AccountData implements SyncPart<ReadonlyMap<string, Content>> {
  #contents = new Map<string, Content>();
  #direct: ReadonlyMap<RoomId, UserId> = new Map();
  #modes: ReadonlyMap<RoomId, NotificationMode> = new Map();

  constructor(private readonly store: Store) {}

  async load(): Promise<void> {
    const rows = await this.store.range<Content>("accountData");
    this.#apply(new Map(rows.map(({ key, value }) => [key, value])));
  }

  reset(): void {
    this.#contents = new Map();
    this.#direct = new Map();
    this.#modes = new Map();
  }

  get(type: string): Content | undefined {
    return this.#contents.get(type);
  }

  directUser(roomId: RoomId): UserId | null {
    return this.#direct.get(roomId) ?? null;
  }

  mode(roomId: RoomId): NotificationMode {
    return this.#modes.get(roomId) ?? "default";
  }

  async prepare(answer: SyncAnswer): Promise<ReadonlyMap<string, Content>> {
    return new Map(answer.accountData.map(({ type, content }) => [type, content]));
  }

  writes(prepared: ReadonlyMap<string, Content>): readonly StoreWrite[] {
    return [...prepared].map(([type, value]) => ({ op: "put", table: "accountData", key: storeKey(type), value }));
  }

  after(prepared: ReadonlyMap<string, Content>): void {
    this.#apply(prepared);
  }

  completed(): void {}

  #apply(changes: ReadonlyMap<string, Content>): void {
    for (const [type, content] of changes) this.#contents.set(type, content);
    if (changes.has("m.direct")) this.#direct = directRooms(this.#contents.get("m.direct"));
    if (changes.has("m.push_rules")) this.#modes = notificationModes(this.#contents.get("m.push_rules"));
  }
}
