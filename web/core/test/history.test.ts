import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MemoryStore, type Client, type SentItem } from "../src/index";
import { settled, until } from "./clock";
import type { FakeRoom } from "./fakeHomeserver";
import { anna, copyOf, ivan, olga, Scene, told, watch } from "./scene";

let scene: Scene;
let room: FakeRoom;

beforeEach(() => {
  scene = new Scene();
  room = scene.server.home.room([anna, ivan]);
});

afterEach(() => scene.end());

function say(from: number, to: number): void {
  for (let i = from; i < to; i += 1) scene.server.home.say(room, ivan, `m${i}`);
}

const range = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, i) => `sent: m${from + i}`);

async function loadAll(client: Client): Promise<void> {
  const { timeline } = client.rooms.room(room.roomId);
  for (let i = 0; i < 50 && timeline.getSnapshot().start.kind !== "beginning"; i += 1) await timeline.loadOlder(10);
}

describe("scrolling back", () => {
  it("reaches the beginning, each message once and in order", async () => {
    say(0, 100);
    const client = await scene.client(anna);
    const items = watch(client.rooms.room(room.roomId).timeline);
    await until(() => told(items()).length > 0);
    expect(client.rooms.room(room.roomId).timeline.getSnapshot().start.kind).toBe("more");
    await loadAll(client);
    expect(told(items())).toEqual(range(0, 100));
    expect(items()[0]).toMatchObject({ kind: "change", change: { type: "created" } });
  });

  it("finds what the store has without asking the server again", async () => {
    say(0, 100);
    const store = new MemoryStore();
    const client = await scene.client(anna, store);
    watch(client.rooms.room(room.roomId).timeline);
    await loadAll(client);
    const left = await copyOf(store);
    await client.stop();
    scene.server.offline = true;
    const next = await scene.reopen(left);
    const items = watch(next.rooms.room(room.roomId).timeline);
    await loadAll(next);
    expect(told(items())).toEqual(range(0, 100));
  });

  it("tells a failure, and goes on from there later", async () => {
    say(0, 60);
    const client = await scene.client(anna);
    const { timeline } = client.rooms.room(room.roomId);
    const items = watch(timeline);
    await until(() => told(items()).length > 0);
    scene.server.answer(/\/messages/, 500, { errcode: "M_UNKNOWN" });
    await timeline.loadOlder();
    expect(timeline.getSnapshot().start).toMatchObject({ kind: "failed", error: { status: 500 } });
    await loadAll(client);
    expect(told(items())).toEqual(range(0, 60));
  });

  it("passes pages that show nothing", async () => {
    const target = scene.server.home.say(room, ivan, "popular");
    for (let i = 0; i < 60; i += 1) {
      scene.server.home.append(room, ivan, "m.reaction", { "m.relates_to": { rel_type: "m.annotation", event_id: target.event_id, key: `k${i}` } });
    }
    const client = await scene.client(anna);
    const { timeline } = client.rooms.room(room.roomId);
    const items = watch(timeline);
    await settled();
    expect(items()).toEqual([]);
    await timeline.loadOlder(15);
    expect(told(items())).toEqual(["sent: popular"]);
    expect((items().at(-1) as SentItem).reactions).toHaveLength(60);
  });

  it("goes back until a quoted message, or says that it is not there", async () => {
    say(0, 90);
    const client = await scene.client(anna);
    const { timeline } = client.rooms.room(room.roomId);
    const items = watch(timeline);
    const wanted = room.events.find((event) => event.content["body"] === "m3")?.event_id ?? "";
    expect(await timeline.loadUntil(wanted)).toBe(true);
    expect(told(items())).toContain("sent: m3");
    expect(await timeline.loadUntil("$nowhere")).toBe(false);
  });
});

describe("a gap", () => {
  it("shows the newest messages, and closes by scrolling back, without a hole or a double", async () => {
    say(0, 20);
    const store = new MemoryStore();
    const client = await scene.client(anna, store);
    watch(client.rooms.room(room.roomId).timeline);
    await settled();
    const left = await copyOf(store);
    await client.stop();
    say(20, 120);
    const next = await scene.reopen(left);
    const items = watch(next.rooms.room(room.roomId).timeline);
    await settled();
    expect(told(items())).toEqual(range(90, 120));
    await loadAll(next);
    expect(told(items())).toEqual(range(0, 120));
    expect(new Set(items().map((item) => item.key)).size).toBe(items().length);
  });

  it("that opens while the room is looked at shows the newest part", async () => {
    say(0, 5);
    const client = await scene.client(anna);
    const items = watch(client.rooms.room(room.roomId).timeline);
    await until(() => told(items()).length === 5);
    const release = scene.server.hold(/\/sync/);
    say(5, 6);
    await settled();
    say(6, 60);
    release();
    await settled();
    await loadAll(client);
    expect(told(items())).toEqual(range(0, 60));
  });

  it("is passed once: the piece before it comes from the store afterwards", async () => {
    say(0, 40);
    const store = new MemoryStore();
    const first = await scene.client(anna, store);
    watch(first.rooms.room(room.roomId).timeline);
    await loadAll(first);
    await first.stop();
    say(40, 100);
    const second = await scene.reopen(store);
    watch(second.rooms.room(room.roomId).timeline);
    await settled();
    scene.server.calls.length = 0;
    await loadAll(second);
    const pages = scene.server.callsTo(/\/messages/).length;
    expect(pages).toBeLessThanOrEqual(4); // 30 messages lie in the gap, ten a page
    scene.server.offline = true;
    const third = await scene.reopen(await copyOf(store));
    const items = watch(third.rooms.room(room.roomId).timeline);
    await loadAll(third);
    expect(told(items())).toEqual(range(0, 100));
  });

  it("does not matter to edits, reactions and redactions that come after it", async () => {
    const target = scene.server.home.say(room, ivan, "old");
    const client = await scene.client(anna);
    const items = watch(client.rooms.room(room.roomId).timeline);
    await settled();
    const release = scene.server.hold(/\/sync/);
    scene.server.home.say(room, ivan, "wake");
    await settled();
    say(0, 40);
    scene.server.home.append(room, ivan, "m.room.redaction", { redacts: target.event_id });
    release();
    await settled();
    await loadAll(client);
    expect(told(items()).slice(0, 2)).toEqual(["redacted", "sent: wake"]);
  });
});

describe("threads", () => {
  const inThread = (root: string): object => ({ "m.relates_to": { rel_type: "m.thread", event_id: root, is_falling_back: true, "m.in_reply_to": { event_id: root } } });

  it("load their replies from the server, however long ago they began", async () => {
    const root = scene.server.home.say(room, ivan, "root");
    const first = scene.server.home.say(room, olga, "a", inThread(root.event_id) as Record<string, unknown>);
    scene.server.home.append(room, ivan, "m.reaction", { "m.relates_to": { rel_type: "m.annotation", event_id: first.event_id, key: "👍" } });
    say(0, 100);
    scene.server.home.say(room, ivan, "b", inThread(root.event_id) as Record<string, unknown>);
    const client = await scene.client(anna);
    const thread = client.rooms.room(room.roomId).thread(root.event_id);
    const items = watch(thread);
    await until(() => told(items()).length === 3);
    expect(told(items())).toEqual(["sent: root", "sent: a", "sent: b"]);
    expect((items()[1] as SentItem).reactions).toMatchObject([{ key: "👍" }]);
    expect(thread.getSnapshot().start.kind).toBe("beginning");
  });

  it("take new replies live, from others and from me, and show them in order", async () => {
    const root = scene.server.home.say(room, ivan, "root");
    const client = await scene.client(anna);
    const object = client.rooms.room(room.roomId);
    const main = watch(object.timeline);
    const items = watch(object.thread(root.event_id));
    await until(() => told(items()).length === 1);
    scene.server.home.say(room, ivan, "one", inThread(root.event_id) as Record<string, unknown>);
    await object.thread(root.event_id).sendText({ body: "two" });
    expect(told(items()).at(-1)).toBe("sending: two");
    await until(() => told(items()).length === 3);
    await settled();
    expect(told(items())).toEqual(["sent: root", "sent: one", "sent: two"]);
    expect(told(main())).toEqual(["sent: root"]);
    expect((main().at(-1) as SentItem).thread).toMatchObject({ count: 2, participated: true, latest: { preview: { text: "two" } } });
  });

  it("count for themselves until they are read", async () => {
    const root = scene.server.home.say(room, anna, "root");
    const client = await scene.client(anna);
    const object = client.rooms.room(room.roomId);
    scene.server.home.say(room, ivan, "one", inThread(root.event_id) as Record<string, unknown>);
    await until(() => object.summary.getSnapshot()?.unreadThreadCount === 1);
    const items = watch(object.thread(root.event_id));
    await until(() => told(items()).length === 2);
    await object.thread(root.event_id).markRead();
    expect(object.summary.getSnapshot()).toMatchObject({ unreadThreadCount: 0, unreadCount: 0 });
    await settled();
    expect(object.summary.getSnapshot()).toMatchObject({ unreadThreadCount: 0, unreadCount: 0 });
    expect(room.receipts.get(anna)?.get(root.event_id)).toBeDefined();
  });

  it("are there without a network, as far as the store has them", async () => {
    const root = scene.server.home.say(room, ivan, "root");
    scene.server.home.say(room, ivan, "one", inThread(root.event_id) as Record<string, unknown>);
    const store = new MemoryStore();
    await scene.client(anna, store);
    await settled();
    scene.server.offline = true;
    const client = await scene.reopen(await copyOf(store));
    const thread = client.rooms.room(room.roomId).thread(root.event_id);
    const items = watch(thread);
    await settled();
    expect(told(items())).toEqual(["sent: root", "sent: one"]);
    expect(thread.getSnapshot().start.kind).toBe("failed");
  });
});

describe("an open room", () => {
  it("quotes messages from far away", async () => {
    const far = scene.server.home.say(room, ivan, "far away");
    say(0, 60);
    scene.server.home.say(room, ivan, "as I said", { "m.relates_to": { "m.in_reply_to": { event_id: far.event_id } } });
    const client = await scene.client(anna);
    const items = watch(client.rooms.room(room.roomId).timeline);
    await until(() => (items().at(-1) as SentItem | undefined)?.replyTo?.kind === "known");
    expect((items().at(-1) as SentItem).replyTo).toMatchObject({ senderName: "Ivan", preview: { text: "far away" } });
  });

  it("knows all its members once it was asked, and keeps them up to date", async () => {
    for (let i = 0; i < 40; i += 1) scene.server.home.member(room, `@person${i}:test`, "join");
    const client = await scene.client(anna);
    const { members } = client.rooms.room(room.roomId);
    members.subscribe(() => undefined);
    await until(() => members.getSnapshot().complete);
    expect(members.getSnapshot().members).toHaveLength(42);
    scene.server.home.member(room, "@person7:test", "leave");
    await settled();
    expect(members.getSnapshot().members).toHaveLength(41);
    expect(scene.server.callsTo(/\/members/)).toHaveLength(1);
  });

  it("shows who is typing until they have written", async () => {
    const client = await scene.client(anna);
    const { typing, timeline } = client.rooms.room(room.roomId);
    watch(timeline);
    await settled();
    scene.server.home.typing(room, [ivan, anna]);
    await until(() => typing.getSnapshot().length === 1);
    expect(typing.getSnapshot()).toEqual([{ userId: ivan, name: "Ivan" }]);
    scene.server.home.say(room, ivan, "done");
    await until(() => typing.getSnapshot().length === 0);
  });

  it("tells the server of my typing sparingly, and takes it back", async () => {
    const client = await scene.client(anna);
    const object = client.rooms.room(room.roomId);
    for (let i = 0; i < 50; i += 1) {
      object.setTyping(true);
      await scene.clock.advance(500);
    }
    expect(scene.server.callsTo(/\/typing\//).length).toBe(2);
    await scene.clock.advance(7_000);
    expect(scene.server.callsTo(/\/typing\//).at(-1)?.body).toEqual({ typing: false });
  });

  it("marks where I had read up to when I opened it, and keeps the mark while I look", async () => {
    const read = scene.server.home.say(room, ivan, "read");
    scene.server.home.receipt(room, anna, read.event_id, "main");
    scene.server.home.say(room, ivan, "new");
    const client = await scene.client(anna);
    const { timeline } = client.rooms.room(room.roomId);
    const items = watch(timeline);
    await until(() => told(items()).length === 2);
    const key = timeline.getSnapshot().readUpToKey;
    expect(items().find((item) => item.key === key)).toMatchObject({ eventId: read.event_id });
    await timeline.markRead();
    await settled();
    expect(timeline.getSnapshot().readUpToKey).toBe(key);
  });

  it("shows what others have read", async () => {
    const mine = scene.server.home.say(room, anna, "mine");
    const client = await scene.client(anna);
    const items = watch(client.rooms.room(room.roomId).timeline);
    await settled();
    scene.server.home.receipt(room, ivan, mine.event_id);
    await settled();
    expect((items().at(-1) as SentItem).readBy).toMatchObject([{ userId: ivan, name: "Ivan" }]);
  });

  it("is let go a minute after the last look, and comes back from the store", async () => {
    say(0, 3);
    const client = await scene.client(anna);
    const { timeline } = client.rooms.room(room.roomId);
    const stop = timeline.subscribe(() => undefined);
    await until(() => told(timeline.getSnapshot().items).length === 3);
    stop();
    await scene.clock.advance(61_000);
    expect(timeline.getSnapshot().start.kind).toBe("unknown");
    client.sync.retryNow();
    await settled();
    say(3, 4);
    await settled();
    const items = watch(timeline);
    await until(() => told(items()).length === 4);
  });
});
