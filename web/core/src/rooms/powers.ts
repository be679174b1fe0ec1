import { at, list, number, object, text } from "../api/read";
import type { Content } from "../api/wire";
import type { UserId } from "../ids";
import { CREATOR_LEVEL, type PowerLevels, type RoomRights } from "./model";

/** Room versions whose creators stand above all power levels; versions not listed here are newer and do too. */
const CREATORS_WITHOUT_PRIVILEGE: ReadonlySet<string> = new Set(["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"]);

export function creatorsArePrivileged(version: string): boolean {
  return !CREATORS_WITHOUT_PRIVILEGE.has(version);
}

function levels(value: unknown): Record<string, number> {
  const found: Record<string, number> = {};
  for (const [key, each] of Object.entries(object(value) ?? {})) {
    const level = number(each);
    if (level !== null) found[key] = level;
  }
  return found;
}

/**
 * Pure. m.room.power_levels with its defaults; without such an event everybody has 0 and the creator
 * 100 (before version 12). Source: client-server API, m.room.power_levels.
 */
export function parsePowerLevels(content: Content | null, creators: readonly UserId[]): PowerLevels {
  if (content === null) {
    return {
      users: Object.fromEntries(creators.slice(0, 1).map((creator) => [creator, 100])),
      usersDefault: 0,
      events: {},
      eventsDefault: 0,
      stateDefault: 0,
      invite: 0,
      kick: 50,
      ban: 50,
      redact: 50,
      notifyRoom: 50,
    };
  }
  return {
    users: levels(content["users"]),
    usersDefault: number(content["users_default"]) ?? 0,
    events: levels(content["events"]),
    eventsDefault: number(content["events_default"]) ?? 0,
    stateDefault: number(content["state_default"]) ?? 50,
    invite: number(content["invite"]) ?? 0,
    kick: number(content["kick"]) ?? 50,
    ban: number(content["ban"]) ?? 50,
    redact: number(content["redact"]) ?? 50,
    notifyRoom: number(at(content, "notifications", "room")) ?? 50,
  };
}

/** Pure. The event's content with these levels changed and everything else as it was. */
export function changedPowerLevels(content: Content | null, change: Partial<PowerLevels>): Content {
  const names: Record<Exclude<keyof PowerLevels, "notifyRoom">, string> = {
    users: "users",
    usersDefault: "users_default",
    events: "events",
    eventsDefault: "events_default",
    stateDefault: "state_default",
    invite: "invite",
    kick: "kick",
    ban: "ban",
    redact: "redact",
  };
  const next: Record<string, unknown> = { ...content };
  for (const [ours, theirs] of Object.entries(names)) {
    const value = change[ours as keyof PowerLevels];
    if (value === undefined) continue;
    next[theirs] = typeof value === "number" ? value : { ...object(content?.[theirs]), ...value };
  }
  if (change.notifyRoom !== undefined) {
    next["notifications"] = { ...object(content?.["notifications"]), room: change.notifyRoom };
  }
  return next;
}

/** Who counts as creator: the sender of the create event and, from version 12, the additional ones. */
export function creatorsOf(version: string, sender: UserId, create: Content): readonly UserId[] {
  if (!creatorsArePrivileged(version)) return [text(create["creator"]) ?? sender];
  const more = list(create["additional_creators"]).filter((each): each is string => typeof each === "string");
  return [...new Set([sender, ...more])];
}

export interface Powers {
  readonly levels: PowerLevels;
  readonly creators: readonly UserId[];
  readonly version: string;
}

export function levelOf(powers: Powers, userId: UserId): number {
  if (creatorsArePrivileged(powers.version) && powers.creators.includes(userId)) return CREATOR_LEVEL;
  return powers.levels.users[userId] ?? powers.levels.usersDefault;
}

export function roleOf(powers: Powers, userId: UserId): "creator" | "admin" | "moderator" | "member" {
  const level = levelOf(powers, userId);
  if (level === CREATOR_LEVEL) return "creator";
  if (level >= 100) return "admin";
  return level >= 50 && level > powers.levels.usersDefault ? "moderator" : "member";
}

export function canSend(powers: Powers, userId: UserId, type: string): boolean {
  return levelOf(powers, userId) >= (powers.levels.events[type] ?? powers.levels.eventsDefault);
}

export function canSetState(powers: Powers, userId: UserId, type: string): boolean {
  return levelOf(powers, userId) >= (powers.levels.events[type] ?? powers.levels.stateDefault);
}

const NO_RIGHTS: RoomRights = {
  send: false,
  react: false,
  redactOthers: false,
  invite: false,
  kick: false,
  ban: false,
  setName: false,
  setTopic: false,
  setAvatar: false,
  setJoinRule: false,
  setHistoryVisibility: false,
  setPowerLevels: false,
  setAliases: false,
  notifyRoom: false,
  pin: false,
};

/** Pure. What `me` may do; nothing unless joined. */
export function rightsOf(powers: Powers, me: UserId, joined: boolean): RoomRights {
  if (!joined) return NO_RIGHTS;
  const { levels: required } = powers;
  const level = levelOf(powers, me);
  const state = (type: string): boolean => canSetState(powers, me, type);
  return {
    send: canSend(powers, me, "m.room.message"),
    react: canSend(powers, me, "m.reaction"),
    redactOthers: level >= required.redact && canSend(powers, me, "m.room.redaction"),
    invite: level >= required.invite,
    kick: level >= required.kick,
    ban: level >= required.ban,
    setName: state("m.room.name"),
    setTopic: state("m.room.topic"),
    setAvatar: state("m.room.avatar"),
    setJoinRule: state("m.room.join_rules"),
    setHistoryVisibility: state("m.room.history_visibility"),
    setPowerLevels: state("m.room.power_levels"),
    setAliases: state("m.room.canonical_alias"),
    notifyRoom: level >= required.notifyRoom,
    pin: state("m.room.pinned_events"),
  };
}
