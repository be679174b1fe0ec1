import { describe, expect, it } from "vitest";
import { changedPowerLevels, creatorsOf, levelOf, parsePowerLevels, rightsOf, roleOf, type Powers } from "./powers";
import { CREATOR_LEVEL } from "./model";

const anna = "@anna:test";
const ivan = "@ivan:test";

function powers(version: string, content: Record<string, unknown> | null): Powers {
  return { version, creators: [anna], levels: parsePowerLevels(content, [anna]) };
}

describe("power levels", () => {
  it("have the specification's defaults, with and without the event", () => {
    expect(parsePowerLevels({}, [])).toMatchObject({ usersDefault: 0, eventsDefault: 0, stateDefault: 50, ban: 50, kick: 50, redact: 50, invite: 0, notifyRoom: 50 });
    expect(parsePowerLevels(null, [anna])).toMatchObject({ stateDefault: 0, users: { [anna]: 100 } });
  });

  it("put creators above everybody from room version 12 on", () => {
    expect(levelOf(powers("12", {}), anna)).toBe(CREATOR_LEVEL);
    expect(levelOf(powers("11", {}), anna)).toBe(0);
    expect(roleOf(powers("12", {}), anna)).toBe("creator");
    expect(creatorsOf("12", anna, { additional_creators: [ivan, anna] })).toEqual([anna, ivan]);
    expect(creatorsOf("10", anna, { creator: ivan })).toEqual([ivan]);
  });

  it("decide what I may do", () => {
    const content = { users: { [ivan]: 50 }, events: { "m.room.name": 60, "m.reaction": 10 }, invite: 20 };
    expect(rightsOf(powers("11", content), ivan, true)).toMatchObject({ send: true, setTopic: true, setName: false, kick: true });
    expect(rightsOf(powers("11", content), "@guest:test", true)).toMatchObject({ send: true, react: false, invite: false, setTopic: false });
    expect(Object.values(rightsOf(powers("11", content), ivan, false)).some(Boolean)).toBe(false);
  });

  it("name roles by what people can do here", () => {
    const content = { users: { [anna]: 100, [ivan]: 50 } };
    const { levels } = powers("11", content);
    expect(roleOf(powers("11", content), anna)).toBe("admin");
    expect(roleOf(powers("11", content), ivan)).toBe("moderator");
    expect(roleOf({ version: "11", creators: [], levels: { ...levels, usersDefault: 50, users: {} } }, ivan)).toBe("member");
  });

  it("change where asked and stay as they are elsewhere", () => {
    const before = { users: { [anna]: 100 }, ban: 70, "org.example.more": 1 };
    expect(changedPowerLevels(before, { users: { [ivan]: 50 }, kick: 60, notifyRoom: 20 })).toEqual({
      users: { [anna]: 100, [ivan]: 50 },
      ban: 70,
      kick: 60,
      notifications: { room: 20 },
      "org.example.more": 1,
    });
  });
});
