import { expect, it } from "vitest";
import { eg } from "../../test/eg";
import { stateChange } from "./stateChange";

const ivan = "@ivan:test";
const nameOf = (userId: string): string => userId;
const after = (membership: string, displayname?: string): { unsigned: { prev_content: object } } => ({
  unsigned: { prev_content: { membership, ...(displayname === undefined ? {} : { displayname }) } },
});

it.each([
  ["joins", eg.member(ivan, "join"), { type: "joined" }],
  ["accepts an invitation", eg.member(ivan, "join", after("invite")), { type: "joined" }],
  ["leaves", eg.member(ivan, "leave", after("join")), { type: "left", reason: null }],
  ["is invited", eg.member(ivan, "invite", { sender: eg.me }), { type: "invited", person: { userId: ivan, name: "Ivan" } }],
  ["declines", eg.member(ivan, "leave", after("invite")), { type: "inviteRejected" }],
  ["is uninvited", eg.member(ivan, "leave", { ...after("invite"), sender: eg.me }), { type: "inviteWithdrawn", person: { userId: ivan, name: "Ivan" } }],
  ["is removed", eg.member(ivan, "leave", { ...after("join"), sender: eg.me, content: { reason: "spam" } }), { type: "kicked", person: { userId: ivan, name: "Ivan" }, reason: "spam" }],
  ["is banned", eg.member(ivan, "ban", { ...after("join"), sender: eg.me }), { type: "banned", person: { userId: ivan, name: "Ivan" }, reason: null }],
  ["is unbanned", eg.member(ivan, "leave", { ...after("ban"), sender: eg.me }), { type: "unbanned", person: { userId: ivan, name: "Ivan" } }],
  ["knocks", eg.member(ivan, "knock", { content: { reason: "please" } }), { type: "knocked", reason: "please" }],
  ["gives up knocking", eg.member(ivan, "leave", after("knock")), { type: "knockWithdrawn" }],
  ["is turned away", eg.member(ivan, "leave", { ...after("knock"), sender: eg.me }), { type: "knockDenied", person: { userId: ivan, name: "Ivan" } }],
  ["changes the name", eg.member(ivan, "join", after("join", "Vanya")), { type: "displayNameChanged", from: "Vanya", to: "Ivan" }],
  ["changes nothing", eg.member(ivan, "join", after("join", "Ivan")), null],
])("somebody who %s makes the line for it", (_what, event, line) => {
  expect(stateChange(event, nameOf)).toEqual(line);
});

it.each([
  ["m.room.create", {}, { type: "created" }],
  ["m.room.name", { name: "General" }, { type: "named", name: "General" }],
  ["m.room.name", {}, { type: "named", name: null }],
  ["m.room.topic", { topic: "Work" }, { type: "topicSet", topic: "Work" }],
  ["m.room.avatar", { url: "mxc://a/b" }, { type: "roomAvatarChanged", avatar: "mxc://a/b" }],
  ["m.room.join_rules", { join_rule: "knock" }, { type: "joinRuleSet", joinRule: "knock" }],
  ["m.room.history_visibility", { history_visibility: "joined" }, { type: "historyVisibilitySet", visibility: "joined" }],
  ["m.room.encryption", { algorithm: "x" }, { type: "encryptionEnabled" }],
  ["m.room.pinned_events", { pinned: ["$1"] }, { type: "pinsChanged", pinned: 1 }],
  ["m.room.tombstone", { replacement_room: "!new" }, { type: "replaced", by: "!new" }],
  ["org.example.unknown", {}, null],
])("%s %j makes its line", (type, content, line) => {
  expect(stateChange(eg.state(type, content), nameOf)).toEqual(line);
});

it("names those whose power changed, and says nothing of a room's first levels", () => {
  const now = eg.state("m.room.power_levels", { users: { [ivan]: 50 } }, { unsigned: { prev_content: { users: { [eg.me]: 100 } } } });
  expect(stateChange(now, nameOf)).toEqual({
    type: "powerChanged",
    changes: [
      { person: { userId: eg.me, name: eg.me }, from: 100, to: 0 },
      { person: { userId: ivan, name: ivan }, from: 0, to: 50 },
    ],
  });
  expect(stateChange(eg.state("m.room.power_levels", {}), nameOf)).toBeNull();
});
