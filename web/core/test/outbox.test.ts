import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { localId, MemoryStore, type Client, type SentItem, type Timeline } from "../src/index";
import { settled, until } from "./clock";
import { bodies } from "./fakeServer";
import type { FakeRoom } from "./fakeHomeserver";
import { anna, copyOf, ivan, Scene, told, watch } from "./scene";

let scene: Scene;
let room: FakeRoom;
let store: MemoryStore;
let client: Client;

beforeEach(async () => {
  scene = new Scene();
  room = scene.server.home.room([anna, ivan]);
  store = new MemoryStore();
  client = await scene.client(anna, store);
});

afterEach(() => scene.end());

const send = (body: string, by = client): Promise<string> => by.rooms.room(room.roomId).timeline.sendText({ body });
const queue = (of = client): string[] => of.sendQueue.entries.getSnapshot().map((entry) => `${entry.kind} ${entry.state}`);

describe("the outbox after a kill", () => {
  it("sends what was queued, in order, with the transaction ids of before", async () => {
    scene.server.offline = true;
    const ids = [await send("one"), await send("two"), await send("three")];
    await settled();
    const left = await copyOf(store);
    await client.stop();

    scene.server.offline = false;
    const next = await scene.reopen(left);
    await until(() => bodies(room.events).length === 3);
    expect(bodies(room.events)).toEqual(["one", "two", "three"]);
    const sent = room.events.flatMap((event) => event.sentBy?.txn ?? []);
    expect(sent).toEqual(ids);
    await settled();
    expect(queue(next)).toEqual([]);
  });

  it("keeps the order, also when the clock has been set back in between", async () => {
    scene.server.offline = true;
    await send("one");
    await send("two");
    const left = await copyOf(store);
    await client.stop();
    scene.clock.time -= 3_600_000;
    const later = await scene.reopen(left);
    await send("three", later);
    const leftLater = await copyOf(left);
    await later.stop();
    scene.server.offline = false;
    await scene.reopen(leftLater);
    await until(() => bodies(room.events).length === 3);
    expect(bodies(room.events)).toEqual(["one", "two", "three"]);
  });

  it("shows the queued text at once, without a network", async () => {
    scene.server.offline = true;
    await send("one");
    const left = await copyOf(store);
    const next = await scene.reopen(left);
    const items = watch(next.rooms.room(room.roomId).timeline);
    await settled();
    expect(told(items())).toEqual(["sending: one"]);
  });

  it("makes no second message of one whose answer was lost", async () => {
    scene.server.loseAnswer(/\/send\//);
    scene.server.offline = false;
    await send("once");
    await until(() => scene.server.callsTo(/\/send\//).length === 1);
    const left = await copyOf(store);
    await client.stop();
    await scene.reopen(left);
    await settled();
    expect(bodies(room.events)).toEqual(["once"]);
  });

  it("forgets what was acknowledged, once sync has brought it", async () => {
    await send("once");
    await until(() => queue().length === 0 && bodies(room.events).length === 1);
    await settled();
    expect(await store.range("outbox")).toEqual([]);
    await scene.reopen(await copyOf(store));
    await settled();
    expect(scene.server.callsTo(/\/send\//)).toHaveLength(1);
  });

  it("keeps an acknowledged message in sight until sync brings it, also across the kill", async () => {
    const release = scene.server.hold(/GET .*\/sync/, "before");
    await scene.clock.advance(0);
    scene.server.home.typing(room, []); // ends the running poll, so that the next one is held
    await settled();
    await send("hi");
    await until(() => bodies(room.events).length === 1);
    await settled();
    const left = await copyOf(store);
    scene.server.offline = true;
    const next = await scene.reopen(left);
    const items = watch(next.rooms.room(room.roomId).timeline);
    await settled();
    expect(told(items())).toEqual(["sent: hi"]);
    scene.server.offline = false;
    release();
    next.sync.retryNow();
    await settled();
    expect(told(items())).toEqual(["sent: hi"]);
    expect(await left.range("outbox")).toEqual([]);
  });

  it("asks before it sends what has been lying for days", async () => {
    scene.server.offline = true;
    await send("old news");
    const left = await copyOf(store);
    await client.stop();
    scene.clock.time += 4 * 24 * 3_600_000;
    scene.server.offline = false;
    const next = await scene.reopen(left);
    await settled();
    expect(next.sendQueue.entries.getSnapshot()).toMatchObject([{ state: "failed", error: { errcode: "STALE" }, retryable: true }]);
    await next.sendQueue.retryAll();
    await until(() => bodies(room.events).length === 1);
  });
});

describe("lost answers", () => {
  it("are asked for again with the same transaction id", async () => {
    scene.server.loseAnswer(/\/send\//, 2);
    const items = watch(client.rooms.room(room.roomId).timeline);
    await send("once");
    await scene.clock.advance(10_000);
    expect(bodies(room.events)).toEqual(["once"]);
    expect(told(items())).toEqual(["sent: once"]);
    const paths = new Set(scene.server.callsTo(/\/send\//).map((call) => call.path));
    expect(paths.size).toBe(1);
  });

  it("do not matter when sync was faster than the answer", async () => {
    const release = scene.server.hold(/\/send\//, "after");
    const items = watch(client.rooms.room(room.roomId).timeline);
    await send("fast");
    await until(() => told(items()).includes("sent: fast"));
    release();
    await settled();
    expect(told(items())).toEqual(["sent: fast"]);
    expect(queue()).toEqual([]);
    expect(await store.range("outbox")).toEqual([]);
  });
});

describe("without a network", () => {
  it("messages wait, and go in order when it is back", async () => {
    scene.server.offline = true;
    await send("one");
    await send("two");
    await scene.clock.advance(5_000);
    expect(queue()).toEqual(["message waiting", "message waiting"]);
    scene.server.offline = false;
    scene.clock.comeBack();
    await until(() => bodies(room.events).length === 2);
    expect(bodies(room.events)).toEqual(["one", "two"]);
  });

  it("the time between attempts grows", async () => {
    scene.server.answer(/\/send\//, 503, {}, 100);
    await send("patience");
    await scene.clock.advance(60_000);
    const attempts = scene.server.callsTo(/\/send\//).length;
    expect(attempts).toBeGreaterThan(3);
    expect(attempts).toBeLessThan(10);
  });

  it("a rate limit is waited out as long as the server asks", async () => {
    scene.server.answer(/\/send\//, 429, { errcode: "M_LIMIT_EXCEEDED", retry_after_ms: 20_000 });
    await send("slowly");
    await scene.clock.advance(19_000);
    expect(bodies(room.events)).toEqual([]);
    await scene.clock.advance(2_000);
    expect(bodies(room.events)).toEqual(["slowly"]);
  });
});

describe("what the server refuses", () => {
  const refuse = (): void => scene.server.answer(/\/send\//, 403, { errcode: "M_FORBIDDEN", error: "no" });

  it("keeps its text as failed, and does not hold up what follows", async () => {
    refuse();
    const items = watch(client.rooms.room(room.roomId).timeline);
    await send("refused");
    await send("allowed");
    await until(() => bodies(room.events).length === 1);
    await settled();
    expect(told(items())).toEqual(["sent: allowed", "failed: refused"]);
    const left = await copyOf(store);
    const next = await scene.reopen(left);
    expect(queue(next)).toEqual(["message failed"]);
  });

  it("is sent by a retry, or goes for good", async () => {
    refuse();
    const first = await send("again");
    await until(() => queue()[0] === "message failed");
    await client.sendQueue.retry(first);
    await until(() => bodies(room.events).length === 1);
    refuse();
    const second = await send("never");
    await until(() => queue()[0] === "message failed");
    await client.sendQueue.discard(second);
    expect(queue()).toEqual([]);
    expect(await store.range("outbox")).toEqual([]);
  });

  it("takes what depends on it along when discarded, and lets it follow a retry", async () => {
    refuse();
    const question = await send("question");
    await client.rooms.room(room.roomId).timeline.sendText({ body: "answer", replyTo: localId(question) });
    await settled();
    expect(queue()).toEqual(["message failed", "message waiting"]);
    await client.sendQueue.retry(question);
    await until(() => bodies(room.events).length === 2);
    const [asked, answered] = room.events.slice(-2);
    expect(answered?.content["m.relates_to"]).toEqual({ "m.in_reply_to": { event_id: asked?.event_id } });

    refuse();
    const lost = await send("lost");
    await client.rooms.room(room.roomId).timeline.sendText({ body: "too", replyTo: localId(lost) });
    await until(() => queue()[0] === "message failed");
    await client.sendQueue.discard(lost);
    expect(queue()).toEqual([]);
  });
});

describe("messages that are not sent yet", () => {
  it("are edited in place, and thrown away by a redaction", async () => {
    const release = scene.server.hold(/\/send\//);
    const items = watch(client.rooms.room(room.roomId).timeline);
    await send("under way");
    const second = await send("helo");
    const third = await send("oops");
    const { timeline, redact } = bound(client);
    expect(await timeline.edit(localId(second), { body: "hello" })).toBe(second);
    await redact(localId(third));
    expect(told(items())).toEqual(["sending: under way", "sending: hello"]);
    release();
    await until(() => bodies(room.events).length === 2);
    expect(bodies(room.events)).toEqual(["under way", "hello"]);
  });

  it("whose request is under way are edited by an event of its own, which finds its target", async () => {
    const release = scene.server.hold(/\/send\//);
    const items = watch(client.rooms.room(room.roomId).timeline);
    const first = await send("helo");
    await settled();
    await bound(client).timeline.edit(localId(first), { body: "hello" });
    expect(told(items())).toEqual(["sending: hello"]);
    release();
    await until(() => scene.server.callsTo(/\/send\//).length === 2);
    await settled();
    const [original, edit] = room.events.slice(-2);
    expect(edit?.content["m.relates_to"]).toEqual({ rel_type: "m.replace", event_id: original?.event_id });
    expect(told(items())).toEqual(["sent: hello"]);
  });

  it("are reacted to, and the reaction goes where the message went", async () => {
    const release = scene.server.hold(/\/send\//);
    const first = await send("mine");
    await settled();
    await client.rooms.room(room.roomId).toggleReaction(localId(first), "👍");
    release();
    await until(() => room.events.some((event) => event.type === "m.reaction"));
    const original = room.events.find((event) => event.type === "m.room.message");
    expect(room.events.at(-1)?.content["m.relates_to"]).toMatchObject({ event_id: original?.event_id });
  });
});

describe("media", () => {
  const picture = { type: "image", blob: new Blob(["bytes"]), name: "cat.png", mimeType: "image/png", size: 5 } as const;

  it("is uploaded, then sent, and shown from memory all the while", async () => {
    const items = watch(client.rooms.room(room.roomId).timeline);
    const release = scene.server.hold(/\/upload/);
    await client.rooms.room(room.roomId).timeline.sendMedia(picture);
    expect(items()[items().length - 1]).toMatchObject({ kind: "sending", content: { type: "image", media: { local: picture.blob, mxc: null } } });
    release();
    await until(() => room.events.at(-1)?.type === "m.room.message");
    await settled();
    expect(items().at(-1)).toMatchObject({ kind: "sent", content: { media: { local: picture.blob } } });
    expect((items().at(-1) as SentItem).content).toMatchObject({ media: { mxc: room.events.at(-1)?.content["url"] } });
    expect(await store.range("blobs")).toEqual([]);
  });

  it("survives a kill between upload and message without a second upload", async () => {
    scene.server.answer(/\/send\//, 503, {}, 1_000);
    await client.rooms.room(room.roomId).timeline.sendMedia({ ...picture, thumbnail: { blob: new Blob(["t"]), mimeType: "image/jpeg", size: 1, width: 1, height: 1 } });
    await until(() => scene.server.callsTo(/\/send\//).length > 0);
    expect(scene.server.callsTo(/\/upload/)).toHaveLength(2);
    const left = await copyOf(store);
    await client.stop();
    const next = await scene.reopen(left);
    await settled();
    expect(scene.server.callsTo(/\/upload/)).toHaveLength(2);
    expect(queue(next)).toHaveLength(1);
  });
});

describe("receipts", () => {
  it("never wait for messages, and a newer one replaces an older one", async () => {
    scene.server.answer(/\/send\//, 503, {}, 100);
    await send("stuck");
    const items = watch(client.rooms.room(room.roomId).timeline);
    scene.server.home.say(room, ivan, "one");
    await until(() => told(items()).includes("sent: one"));
    scene.server.offline = true;
    await bound(client).timeline.markRead();
    scene.server.offline = false;
    scene.server.home.say(room, ivan, "two");
    await scene.clock.advance(2_000);
    await until(() => told(items()).includes("sent: two"));
    await bound(client).timeline.markRead();
    await settled();
    const two = room.events.at(-1)?.event_id;
    expect(room.receipts.get(anna)?.get("main")?.eventId).toBe(two);
    expect(queue()).not.toContain("receipt waiting");
  });

  it("are not sent twice for the same event, and are dropped when refused", async () => {
    const items = watch(client.rooms.room(room.roomId).timeline);
    scene.server.home.say(room, ivan, "one");
    await until(() => told(items()).length === 1);
    await bound(client).timeline.markRead();
    await bound(client).timeline.markRead();
    await settled();
    await bound(client).timeline.markRead();
    await settled();
    expect(scene.server.callsTo(/\/receipt\//)).toHaveLength(1);
    scene.server.answer(/read_markers/, 403, { errcode: "M_FORBIDDEN" });
    scene.server.home.say(room, ivan, "two");
    await until(() => told(items()).length === 2);
    await bound(client).timeline.markRead();
    await settled();
    expect(queue()).toEqual([]);
  });
});

function bound(of: Client): { timeline: Timeline; redact: (id: string) => Promise<void> } {
  const object = of.rooms.room(room.roomId);
  return { timeline: object.timeline, redact: (id) => object.redact(id) };
}
