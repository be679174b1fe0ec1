import { describe, expect, it } from "vitest";
import { eg } from "../../test/eg";
import { formatRoomName } from "./roomName";
import type { MemberRecord } from "./record";
import { listed, roomName, summarize } from "./summary";
import type { RoomSummary } from "./model";

const profile = (userId: string, displayName: string | null, avatar: string | null = null): Record<string, MemberRecord> => ({
  [userId]: { userId, membership: "join", displayName, avatar },
});

const context = { me: eg.me, directUserId: null, mode: "default", service: null, notices: false } as const;

describe("the name of a room", () => {
  const name = (fields: Parameters<typeof eg.record>[0]): string => formatRoomName(roomName(eg.record(fields), eg.me));
  const heroes = ["@ivan:test", "@olga:test"];
  const profiles = { ...profile("@ivan:test", "Ivan"), ...profile("@olga:test", null) };

  it("is the given one, else the alias, else its people", () => {
    expect(name({ name: "General", canonicalAlias: "#g:test", heroes, profiles })).toBe("General");
    expect(name({ canonicalAlias: "#g:test", heroes, profiles })).toBe("#g:test");
    expect(name({ heroes, profiles, joinedCount: 3 })).toBe("Ivan and olga");
  });

  it("counts those who are not named", () => {
    expect(name({ heroes, profiles, joinedCount: 5, invitedCount: 1 })).toBe("Ivan, olga and 3 others");
    expect(name({ heroes: ["@ivan:test"], profiles, joinedCount: 3 })).toBe("Ivan and 1 other");
  });

  it("says who was here when everybody has left, and that it is empty when nobody was", () => {
    expect(name({ heroes, profiles, joinedCount: 1 })).toBe("Empty room (was Ivan and olga)");
    expect(name({ joinedCount: 1 })).toBe("Empty room");
  });

  it("counts the tasks service as nobody", () => {
    const record = eg.record({ heroes: ["@ivan:test", "@tasks:test"], profiles, joinedCount: 3 });
    expect(summarize(record, { ...context, service: "@tasks:test" }).name).toMatchObject({ names: ["Ivan"], others: 0 });
  });

  it("never names me", () => {
    expect(name({ heroes: [eg.me, "@ivan:test"], profiles, joinedCount: 2 })).toBe("Ivan");
  });
});

describe("the summary of a room", () => {
  it("shows the other person's avatar in a conversation", () => {
    const record = eg.record({ heroes: ["@ivan:test"], profiles: profile("@ivan:test", "Ivan", "mxc://test/ivan") });
    expect(summarize(record, { ...context, directUserId: "@ivan:test" })).toMatchObject({ avatar: "mxc://test/ivan", directUserId: "@ivan:test" });
    expect(summarize({ ...record, joinedCount: 3 }, context).avatar).toBeNull();
  });

  it("adds the unread messages of threads to those of the room", () => {
    const threadUnread = { $a: { notifications: 2, highlights: 1 }, $b: { notifications: 1, highlights: 0 } };
    const record = eg.record({ unread: { notifications: 3, highlights: 0 }, threadUnread });
    expect(summarize(record, context)).toMatchObject({ unreadCount: 6, highlightCount: 1, unreadThreadCount: 2, hasUnread: true });
  });

  it("has something unread where others wrote after what I read, also without a notification", () => {
    const read = eg.record({ lastForeignPlace: "000000:50000001", readPlace: "000000:50000001" });
    expect(summarize(read, context).hasUnread).toBe(false);
    expect(summarize({ ...read, lastForeignPlace: "000001:50000000" }, context).hasUnread).toBe(true);
    expect(summarize({ ...read, markedUnread: true }, context).hasUnread).toBe(true);
  });

  it("counts nothing in rooms that I left", () => {
    const record = eg.record({ membership: "leave", unread: { notifications: 3, highlights: 1 } });
    expect(summarize(record, context)).toMatchObject({ unreadCount: 0, hasUnread: false, rights: { send: false } });
  });

  it("shows the last message as edited, and as redacted when it is", () => {
    const event = eg.text("helo");
    const edit = eg.edit(event.event_id, "hello");
    expect(summarize(eg.record({ lastMessage: { event, edit, senderName: "Ivan" } }), context).lastMessage).toMatchObject({ preview: { text: "hello" } });
    const gone = { ...event, content: {}, unsigned: { redacted_because: {} } };
    expect(summarize(eg.record({ lastMessage: { event: gone, edit: null, senderName: "Ivan" } }), context).lastMessage).toMatchObject({ preview: { type: "redacted" } });
  });
});

it("rooms are listed by favour, order and activity", () => {
  const room = (roomId: string, fields: Parameters<typeof eg.record>[0]): RoomSummary => summarize(eg.record({ roomId, ...fields }), context);
  const list = listed(
    [
      room("!old", { activityTs: 1 }),
      room("!new", { activityTs: 9 }),
      room("!low", { activityTs: 99, tags: { "m.lowpriority": null } }),
      room("!second", { tags: { "m.favourite": 0.5 } }),
      room("!first", { tags: { "m.favourite": 0.1 } }),
      room("!invited", { membership: "invite" }),
      room("!banned", { membership: "ban" }),
    ],
    true,
  );
  expect(list.joined.map((each) => each.roomId)).toEqual(["!first", "!second", "!new", "!old", "!low"]);
  expect(list.invites).toHaveLength(1);
  expect(list.left).toHaveLength(1);
});
