import type { RoomsApi } from "../api/roomsApi";
import type { UserDataApi } from "../api/userDataApi";
import { object, texts } from "../api/read";
import type { Content } from "../api/wire";
import type { EventId, MxcUri, RoomAlias, RoomId, UserId } from "../ids";
import { hasPushRule, type AccountData } from "../session/accountData";
import { storeKey } from "../store/keys";
import type { Store } from "../store/store";
import type { RawEvent } from "../api/wire";
import type { HistoryVisibility, JoinRule, NotificationMode, PowerLevels } from "./model";
import { changedPowerLevels } from "./powers";
import type { RoomRecords } from "./roomRecords";

/** Changes to one room that go to the server at once, not through the outbox. */
export class RoomActions {
  constructor(
    private readonly roomId: RoomId,
    private readonly api: RoomsApi,
    private readonly userData: UserDataApi,
    private readonly accountData: AccountData,
    private readonly records: RoomRecords,
    private readonly store: Store,
    private readonly me: () => UserId,
  ) {}

  invite(userId: UserId, reason?: string): Promise<void> {
    return this.api.membership(this.roomId, "invite", userId, reason ?? null);
  }

  kick(userId: UserId, reason?: string): Promise<void> {
    return this.api.membership(this.roomId, "kick", userId, reason ?? null);
  }

  ban(userId: UserId, reason?: string): Promise<void> {
    return this.api.membership(this.roomId, "ban", userId, reason ?? null);
  }

  unban(userId: UserId, reason?: string): Promise<void> {
    return this.api.membership(this.roomId, "unban", userId, reason ?? null);
  }

  async join(reason?: string): Promise<void> {
    const invitation = this.records.get(this.roomId)?.invitation ?? null;
    await this.api.join(this.roomId, reason ?? null, []);
    if (invitation?.direct) await this.setDirect(invitation.sender);
    await this.records.arrived(this.roomId, (record) => record.membership === "join");
  }

  async leave(reason?: string): Promise<void> {
    await this.api.membership(this.roomId, "leave", null, reason ?? null);
  }

  async setName(name: string): Promise<void> {
    await this.sendState("m.room.name", "", { name });
  }

  async setTopic(topic: string): Promise<void> {
    await this.sendState("m.room.topic", "", { topic });
  }

  async setAvatar(avatar: MxcUri | null): Promise<void> {
    await this.sendState("m.room.avatar", "", avatar === null ? {} : { url: avatar });
  }

  async setJoinRule(joinRule: JoinRule): Promise<void> {
    await this.sendState("m.room.join_rules", "", { join_rule: joinRule });
  }

  async setHistoryVisibility(visibility: HistoryVisibility): Promise<void> {
    await this.sendState("m.room.history_visibility", "", { history_visibility: visibility });
  }

  async setPowerLevels(change: Partial<PowerLevels>): Promise<void> {
    const now = await this.api.state(this.roomId, "m.room.power_levels", "");
    await this.sendState("m.room.power_levels", "", changedPowerLevels(now, change));
  }

  setUserLevel(userId: UserId, level: number): Promise<void> {
    return this.setPowerLevels({ users: { [userId]: level } });
  }

  async setPinned(eventId: EventId, pinned: boolean): Promise<void> {
    const now = texts((await this.api.state(this.roomId, "m.room.pinned_events", ""))?.["pinned"]);
    const others = now.filter((each) => each !== eventId);
    await this.sendState("m.room.pinned_events", "", { pinned: pinned ? [...others, eventId] : others });
  }

  sendState(type: string, stateKey: string, content: Content): Promise<EventId> {
    return this.api.sendState(this.roomId, type, stateKey, content);
  }

  async stateEvent(type: string, stateKey = ""): Promise<Content | null> {
    const row = await this.store.get<RawEvent>("state", storeKey(this.roomId, type, stateKey));
    return row?.content ?? null;
  }

  aliases(): Promise<readonly RoomAlias[]> {
    return this.api.aliases(this.roomId);
  }

  addAlias(alias: RoomAlias): Promise<void> {
    return this.api.addAlias(alias, this.roomId);
  }

  removeAlias(alias: RoomAlias): Promise<void> {
    return this.api.removeAlias(alias);
  }

  async setCanonicalAlias(alias: RoomAlias | null): Promise<void> {
    const now = (await this.api.state(this.roomId, "m.room.canonical_alias", "")) ?? {};
    const rest = Object.fromEntries(Object.entries(now).filter(([key]) => key !== "alias"));
    await this.sendState("m.room.canonical_alias", "", alias === null ? rest : { ...rest, alias });
  }

  listed(): Promise<boolean> {
    return this.api.listed(this.roomId);
  }

  setListed(listed: boolean): Promise<void> {
    return this.api.setListed(this.roomId, listed);
  }

  /** Source: client-server API, "Push Rules": an override rule silences, a room rule decides short of mentions. */
  async setNotificationMode(mode: NotificationMode): Promise<void> {
    if (mode === "mute") {
      const conditions = [{ kind: "event_match", key: "room_id", pattern: this.roomId }];
      await this.#setRule("override", { actions: [], conditions });
    } else {
      await this.#dropRule("override");
    }
    if (mode === "all") await this.#setRule("room", { actions: ["notify", { set_tweak: "sound", value: "default" }] });
    else if (mode === "mentions") await this.#setRule("room", { actions: [] });
    else await this.#dropRule("room");
  }

  /** Kinds of rules set here, which sync may not have brought back yet. */
  readonly #ruled = new Set<"override" | "room">();

  async #setRule(kind: "override" | "room", rule: Content): Promise<void> {
    this.#ruled.add(kind);
    await this.userData.setPushRule(kind, this.roomId, rule);
  }

  async #dropRule(kind: "override" | "room"): Promise<void> {
    if (!this.#ruled.has(kind) && !hasPushRule(this.accountData.get("m.push_rules"), kind, this.roomId)) return;
    await this.userData.deletePushRule(kind, this.roomId);
    this.#ruled.delete(kind);
  }

  setFavourite(favourite: boolean, order?: number): Promise<void> {
    return this.#setTag("m.favourite", favourite, order ?? null);
  }

  setLowPriority(lowPriority: boolean): Promise<void> {
    return this.#setTag("m.lowpriority", lowPriority, null);
  }

  async setDirect(userId: UserId | null): Promise<void> {
    const now = this.accountData.get("m.direct") ?? {};
    const next: Record<string, readonly string[]> = {};
    for (const [other, rooms] of Object.entries(object(now) ?? {})) {
      const kept = texts(rooms).filter((roomId) => roomId !== this.roomId);
      if (kept.length > 0) next[other] = kept;
    }
    if (userId !== null) next[userId] = [...(next[userId] ?? []), this.roomId];
    await this.userData.setAccountData(this.me(), "m.direct", next);
  }

  #setTag(tag: string, present: boolean, order: number | null): Promise<void> {
    return present
      ? this.userData.setTag(this.me(), this.roomId, tag, order)
      : this.userData.deleteTag(this.me(), this.roomId, tag);
  }
}
