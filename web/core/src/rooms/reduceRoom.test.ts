import { describe, expect, it } from "vitest";
import { eg } from "../../test/eg";
import type { RawEvent, SyncedRoom } from "../api/wire";
import { reduceRoom, type RoomContext, type RoomDelta } from "./reduceRoom";
import type { RoomRecord } from "./record";

const ivan = "@ivan:test";

function part(fields: Partial<SyncedRoom> = {}): SyncedRoom {
  return {
    roomId: "!room:test",
    membership: "join",
    timeline: [],
    limited: false,
    prevBatch: null,
    state: [],
    stateAfter: false,
    ephemeral: [],
    accountData: [],
    summary: { heroes: null, joinedCount: null, invitedCount: null },
    unread: null,
    threadUnread: null,
    ...fields,
  };
}

function reduce(previous: RoomRecord | null, fields: Partial<SyncedRoom>, known: Partial<RoomContext> = {}): RoomDelta {
  const nothing = new Map<string, never>();
  return reduceRoom(previous, part(fields), {
    me: eg.me,
    places: nothing,
    targets: nothing,
    currentState: new Set(),
    members: nothing,
    receipts: nothing,
    ...known,
  });
}

/** The places of what a delta appended, as the store would find them. */
function placesOf(delta: RoomDelta): Map<string, string> {
  return new Map(delta.appended.map(({ event, place }) => [event.event_id, place]));
}

describe("a room of a sync answer", () => {
  it("applies state before the timeline, and state in the timeline after it", () => {
    const { record } = reduce(null, {
      state: [eg.state("m.room.name", { name: "Old" }), eg.state("m.room.topic", { topic: "Work" })],
      timeline: [eg.state("m.room.name", { name: "New" })],
    });
    expect(record).toMatchObject({ name: "New", topic: "Work" });
  });

  it("lets state_after alone decide, except about members it leaves out", () => {
    const kick = eg.member(ivan, "leave", { sender: eg.me });
    const { record, members } = reduce(null, {
      stateAfter: true,
      state: [eg.state("m.room.name", { name: "Resolved" })],
      timeline: [eg.state("m.room.name", { name: "Lost" }), kick],
    });
    expect(record.name).toBe("Resolved");
    expect(members).toMatchObject([{ userId: ivan, membership: "leave" }]);
  });

  it("skips events that it has", () => {
    const [a, b] = [eg.text("a"), eg.text("b")];
    const first = reduce(null, { timeline: [a, b] });
    const second = reduce(first.record, { timeline: [b, eg.text("c"), b] }, { places: placesOf(first) });
    expect(second.appended.map(({ event }) => event.content["body"])).toEqual(["c"]);
  });

  it("opens a gap when limited, unless the timeline reaches what it has", () => {
    const a = eg.text("a");
    const first = reduce(null, { timeline: [a], limited: true, prevBatch: "p0" });
    expect(first.gap).toBe(false);
    expect(reduce(first.record, { timeline: [eg.text("z")], limited: true, prevBatch: "p1" })).toMatchObject({
      gap: true,
      record: { track: { segments: [{ prevBatch: "p0" }, { prevBatch: "p1" }] } },
    });
    expect(reduce(first.record, { timeline: [a, eg.text("b")], limited: true, prevBatch: "p1" }, { places: placesOf(first) }).gap).toBe(false);
  });

  it("no longer trusts its list of members after a gap", () => {
    const before = { ...reduce(null, { timeline: [eg.text("a")] }).record, membersComplete: true };
    expect(reduce(before, { timeline: [eg.text("b")] }).record.membersComplete).toBe(true);
    expect(reduce(before, { timeline: [eg.text("b")], limited: true }).record.membersComplete).toBe(false);
  });

  it("forgets members and state of a room that it enters again, and keeps its history", () => {
    const left = { ...reduce(null, { timeline: [eg.text("a")], state: [eg.state("m.room.topic", { topic: "Old" })] }).record, membership: "leave" as const };
    const again = reduce(left, { timeline: [eg.member(eg.me, "join")], prevBatch: "p" });
    expect(again).toMatchObject({ afresh: true, gap: true, record: { topic: null, membership: "join" } });
    expect(again.record.track.segments).toHaveLength(2);
  });

  it("goes on where it left a room when the answer reaches back that far", () => {
    const [a, b] = [eg.text("a"), eg.text("b")];
    const first = reduce(null, { timeline: [a, b], prevBatch: "p0" });
    const left = { ...first.record, membership: "leave" as const };
    const timeline = [eg.text("older"), a, b, eg.member(eg.me, "join"), eg.text("c")];
    const again = reduce(left, { timeline, prevBatch: "p1" }, { places: placesOf(first) });
    expect(again).toMatchObject({ afresh: true, gap: false, record: { track: { segments: [{ prevBatch: "p0" }] } } });
    expect(again.appended.map(({ event }) => event.type)).toEqual(["m.room.member", "m.room.message"]);
  });

  it("redacts what came in the same answer and what came before", () => {
    const early = eg.text("early");
    const first = reduce(null, { timeline: [early] });
    const late = eg.text("late");
    const redaction = (target: RawEvent): RawEvent => eg.event({ type: "m.room.redaction", content: { redacts: target.event_id } });
    const targets = new Map([[early.event_id, first.appended[0] ?? fail()]]);
    const delta = reduce(first.record, { timeline: [late, redaction(late), redaction(early)] }, { targets });
    expect(delta.appended[0]?.event.content).toEqual({});
    expect(delta.replaced).toMatchObject([{ event: { event_id: early.event_id, content: {} } }]);
  });

  it("tells a ban from other ways of being out", () => {
    const before = reduce(null, {}).record;
    expect(reduce(before, { membership: "leave", timeline: [eg.member(eg.me, "ban", { sender: ivan })] }).record.membership).toBe("ban");
    expect(reduce(before, { membership: "leave", timeline: [eg.member(eg.me, "leave")] }).record.membership).toBe("leave");
  });
});

describe("the last message", () => {
  it("is the newest message, with the name of its writer, and its edits", () => {
    const first = reduce(null, { state: [eg.member(ivan, "join")], timeline: [eg.text("helo", { event_id: "$m", sender: ivan })] });
    expect(first.record.lastMessage).toMatchObject({ senderName: "Ivan", edit: null });
    const second = reduce(first.record, { timeline: [eg.edit("$m", "hello", { sender: ivan }), eg.reaction("$m", "👍", ivan)] });
    expect(second.record.lastMessage).toMatchObject({ event: { event_id: "$m" }, edit: { content: { body: "* hello" } } });
  });

  it("is redacted with its event", () => {
    const first = reduce(null, { timeline: [eg.text("x", { event_id: "$m" })] });
    const targets = new Map([["$m", first.appended[0] ?? fail()]]);
    const redaction = eg.event({ type: "m.room.redaction", content: { redacts: "$m" } });
    expect(reduce(first.record, { timeline: [redaction] }, { targets }).record.lastMessage?.event.content).toEqual({});
  });
});

describe("counts, tags and receipts", () => {
  it("replace the counts of threads as a whole, and leave them when the answer does not speak of them", () => {
    const unread = { notifications: 1, highlights: 0 };
    const first = reduce(null, { unread, threadUnread: { $a: unread } }).record;
    expect(reduce(first, {}).record).toMatchObject({ unread, threadUnread: { $a: unread } });
    expect(reduce(first, { unread: { notifications: 0, highlights: 0 } }).record.threadUnread).toEqual({});
  });

  it("that the server made before it had my receipt do not come back", () => {
    const unread = { notifications: 2, highlights: 1 };
    const read = { ...reduce(null, {}).record, readHere: ["main", "$t"] };
    const stale = reduce(read, { unread, threadUnread: { $t: unread, $other: unread } }).record;
    expect(stale).toMatchObject({ unread: { notifications: 0 }, readHere: ["main", "$t"] });
    expect(Object.keys(stale.threadUnread)).toEqual(["$other"]);
    const ephemeral = [{ type: "m.receipt", content: { $1: { "m.read": { [eg.me]: { ts: 1, thread_id: "main" } } } } }];
    expect(reduce(read, { unread, ephemeral }).record).toMatchObject({ unread, readHere: ["$t"] });
    expect(reduce(read, { unread, timeline: [eg.text("new")] }).record).toMatchObject({ unread, readHere: ["$t"] });
  });

  it("read tags, marks and the fully read event", () => {
    const accountData = [
      { type: "m.tag", content: { tags: { "m.favourite": { order: 0.2 }, "u.work": {} } } },
      { type: "m.marked_unread", content: { unread: true } },
      { type: "m.fully_read", content: { event_id: "$1" } },
    ];
    expect(reduce(null, { accountData }).record).toMatchObject({ tags: { "m.favourite": 0.2, "u.work": null }, markedUnread: true, fullyRead: "$1" });
  });

  it("keep the newest receipt of each person and thread", () => {
    const receipt = (eventId: string, ts: number, thread?: string): SyncedRoom["ephemeral"][number] => ({
      type: "m.receipt",
      content: { [eventId]: { "m.read": { [ivan]: { ts, ...(thread === undefined ? {} : { thread_id: thread }) } } } },
    });
    const { receipts } = reduce(null, { ephemeral: [receipt("$2", 2, "main"), receipt("$1", 1, "main"), receipt("$t", 1, "$root")] });
    expect(receipts.get(ivan)).toEqual({ main: { eventId: "$2", ts: 2 }, $root: { eventId: "$t", ts: 1 } });
  });

  it("take my own messages for reading, and a receipt on an unknown event for having read nothing here", () => {
    const theirs = eg.text("theirs", { sender: ivan });
    const mine = eg.text("mine", { sender: eg.me });
    const read = reduce(null, { timeline: [theirs, mine] }).record;
    expect((read.readPlace ?? "") > (read.lastForeignPlace ?? "")).toBe(true);
    const ephemeral = [{ type: "m.receipt", content: { $far: { "m.read": { [eg.me]: { ts: 1 } } } } }];
    expect(reduce(null, { timeline: [theirs], ephemeral }).record.readPlace).toBe("");
  });

  it("tell who is typing, without me", () => {
    const ephemeral = [{ type: "m.typing", content: { user_ids: [eg.me, ivan] } }];
    expect(reduce(null, { ephemeral }).typing).toEqual([ivan]);
    expect(reduce(null, {}).typing).toBeNull();
  });
});

function fail(): never {
  throw new Error("nothing was appended");
}
