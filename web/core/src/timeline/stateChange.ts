import { object, text, texts, words } from "../api/read";
import type { Content, RawEvent } from "../api/wire";
import type { UserId } from "../ids";
import type { HistoryVisibility, JoinRule } from "../rooms/model";
import { parsePowerLevels } from "../rooms/powers";
import type { Person, StateChange } from "./model";

/** Pure. The line that a state event makes in a timeline; null for those that make none. */
export function stateChange(event: RawEvent, nameOf: (userId: UserId) => string): StateChange | null {
  const { content } = event;
  const before = object(event.unsigned?.["prev_content"]);
  switch (event.type) {
    case "m.room.member":
      return membershipChange(event, before, nameOf);
    case "m.room.create":
      return { type: "created" };
    case "m.room.name":
      return { type: "named", name: words(content["name"]) };
    case "m.room.topic":
      return { type: "topicSet", topic: words(content["topic"]) };
    case "m.room.avatar":
      return { type: "roomAvatarChanged", avatar: words(content["url"]) };
    case "m.room.canonical_alias":
      return before !== null && before["alias"] === content["alias"] ? null : { type: "aliasSet", alias: words(content["alias"]) };
    case "m.room.join_rules":
      return { type: "joinRuleSet", joinRule: (text(content["join_rule"]) ?? "invite") as JoinRule };
    case "m.room.history_visibility":
      return {
        type: "historyVisibilitySet",
        visibility: (text(content["history_visibility"]) ?? "shared") as HistoryVisibility,
      };
    case "m.room.encryption":
      return { type: "encryptionEnabled" };
    case "m.room.pinned_events":
      return { type: "pinsChanged", pinned: texts(content["pinned"]).length };
    case "m.room.tombstone":
      return { type: "replaced", by: words(content["replacement_room"]) };
    case "m.room.power_levels":
      return powerChange(content, before, nameOf);
    default:
      return null;
  }
}

/** The table of client-server API, "Room membership": what each step from one membership to another means. */
function membershipChange(event: RawEvent, before: Content | null, nameOf: (userId: UserId) => string): StateChange | null {
  const userId = event.state_key ?? "";
  const from = text(before?.["membership"]) ?? "leave";
  const to = text(event.content["membership"]);
  const reason = words(event.content["reason"]);
  const self = event.sender === userId;
  const person: Person = {
    userId,
    name: words(event.content["displayname"]) ?? words(before?.["displayname"]) ?? nameOf(userId),
  };
  switch (to) {
    case "join":
      return from === "join" ? profileChange(event.content, before) : { type: "joined" };
    case "invite":
      return from === "invite" ? null : { type: "invited", person };
    case "knock":
      return from === "knock" ? null : { type: "knocked", reason };
    case "ban":
      return from === "ban" ? null : { type: "banned", person, reason };
    case "leave":
      if (from === "invite") return self ? { type: "inviteRejected" } : { type: "inviteWithdrawn", person };
      if (from === "knock") return self ? { type: "knockWithdrawn" } : { type: "knockDenied", person };
      if (from === "ban") return { type: "unbanned", person };
      return self ? { type: "left", reason } : { type: "kicked", person, reason };
    default:
      return null;
  }
}

function profileChange(now: Content, before: Content | null): StateChange | null {
  const [from, to] = [words(before?.["displayname"]), words(now["displayname"])];
  if (from !== to) return { type: "displayNameChanged", from, to };
  return words(before?.["avatar_url"]) === words(now["avatar_url"]) ? null : { type: "ownAvatarChanged" };
}

function powerChange(now: Content, before: Content | null, nameOf: (userId: UserId) => string): StateChange | null {
  if (before === null) return null; // The first one, made with the room.
  const [old, fresh] = [parsePowerLevels(before, []), parsePowerLevels(now, [])];
  const users = new Set([...Object.keys(old.users), ...Object.keys(fresh.users)]);
  const changes = [...users].flatMap((userId) => {
    const from = old.users[userId] ?? old.usersDefault;
    const to = fresh.users[userId] ?? fresh.usersDefault;
    return from === to ? [] : [{ person: { userId, name: nameOf(userId) }, from, to }];
  });
  return changes.length === 0 ? null : { type: "powerChanged", changes };
}
