import { describe, expect, it } from "vitest";
import { parsePowerLevels, type Powers } from "../rooms/powers";
import type { MemberRecord } from "../rooms/record";
import { memberList } from "./memberList";
import { Names } from "./names";

const anna = "@anna:test";

function members(...list: [userId: string, displayName: string | null, membership?: MemberRecord["membership"]][]): Map<string, MemberRecord> {
  return new Map(list.map(([userId, displayName, membership]) => [userId, { userId, displayName, avatar: null, membership: membership ?? "join" }]));
}

describe("names", () => {
  it("are display names, or the localpart", () => {
    const names = new Names(members([anna, "Anna"], ["@ivan:test", null]));
    expect([names.nameOf(anna), names.nameOf("@ivan:test"), names.nameOf("@stranger:test")]).toEqual(["Anna", "ivan", "stranger"]);
  });

  it("that two people share carry the user id, however they are written", () => {
    const names = new Names(members([anna, "Anna"], ["@other:test", "ANNA "], ["@gone:test", "Ivan", "leave"], ["@ivan:test", "Ivan"]));
    expect(names.nameOf(anna)).toBe("Anna (@anna:test)");
    expect(names.nameOf("@ivan:test")).toBe("Ivan");
  });
});

describe("the list of members", () => {
  const people = members([anna, "Anna"], ["@zoe:test", "Zoe"], ["@ivan:test", "Ivan"], ["@new:test", "New", "invite"], ["@bad:test", "Bad", "ban"], ["@gone:test", "Gone", "leave"]);
  const powers: Powers = { version: "11", creators: [], levels: parsePowerLevels({ users: { [anna]: 100, "@zoe:test": 50 } }, []) };

  it("is sorted by presence, role and name, without those who left", () => {
    const { members: list } = memberList(people, new Names(people), powers, anna, true);
    expect(list.map((member) => member.name)).toEqual(["Anna", "Zoe", "Ivan", "New", "Bad"]);
    expect(list.map((member) => member.role)).toEqual(["admin", "moderator", "member", "member", "member"]);
  });

  it("says what I may do to each, never to those at or above my level", () => {
    const can = (me: string, other: string): object | undefined =>
      memberList(people, new Names(people), powers, me, true).members.find((member) => member.userId === other)?.can;
    expect(can(anna, "@zoe:test")).toEqual({ kick: true, ban: true, unban: false, setRole: true });
    expect(can("@zoe:test", "@ivan:test")).toEqual({ kick: true, ban: true, unban: false, setRole: true });
    expect(can("@zoe:test", anna)).toEqual({ kick: false, ban: false, unban: false, setRole: false });
    expect(can(anna, "@bad:test")).toMatchObject({ kick: false, unban: true });
    expect(can(anna, anna)).toEqual({ kick: false, ban: false, unban: false, setRole: true });
    expect(can("@ivan:test", "@new:test")).toMatchObject({ kick: false });
  });
});
