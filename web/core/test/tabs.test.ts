import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MemoryStore, type Client, type Platform } from "../src/index";
import { settled, until } from "./clock";
import { bodies } from "./fakeServer";
import type { FakeRoom } from "./fakeHomeserver";
import { anna, ivan, live, Scene, told, watch } from "./scene";

let scene: Scene;
let room: FakeRoom;
let store: MemoryStore;
let held: Set<string>;

beforeEach(() => {
  scene = new Scene();
  room = scene.server.home.room([anna, ivan]);
  store = new MemoryStore();
  held = new Set();
});

afterEach(() => scene.end());

/** A tab of one browser: the same store, and locks that tabs share. */
async function tab(): Promise<Client> {
  const { clock } = scene;
  const platform: Platform = {
    setTimer: (ms, run) => clock.setTimer(ms, run),
    tryHoldLock: async (name) => {
      if (held.has(name)) return null;
      held.add(name);
      return () => held.delete(name);
    },
  };
  const signedIn = (await store.get("session", "current")) !== undefined;
  const client = signedIn ? scene.open(store, { platform }) : scene.server.client(anna, { store, platform, now: clock.now });
  await client.start();
  await live(client);
  return client;
}

describe("two tabs", () => {
  it("both live, and only the first writes what sync brings", async () => {
    const first = await tab();
    const second = await tab();
    const [one, two] = [watch(first.rooms.room(room.roomId).timeline), watch(second.rooms.room(room.roomId).timeline)];
    scene.server.home.say(room, ivan, "hello");
    await until(() => told(one()).length === 1 && told(two()).length === 1);
    await second.rooms.room(room.roomId).timeline.sendText({ body: "from the second" });
    await until(() => told(one()).length === 2 && told(two()).length === 2);
    await settled();
    expect(bodies(room.events)).toEqual(["hello", "from the second"]);
    expect(told(two())).toEqual(["sent: hello", "sent: from the second"]);
    expect(await store.range("outbox")).toEqual([]);
    expect(await store.range("timeline")).toHaveLength(room.events.length);
  });

  it("when the first has gone, the next one to start leads, with nothing missing", async () => {
    const first = await tab();
    const second = await tab();
    await first.stop();
    scene.server.home.say(room, ivan, "while only the second runs");
    await settled();
    await second.stop();
    const third = await tab();
    const items = watch(third.rooms.room(room.roomId).timeline);
    await until(() => told(items()).length === 1);
    expect(held.size).toBe(1);
  });

  it("what a following tab could not send is sent by the next start", async () => {
    await tab();
    const second = await tab();
    scene.server.answer(/\/send\//, 503, {}, 1);
    await second.rooms.room(room.roomId).timeline.sendText({ body: "do not lose me" });
    await settled();
    await scene.end();
    held.clear();
    scene.server.offline = false;
    await tab();
    await until(() => bodies(room.events).length === 1);
    expect(bodies(room.events)).toEqual(["do not lose me"]);
  });
});
