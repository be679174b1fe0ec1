import { at, flag, text, texts, words } from "../api/read";
import type { Content, RawEvent, StrippedEvent } from "../api/wire";
import type { UserId } from "../ids";
import type { HistoryVisibility, JoinRule, Membership } from "./model";
import { creatorsOf } from "./powers";
import type { MemberRecord, RoomRecord } from "./record";

const MEMBERSHIPS: readonly string[] = ["join", "invite", "knock", "leave", "ban"];

/** Pure. What m.room.member says about its state key. */
export function memberOf(event: { readonly state_key?: string; readonly content: Content }): MemberRecord | null {
  const membership = text(event.content["membership"]);
  if (event.state_key === undefined || membership === null || !MEMBERSHIPS.includes(membership)) return null;
  return {
    userId: event.state_key,
    membership: membership as Membership,
    displayName: words(event.content["displayname"]),
    avatar: words(event.content["avatar_url"]),
  };
}

/** Pure. The record after one state event other than a membership; unknown types change nothing. */
export function withState(record: RoomRecord, event: RawEvent | StrippedEvent): RoomRecord {
  const { content } = event;
  if (event.state_key !== "") return record;
  switch (event.type) {
    case "m.room.create": {
      const version = text(content["room_version"]) ?? "1";
      const ts = "origin_server_ts" in event ? event.origin_server_ts : 0;
      const creators = creatorsOf(version, event.sender, content);
      return { ...record, create: { type: text(content["type"]), version, creators, ts } };
    }
    case "m.room.name":
      return { ...record, name: words(content["name"]) };
    case "m.room.topic":
      return { ...record, topic: words(content["topic"]) };
    case "m.room.avatar":
      return { ...record, avatar: words(content["url"]) };
    case "m.room.canonical_alias":
      return { ...record, canonicalAlias: words(content["alias"]), altAliases: texts(content["alt_aliases"]) };
    case "m.room.join_rules":
      return { ...record, joinRule: (text(content["join_rule"]) ?? "invite") as JoinRule };
    case "m.room.history_visibility":
      return { ...record, historyVisibility: (text(content["history_visibility"]) ?? "shared") as HistoryVisibility };
    case "m.room.guest_access":
      return { ...record, guestAccess: content["guest_access"] === "can_join" };
    case "m.room.encryption":
      return { ...record, encrypted: record.encrypted || text(content["algorithm"]) !== null };
    case "m.room.pinned_events":
      return { ...record, pinned: texts(content["pinned"]) };
    case "m.room.power_levels":
      return { ...record, powerLevels: content };
    case "m.room.tombstone":
      return { ...record, replacedBy: words(content["replacement_room"]) };
    default:
      return record;
  }
}

/** Pure. A record of an invitation or knock out of its stripped state. */
export function withStrippedState(record: RoomRecord, state: readonly StrippedEvent[], me: UserId): RoomRecord {
  const members = new Map<UserId, MemberRecord>();
  let own: StrippedEvent | null = null;
  let next: RoomRecord = record;
  for (const event of state) {
    next = withState(next, event);
    if (event.type !== "m.room.member") continue;
    const member = memberOf(event);
    if (member !== null) members.set(member.userId, member);
    if (event.state_key === me) own = event;
  }
  const others = [...members.values()].filter((member) => member.userId !== me);
  const inviter = own === null ? undefined : members.get(own.sender);
  return {
    ...next,
    heroes: others.map((member) => member.userId).slice(0, 5),
    profiles: Object.fromEntries(others.map((member) => [member.userId, member])),
    joinedCount: others.filter((member) => member.membership === "join").length,
    invitation:
      own === null || next.membership !== "invite"
        ? null
        : {
            sender: own.sender,
            senderName: inviter?.displayName ?? own.sender,
            senderAvatar: inviter?.avatar ?? null,
            reason: words(own.content["reason"]),
            direct: flag(at(own.content, "is_direct")),
          },
  };
}
