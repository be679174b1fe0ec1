import { expect, it } from "vitest";
import { directRooms, hasPushRule, notificationModes } from "./accountData";
import { parseCapabilities } from "./accountSession";

it("m.direct says with whom a room is a conversation", () => {
  expect([...directRooms({ "@ivan:test": ["!a", 5, "!b"], nobody: ["!c"], "@olga:test": "!d" })]).toEqual([
    ["!a", "@ivan:test"],
    ["!b", "@ivan:test"],
  ]);
  expect(directRooms(undefined).size).toBe(0);
});

it("push rules say which rooms are silent", () => {
  const condition = (roomId: string): object => ({ kind: "event_match", key: "room_id", pattern: roomId });
  const content = {
    global: {
      room: [
        { rule_id: "!all", enabled: true, actions: ["notify"] },
        { rule_id: "!mentions", enabled: true, actions: [] },
        { rule_id: "!off", enabled: false, actions: [] },
        { rule_id: "!muted", enabled: true, actions: ["notify"] },
      ],
      override: [
        { rule_id: "!muted", enabled: true, actions: ["dont_notify"], conditions: [condition("!muted")] },
        { rule_id: ".m.rule.suppress", enabled: true, actions: [], conditions: [condition("!x"), { kind: "other" }] },
      ],
    },
  };
  expect(Object.fromEntries(notificationModes(content))).toEqual({ "!all": "all", "!mentions": "mentions", "!muted": "mute" });
});

it("a rule is looked for by kind and name, and may be there while nothing is known", () => {
  const content = { global: { room: [{ rule_id: "!a", enabled: false, actions: [] }] } };
  expect(hasPushRule(content, "room", "!a")).toBe(true);
  expect(hasPushRule(content, "override", "!a")).toBe(false);
  expect(hasPushRule(content, "room", "!b")).toBe(false);
  expect(hasPushRule(undefined, "room", "!a")).toBe(true);
});

it("capabilities that a server does not mention are allowed, administration is not", () => {
  expect(parseCapabilities({})).toMatchObject({ admin: false, canChangePassword: true });
  const answer = { capabilities: { "m.change_password": { enabled: false }, "org.teammessenger.account": { admin: true } } };
  expect(parseCapabilities(answer)).toMatchObject({ admin: true, canChangePassword: false, canSetAvatar: true });
});
