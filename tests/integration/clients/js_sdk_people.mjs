// What the scenarios of js_sdk.mjs are told with: people, rooms, messages, patience.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import {
  ClientEvent,
  createClient,
  EventType,
  Method,
  Preset,
  RelationType,
  SyncState,
} from "matrix-js-sdk";

export const PASSWORD = "correct horse";
const PATIENCE_MS = 30_000;
const [, , baseUrl] = process.argv;
const running = [];

const silence = { trace() {}, debug() {}, info() {}, warn() {}, error() {}, getChild: () => silence };

/** A client that does not sync. */
export const plainClient = (account = {}) => createClient({ baseUrl, logger: silence, ...account });

/** An account whose name starts with `stem`: {userId, accessToken, deviceId}. */
export async function register(stem) {
  const answer = await plainClient().registerRequest({
    username: `${stem}-${randomBytes(4).toString("hex")}`,
    password: PASSWORD,
    auth: { type: "m.login.dummy" },
  });
  return { userId: answer.user_id, accessToken: answer.access_token, deviceId: answer.device_id };
}

/** A client of that account, started and synced once, as Element starts it. */
export async function start(account, options = {}) {
  const client = plainClient({ timelineSupport: true, ...account });
  running.push(client);
  const synced = new Promise((resolve, reject) => {
    client.on(ClientEvent.Sync, (state, _previous, data) => {
      if (state === SyncState.Prepared) resolve();
      if (state === SyncState.Error) reject(data.error);
    });
  });
  const defaults = { threadSupport: true, lazyLoadMembers: true, initialSyncLimit: 20 };
  await client.startClient({ ...defaults, ...options });
  await synced;
  return client;
}

/** A new person's running client. */
export const person = async (stem) => start(await register(stem));

/** Wait until `get` gives something true, and give it. `what` says what was waited for. */
export async function until(get, what) {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const value = await get();
    if (value) return value;
    if (Date.now() > end) throw new Error(`waited in vain: ${what}`);
    await sleep(20);
  }
}

/** Like `until`, for an equality; a failure shows the last value. */
export async function settles(get, wanted, what) {
  let last;
  try {
    await until(() => JSON.stringify((last = get())) === JSON.stringify(wanted), what);
  } catch {
    assert.deepEqual(last, wanted, what);
  }
}

/** Do `step` until `done()`, some pages at most. */
export async function repeatUntil(done, step) {
  for (let pages = 0; !done(); pages++) {
    assert.ok(pages < 20, "no end of pages");
    await step();
  }
}

/** A private room of both, known to both. */
export async function roomOf(host, guest) {
  const { room_id: roomId } = await host.createRoom({
    preset: Preset.PrivateChat,
    invite: [guest.getUserId()],
  });
  await guest.joinRoom(roomId);
  await settles(() => guest.getRoom(roomId)?.getMyMembership(), "join", "the guest's join");
  await until(() => host.getRoom(roomId), "the host's room");
  return roomId;
}

/** The bodies of the messages in a room's live timeline. */
export const texts = (room) =>
  room
    .getLiveTimeline()
    .getEvents()
    .filter((event) => event.getType() === EventType.RoomMessage)
    .map((event) => event.getContent().body);

/** Send a message; gives its event id. */
export const say = async (client, roomId, body, extra = {}) =>
  (await client.sendMessage(roomId, { msgtype: "m.text", body, ...extra })).event_id;

/** Reply in a thread, without an echo: the SDK throws when /sync brings the first reply of a thread
 * before the send is answered, which it may. */
export const reply = async (client, roomId, root, body, extra = {}) => {
  const relation = { "m.relates_to": { rel_type: RelationType.Thread, event_id: root } };
  const txn = randomBytes(8).toString("hex");
  const path = `/rooms/${encodeURIComponent(roomId)}/send/m.room.message/${txn}`;
  const content = { msgtype: "m.text", body, ...extra, ...relation };
  return (await client.http.authedRequest(Method.Put, path, undefined, content)).event_id;
};

/** End every client that was started. */
export const stopAll = () => running.forEach((client) => client.stopClient());
