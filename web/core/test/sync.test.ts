import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MemoryStore, type Store, type StoreRange, type StoreTable, type StoreWrite } from "../src/index";
import { SyncApi } from "../src/api/syncApi";
import { HttpClient } from "../src/api/http";
import type { SyncAnswer } from "../src/api/wire";
import { Writer } from "../src/store/writer";
import type { SyncPart } from "../src/sync/part";
import { retryDelay, SyncLoop } from "../src/sync/syncLoop";
import { settled, TestClock, until } from "./clock";
import { anna, copyOf, ivan, live, Scene, told, watch } from "./scene";

let scene: Scene;

beforeEach(() => {
  scene = new Scene();
});

afterEach(() => scene.end());

/** A memory store whose commits a test may hold back or fail. */
class TroubledStore implements Store {
  readonly inner = new MemoryStore();
  failing = false;
  readonly batches: (readonly StoreWrite[])[] = [];

  get<V>(table: StoreTable, key: string): Promise<V | undefined> {
    return this.inner.get(table, key);
  }

  getMany<V>(table: StoreTable, keys: readonly string[]): Promise<(V | undefined)[]> {
    return this.inner.getMany(table, keys);
  }

  range<V>(table: StoreTable, range?: StoreRange): Promise<{ key: string; value: V }[]> {
    return this.inner.range(table, range);
  }

  async commit(batch: readonly StoreWrite[]): Promise<void> {
    if (this.failing) throw new Error("the disk is full");
    this.batches.push(batch);
    await this.inner.commit(batch);
  }

  clear(): Promise<void> {
    return this.inner.clear();
  }

  close(): void {}
}

describe("the phases of sync", () => {
  it("are prepare, one commit, after, completed, each in all parts before the next", async () => {
    const clock = new TestClock();
    const store = new TroubledStore();
    const diary: string[] = [];
    const part = (name: string): SyncPart<SyncAnswer> => ({
      prepare: async (answer) => {
        diary.push(`prepare ${name}`);
        return answer;
      },
      writes: () => [{ op: "put", table: "rooms", key: name, value: 1 }],
      after: () => void diary.push(`after ${name}, in the store: ${store.batches.length}`),
      completed: () => void diary.push(`completed ${name}`),
    });
    const nobody = { token: async () => null, renew: async () => null, refused: () => undefined };
    let answers = 0;
    const http = new HttpClient(
      "",
      async (url, { signal }) => {
        if (url.includes("/sync") && answers++ > 0) await new Promise((_, reject) => signal?.addEventListener("abort", () => reject(new Error())));
        const body = url.includes("/filter") ? '{"filter_id":"f"}' : '{"next_batch":"s1"}';
        return { status: 200, headers: { get: () => null }, text: async () => body, blob: async () => ({}) };
      },
      null,
      clock,
      nobody,
    );
    const loop = new SyncLoop(new SyncApi(http), new Writer(store), [part("a"), part("b")], clock, clock.now, () => 0.5, () => diary.push("answered"));
    loop.start(anna);
    await settled();
    await loop.stop();
    expect(diary).toEqual([
      "prepare a", "prepare b", "after a, in the store: 1", "after b, in the store: 1", "completed a", "completed b", "answered",
    ]);
    expect(store.batches).toEqual([
      [
        { op: "put", table: "rooms", key: "a", value: 1 },
        { op: "put", table: "rooms", key: "b", value: 1 },
        { op: "put", table: "sync", key: "position", value: { since: "s1", filterId: "f" } },
      ],
    ]);
  });

  it("show nothing that is not in the store", async () => {
    const room = scene.server.home.room([anna, ivan]);
    const store = new TroubledStore();
    const client = await scene.client(anna, store);
    const items = watch(client.rooms.room(room.roomId).timeline);
    await settled();
    store.failing = true;
    scene.server.home.say(room, ivan, "hello");
    await settled();
    expect(client.sync.state.getSnapshot().kind).toBe("offline");
    expect(told(items())).toEqual([]);
    expect(client.rooms.list.getSnapshot().joined[0]?.unreadCount).toBe(0);
    store.failing = false;
    await scene.clock.advance(5_000);
    expect(told(items())).toEqual(["sent: hello"]);
  });
});

describe("the connection", () => {
  it("is told as it is: catching up, live, offline, live", async () => {
    scene.server.home.room([anna]);
    const release = scene.server.hold(/\/sync/);
    const client = scene.server.client(anna, { platform: scene.clock, now: scene.clock.now });
    const kinds: string[] = [];
    client.sync.state.subscribe(() => kinds.push(client.sync.state.getSnapshot().kind));
    await client.start();
    expect(client.sync.state.getSnapshot()).toEqual({ kind: "catchingUp", initial: true });
    release();
    await live(client);
    scene.server.offline = true;
    scene.server.home.user("@wake:test");
    scene.server.home.wake();
    await settled();
    scene.server.home.room([anna]);
    await settled();
    expect(client.sync.state.getSnapshot()).toMatchObject({ kind: "offline", error: { errcode: "CONNECTION" } });
    scene.server.offline = false;
    client.sync.retryNow();
    await settled();
    expect(kinds).toEqual(["catchingUp", "live", "offline", "live"]);
    await client.stop();
    expect(client.sync.state.getSnapshot().kind).toBe("idle");
  });

  it("waits longer after each failure, up to a minute, and never much less than planned", () => {
    const delays = [1, 2, 3, 4, 5, 6, 7, 8, 20].map((attempt) => retryDelay(attempt, () => 0.5));
    expect(delays).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
    expect([retryDelay(3, () => 0), retryDelay(3, () => 0.999)]).toEqual([3_200, 4_798]);
  });

  it("is tried at once when the network comes back, also where the old poll hangs", async () => {
    const room = scene.server.home.room([anna, ivan]);
    const client = await scene.client(anna);
    const items = watch(client.rooms.room(room.roomId).timeline);
    await settled();
    // The poll never returns from now on.
    scene.server.home.wake = () => undefined;
    scene.server.home.say(room, ivan, "while you slept");
    await scene.clock.advance(10_000);
    expect(told(items())).toEqual([]);
    scene.clock.comeBack();
    await settled();
    expect(told(items())).toEqual(["sent: while you slept"]);
  });

  it("is known to be lost as soon as the system says so, not when the poll ends", async () => {
    const client = await scene.client(anna);
    scene.server.offline = true;
    scene.clock.online = false;
    scene.clock.comeBack();
    await settled();
    expect(client.sync.state.getSnapshot().kind).toBe("offline");
    scene.server.offline = false;
    scene.clock.online = true;
    scene.clock.comeBack();
    await settled();
    expect(client.sync.state.getSnapshot().kind).toBe("live");
  });

  it("comes back after a 401 that is not the homeserver's", async () => {
    const client = await scene.client(anna);
    scene.server.answer(/\/sync/, 401, "<html>Please pay for the network</html>");
    scene.server.home.room([anna]);
    await settled();
    scene.server.home.room([anna]);
    await settled();
    expect(client.sync.state.getSnapshot().kind).toBe("offline");
    await scene.clock.advance(3_000);
    expect(client.sync.state.getSnapshot().kind).toBe("live");
    expect(client.session.state.getSnapshot().kind).toBe("signedIn");
  });

  it("gives up a poll that the server never answers", async () => {
    const client = await scene.client(anna);
    await scene.clock.advance(60_500);
    expect(client.sync.state.getSnapshot().kind).toBe("offline");
    await scene.clock.advance(3_000);
    expect(client.sync.state.getSnapshot().kind).toBe("live");
  });
});

describe("a second start", () => {
  it("draws from the store without a network, and goes on from its position", async () => {
    const room = scene.server.home.room([anna, ivan], { name: "General" });
    scene.server.home.say(room, ivan, "hello");
    const store = new MemoryStore();
    await scene.client(anna, store);
    await settled();
    scene.server.offline = true;
    const left = await copyOf(store);
    const client = await scene.reopen(left);
    const items = watch(client.rooms.room(room.roomId).timeline);
    await settled();
    expect(client.session.state.getSnapshot().kind).toBe("signedIn");
    expect(client.rooms.list.getSnapshot()).toMatchObject({ loaded: true, joined: [{ name: { text: "General" }, unreadCount: 1 }] });
    expect(told(items())).toEqual(["sent: hello"]);

    const before = scene.server.calls.length;
    scene.server.offline = false;
    client.sync.retryNow();
    await live(client);
    const first = scene.server.calls.slice(before).find((call) => call.path.includes("/sync"));
    expect(first?.path).toMatch(/since=\d+/);
    expect(first?.path).toContain("timeout=0");
    expect(scene.server.callsTo(/\/filter$/)).toHaveLength(1);
  });

  it("fetches everything anew when the store is of another format, and keeps what I wrote", async () => {
    const room = scene.server.home.room([anna, ivan], { name: "General" });
    const store = new MemoryStore();
    const client = await scene.client(anna, store);
    client.drafts.set(room.roomId, null, { text: "half", replyTo: null, editing: null });
    await client.stop();
    await store.commit([
      { op: "put", table: "sync", key: "format", value: 0 },
      { op: "put", table: "rooms", key: "!old", value: { from: "another age" } },
    ]);
    const next = await scene.reopen(store);
    expect(next.rooms.list.getSnapshot().joined.map((each) => each.roomId)).toEqual([room.roomId]);
    expect(next.drafts.get(room.roomId)?.text).toBe("half");
  });

  it("makes a new filter when the server has forgotten the old one", async () => {
    const store = new MemoryStore();
    const client = await scene.client(anna, store);
    await client.stop();
    scene.server.answer(/\/sync/, 400, { errcode: "M_INVALID_PARAM" });
    const next = scene.open(await copyOf(store));
    await next.start();
    await scene.clock.advance(2_000);
    expect(scene.server.callsTo(/\/filter$/)).toHaveLength(2);
    await live(next);
  });
});

describe("rooms come and go by sync", () => {
  it("as invitations that can be accepted or declined", async () => {
    const client = await scene.client(anna);
    const room = scene.server.home.room([ivan], { name: "Secret" });
    scene.server.home.member(room, anna, "invite", ivan);
    await until(() => client.rooms.badge.getSnapshot().inviteCount === 1);
    expect(client.rooms.list.getSnapshot().invites[0]).toMatchObject({ name: { text: "Secret" }, invitation: { sender: ivan, senderName: "Ivan" } });
    await client.rooms.room(room.roomId).join();
    expect(client.rooms.list.getSnapshot()).toMatchObject({ joined: [{ membership: "join", invitation: null }], invites: [] });

    const other = scene.server.home.room([ivan]);
    scene.server.home.member(other, anna, "invite", ivan);
    await until(() => client.rooms.badge.getSnapshot().inviteCount === 1);
    await client.rooms.room(other.roomId).leave();
    await until(() => client.rooms.badge.getSnapshot().inviteCount === 0);
    expect(client.rooms.room(other.roomId).summary.getSnapshot()).toBeNull();
  });

  it("as rooms that I was removed from, until I forget them", async () => {
    const room = scene.server.home.room([ivan, anna]);
    const store = new MemoryStore();
    const client = await scene.client(anna, store);
    scene.server.home.say(room, ivan, "bye");
    scene.server.home.member(room, anna, "ban", ivan);
    await until(() => client.rooms.list.getSnapshot().left.length === 1);
    expect(client.rooms.list.getSnapshot().left[0]).toMatchObject({ membership: "ban" });
    await client.rooms.room(room.roomId).forget();
    expect(client.rooms.list.getSnapshot().left).toEqual([]);
    for (const table of ["rooms", "timeline", "members", "state", "eventIndex", "receipts"] as const) {
      expect(await store.range(table)).toEqual([]);
    }
  });

  it("created by me, and directly usable", async () => {
    const client = await scene.client(anna);
    const roomId = await client.rooms.create({ name: "New", invite: [ivan] });
    expect(client.rooms.room(roomId).summary.getSnapshot()).toMatchObject({ name: { text: "New" }, rights: { send: true } });
  });

  it("as conversations, found again by the person", async () => {
    const client = await scene.client(anna);
    const roomId = await client.rooms.openDirect(ivan);
    await until(() => client.rooms.room(roomId).summary.getSnapshot()?.directUserId === ivan);
    expect(await client.rooms.openDirect(ivan)).toBe(roomId);
  });
});

describe("notification hints", () => {
  it("come for messages of others that notify, once, and not for what was there before", async () => {
    const room = scene.server.home.room([anna, ivan]);
    scene.server.home.say(room, ivan, "old");
    const client = scene.server.client(anna, { platform: scene.clock, now: scene.clock.now });
    const hints: unknown[] = [];
    client.rooms.onNotification((hint) => hints.push([hint.message?.senderName, hint.message?.preview, hint.highlight]));
    await scene.run(client);
    expect(hints).toEqual([]);
    scene.server.home.say(room, ivan, "new", { "m.mentions": { user_ids: [anna] } });
    await settled();
    await client.rooms.room(room.roomId).timeline.sendText({ body: "mine" });
    await settled();
    expect(hints).toEqual([["Ivan", { type: "text", text: "new" }, true]]);
  });
});
