import { afterEach, expect, it } from "vitest";
import { MemoryStore, type Client, type TimelineItem } from "../src/index";
import { settled } from "./clock";
import type { FakeRoom } from "./fakeHomeserver";
import { anna, copyOf, ivan, olga, Scene } from "./scene";

let scene: Scene;

afterEach(() => scene.end());

/** Small, repeatable randomness (mulberry32): a failing seed can be run again. */
function randomness(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** One thing that happens in a company, picked at random. */
function happens(rooms: readonly FakeRoom[], random: () => number): void {
  const { home } = scene.server;
  const room = rooms[Math.floor(random() * rooms.length)];
  if (room === undefined) return;
  const people = [anna, ivan, olga].filter((person) => home.membership(room, person) === "join");
  const who = people[Math.floor(random() * people.length)] ?? ivan;
  const messages = room.events.filter((event) => event.type === "m.room.message" && event.content["body"] !== undefined);
  const target = messages[Math.floor(random() * messages.length)]?.event_id ?? "$none";
  const kind = Math.floor(random() * 12);
  if (kind < 4) home.say(room, who, `said ${room.events.length}`);
  else if (kind === 4) home.append(room, who, "m.reaction", { "m.relates_to": { rel_type: "m.annotation", event_id: target, key: "👍" } });
  else if (kind === 5) {
    // A redaction takes the relation away: who saw the reply or edit before knows more than who did not.
    const plain = messages.find((event) => event.event_id === target && event.content["m.relates_to"] === undefined);
    if (plain !== undefined) home.append(room, who, "m.room.redaction", { redacts: target });
  }
  else if (kind === 6) {
    const original = messages.find((event) => event.event_id === target);
    if (original === undefined) return;
    const content = { "m.new_content": { msgtype: "m.text", body: `edited ${room.events.length}` }, "m.relates_to": { rel_type: "m.replace", event_id: target } };
    home.say(room, original.sender, "* edited", content);
  } else if (kind === 7) {
    const relates = messages.find((event) => event.event_id === target)?.content["m.relates_to"];
    if (relates === undefined) home.say(room, who, "in thread", { "m.relates_to": { rel_type: "m.thread", event_id: target, is_falling_back: true } });
  } else if (kind === 8) home.append(room, who, "m.room.name", { name: `name ${room.events.length}` }, "");
  else if (kind === 9) home.receipt(room, who, room.events.at(-1)?.event_id ?? "", random() < 0.5 ? "main" : "");
  else if (kind === 10) home.setAccountData(anna, room.roomId, "m.tag", { tags: random() < 0.5 ? { "m.favourite": { order: 0.5 } } : {} });
  else home.member(room, olga, home.membership(room, olga) === "join" ? "leave" : "join");
}

function seen(item: TimelineItem): unknown {
  // Keys differ where this client wrote the message itself.
  return { ...item, key: null };
}

async function everything(client: Client, rooms: readonly FakeRoom[]): Promise<unknown> {
  const timelines: unknown[] = [];
  for (const { roomId } of rooms) {
    const { timeline, members } = client.rooms.room(roomId);
    timeline.subscribe(() => undefined);
    members.subscribe(() => undefined);
    for (let i = 0; i < 40 && timeline.getSnapshot().start.kind !== "beginning"; i += 1) await timeline.loadOlder(20);
    await settled();
    timelines.push([roomId, timeline.getSnapshot().items.map(seen), members.getSnapshot()]);
  }
  return { list: client.rooms.list.getSnapshot(), badge: client.rooms.badge.getSnapshot(), timelines };
}

it.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 107, 177])("an old client that followed along sees what a new one sees (seed %i)", async (seed) => {
  scene = new Scene();
  const random = randomness(seed);
  const { home } = scene.server;
  const rooms = [home.room([ivan, anna, olga], { name: "General" }), home.room([anna, ivan])];
  let store = new MemoryStore();
  let old = await scene.client(anna, store);
  for (const { roomId } of rooms) {
    const { timeline, members } = old.rooms.room(roomId);
    timeline.subscribe(() => undefined);
    members.subscribe(() => undefined);
  }
  for (let step = 0; step < 12; step += 1) {
    const away = random() < 0.25;
    if (away) {
      const left = await copyOf(store);
      await old.stop();
      store = left;
    }
    const count = away ? 60 : Math.floor(random() * 8);
    for (let i = 0; i < count; i += 1) {
      scene.clock.time += 1_000;
      happens(rooms, random);
      if (!away && random() < 0.5) await settled();
    }
    if (away) old = await scene.reopen(store);
    else if (random() < 0.4) await old.rooms.room(rooms[0]?.roomId ?? "").timeline.loadOlder(5);
    await settled();
  }
  const fresh = await scene.client(anna);
  const [before, now] = [await everything(old, rooms), await everything(fresh, rooms)];
  expect(before).toEqual(now);
});
