import { describe, expect, it } from "vitest";
import { formatRoomName, MemoryStore, type Client, type SentItem, type TimelineItem } from "../src/index";
import { settled, TestClock, until } from "./clock";
import { bodies, FakeServer } from "./fakeServer";

const anna = "@anna:test";
const ivan = "@ivan:test";

function setUp(): { clock: TestClock; server: FakeServer } {
  const clock = new TestClock();
  return { clock, server: new FakeServer(clock.now) };
}

async function started(server: FakeServer, clock: TestClock, userId: string, store = new MemoryStore()): Promise<Client> {
  const client = server.client(userId, { store, platform: clock, now: clock.now });
  await client.start();
  await until(() => client.sync.state.getSnapshot().kind === "live", "the first sync");
  return client;
}

function watch(client: Client, roomId: string): () => readonly TimelineItem[] {
  const { timeline } = client.rooms.room(roomId);
  timeline.subscribe(() => undefined);
  return () => timeline.getSnapshot().items;
}

const shown = (items: readonly TimelineItem[]): string[] =>
  items.flatMap((item) => ("content" in item && "body" in item.content ? [`${item.kind}: ${item.content.body}`] : []));

describe("talking", () => {
  it("shows what others say, and what I say at once, with one key from echo to event", async () => {
    const { server, clock } = setUp();
    const room = server.home.room([anna, ivan], { name: "General" });
    server.home.say(room, ivan, "hello");
    const client = await started(server, clock, anna);
    const items = watch(client, room.roomId);
    await until(() => shown(items()).length === 1);

    const release = server.hold(/PUT .*\/send\//);
    await client.rooms.room(room.roomId).timeline.sendText({ body: "hi Ivan" });
    expect(shown(items())).toEqual(["sent: hello", "sending: hi Ivan"]);
    const key = items().at(-1)?.key;
    release();
    await until(() => shown(items()).includes("sent: hi Ivan"));
    await settled();
    expect(shown(items())).toEqual(["sent: hello", "sent: hi Ivan"]);
    expect(items().at(-1)?.key).toBe(key);
    expect(client.sendQueue.entries.getSnapshot()).toEqual([]);
    expect(bodies(room.events)).toEqual(["hello", "hi Ivan"]);
    await client.stop();
  });

  it("lists rooms with their names, last messages and unread counts", async () => {
    const { server, clock } = setUp();
    const room = server.home.room([anna, ivan]);
    const client = await started(server, clock, anna);
    server.home.say(room, ivan, "one", { "m.mentions": { user_ids: [anna] } });
    clock.time += 1000;
    server.home.say(room, ivan, "two");
    await until(() => client.rooms.list.getSnapshot().joined[0]?.unreadCount === 2);
    const [summary] = client.rooms.list.getSnapshot().joined;
    expect(summary && formatRoomName(summary.name)).toBe("Ivan");
    expect(summary).toMatchObject({ highlightCount: 1, hasUnread: true, joinedCount: 2 });
    expect(summary?.lastMessage).toMatchObject({ senderName: "Ivan", preview: { type: "text", text: "two" } });
    expect(client.rooms.badge.getSnapshot()).toEqual({ unreadCount: 2, highlightCount: 1, inviteCount: 0 });

    watch(client, room.roomId);
    await settled();
    await client.rooms.room(room.roomId).timeline.markRead();
    expect(client.rooms.list.getSnapshot().joined[0]).toMatchObject({ unreadCount: 0, hasUnread: false });
    await until(() => server.callsTo(/receipt\/m.read\//).length === 1);
    await settled();
    expect(client.rooms.list.getSnapshot().joined[0]).toMatchObject({ unreadCount: 0, hasUnread: false });
    await client.stop();
  });

  it("edits, reacts, redacts and replies", async () => {
    const { server, clock } = setUp();
    const room = server.home.room([anna, ivan]);
    const question = server.home.say(room, ivan, "lunch?");
    const client = await started(server, clock, anna);
    const items = watch(client, room.roomId);
    await until(() => shown(items()).length === 1);
    const { timeline } = client.rooms.room(room.roomId);

    await timeline.sendText({ body: "yse", replyTo: question.event_id });
    await until(() => shown(items()).includes("sent: yse") && client.sendQueue.entries.getSnapshot().length === 0);
    await settled();
    const reply = items().at(-1) as SentItem;
    expect(reply.replyTo).toMatchObject({ kind: "known", senderName: "Ivan", preview: { text: "lunch?" } });
    expect(room.events.at(-1)?.content["m.mentions"]).toEqual({ user_ids: [ivan] });

    await timeline.edit(reply.eventId, { body: "yes" });
    expect(items().at(-1)).toMatchObject({ edited: true, content: { body: "yes" } });
    await until(() => (items().at(-1) as SentItem).pendingEdit === null);
    await settled();
    expect(items().at(-1)).toMatchObject({ edited: true, content: { body: "yes" }, replyTo: { kind: "known" } });

    await client.rooms.room(room.roomId).toggleReaction(question.event_id, "👍");
    expect((items()[items().length - 2] as SentItem).reactions).toMatchObject([{ key: "👍", count: 1, mine: true }]);
    await settled();
    server.home.append(room, ivan, "m.reaction", { "m.relates_to": { rel_type: "m.annotation", event_id: question.event_id, key: "👍" } });
    await settled();
    expect((items()[items().length - 2] as SentItem).reactions).toMatchObject([{ count: 2, mine: true, pending: false }]);
    await client.rooms.room(room.roomId).toggleReaction(question.event_id, "👍");
    await settled();
    expect((items()[items().length - 2] as SentItem).reactions).toMatchObject([{ count: 1, mine: false }]);

    await client.rooms.room(room.roomId).redact(reply.eventId);
    expect(items().at(-1)).toMatchObject({ kind: "redacted" });
    await settled();
    expect(items().at(-1)).toMatchObject({ kind: "redacted", redactedBy: anna });
    await client.stop();
  });
});
