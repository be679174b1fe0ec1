import { describe, expect, it } from "vitest";
import { eg } from "../../test/eg";
import { newRecord } from "./record";
import { memberOf, withState, withStrippedState } from "./roomState";

describe("state events", () => {
  it("fill the record, and nonsense does no harm", () => {
    const events = [
      eg.state("m.room.create", { room_version: "12", type: "m.space" }, { sender: "@olga:test" }),
      eg.state("m.room.join_rules", { join_rule: "public" }),
      eg.state("m.room.encryption", { algorithm: "m.megolm.v1.aes-sha2" }),
      eg.state("m.room.tombstone", { replacement_room: "!new:test" }),
      eg.state("m.room.pinned_events", { pinned: ["$1", 2, "$3"] }),
      eg.state("m.room.name", { name: "  " }),
      eg.state("m.room.topic", { topic: 5 }),
      eg.state("m.room.name", { name: "elsewhere" }, { state_key: "x" }),
    ];
    expect(events.reduce(withState, eg.record())).toMatchObject({
      create: { version: "12", type: "m.space", creators: ["@olga:test"] },
      joinRule: "public",
      encrypted: true,
      replacedBy: "!new:test",
      pinned: ["$1", "$3"],
      name: null,
      topic: null,
    });
  });

  it("never switch encryption off again", () => {
    expect(withState(eg.record({ encrypted: true }), eg.state("m.room.encryption", {})).encrypted).toBe(true);
  });

  it("of members need a known membership", () => {
    expect(memberOf(eg.member("@ivan:test", "join", { content: { displayname: " " } }))).toMatchObject({ displayName: null });
    expect(memberOf(eg.member("@ivan:test", "dancing"))).toBeNull();
  });
});

it("an invitation says who invites me, why, and whether it is for talking", () => {
  const own = eg.member(eg.me, "invite", { sender: "@ivan:test", content: { is_direct: true, reason: "lunch" } });
  const stripped = [eg.member("@ivan:test", "join"), own].map(({ type, sender, state_key, content }) => ({ type, sender, state_key: state_key ?? "", content }));
  const record = withStrippedState(newRecord("!dm:test", "invite"), stripped, eg.me);
  expect(record.invitation).toEqual({ sender: "@ivan:test", senderName: "Ivan", senderAvatar: null, reason: "lunch", direct: true });
  expect(record.heroes).toEqual(["@ivan:test"]);
});
