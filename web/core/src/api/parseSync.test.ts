import { expect, it } from "vitest";
import { parseSync } from "./parseSync";

it("a sync answer is read as far as it makes sense", () => {
  const answer = parseSync({
    next_batch: "s1",
    rooms: {
      join: {
        "!a": {
          timeline: { events: [{ event_id: "$1", type: "m.room.message", sender: "@a:b", content: { body: "x" } }, { type: "no id" }, 7, null], limited: true, prev_batch: "p" },
          state: { events: [{ event_id: "$2", type: "m.room.name", sender: "@a:b", state_key: "", content: [] }, { event_id: "$3", type: "no.state", sender: "@a:b" }] },
          unread_notifications: { notification_count: 2, highlight_count: "many" },
          unread_thread_notifications: { $t: { notification_count: 1 } },
          summary: { "m.heroes": ["@a:b", 5], "m.joined_member_count": 3 },
        },
        "!b": { state_after: { events: [] } },
        "!c": null,
      },
      invite: { "!i": { invite_state: { events: [{ type: "m.room.name", state_key: "", sender: "@a:b", content: { name: "n" } }, {}] } } },
      leave: "nonsense",
    },
    account_data: { events: [{ type: "m.direct", content: {} }, { content: {} }] },
  });
  expect(answer.nextBatch).toBe("s1");
  expect(answer.rooms.map((room) => [room.roomId, room.timeline.length, room.state.length, room.stateAfter])).toEqual([
    ["!a", 1, 1, false],
    ["!b", 0, 0, true],
    ["!c", 0, 0, false],
  ]);
  expect(answer.rooms[0]).toMatchObject({
    limited: true,
    prevBatch: "p",
    unread: { notifications: 2, highlights: 0 },
    threadUnread: { $t: { notifications: 1, highlights: 0 } },
    summary: { heroes: ["@a:b"], joinedCount: 3, invitedCount: null },
  });
  expect(answer.rooms[1]).toMatchObject({ unread: null, threadUnread: null });
  expect(answer.stripped).toMatchObject([{ roomId: "!i", membership: "invite", state: [{ type: "m.room.name" }] }]);
  expect(answer.accountData).toHaveLength(1);
});

it("an answer without a position is refused", () => {
  expect(() => parseSync({ rooms: {} })).toThrow(TypeError);
  expect(() => parseSync("<html>")).toThrow(TypeError);
});
