import { afterEach, beforeEach, expect, it } from "vitest";
import { MemoryStore, type Client } from "../src/index";
import { settled, until } from "./clock";
import type { FakeRoom } from "./fakeHomeserver";
import { anna, ivan, olga, Scene, watch } from "./scene";

let scene: Scene;
let room: FakeRoom;
let client: Client;

beforeEach(async () => {
  scene = new Scene();
  room = scene.server.home.room([anna, ivan], { name: "General" });
  client = await scene.client(anna);
});

afterEach(() => scene.end());

const own = (): ReturnType<Client["rooms"]["room"]> => client.rooms.room(room.roomId);
const state = (type: string): unknown => scene.server.home.state(room).get(`${type} `)?.content;

it("settings of a room become its state, and come back by sync", async () => {
  await own().setName("Everybody");
  await own().setTopic("All we do");
  await own().setJoinRule("public");
  await own().setHistoryVisibility("joined");
  await until(() => own().summary.getSnapshot()?.topic === "All we do");
  await settled();
  expect(own().summary.getSnapshot()).toMatchObject({ name: { kind: "given", text: "Everybody" }, joinRule: "public" });
  expect(own().details.getSnapshot()).toMatchObject({ givenName: "Everybody", historyVisibility: "joined", version: "11" });
  expect(await own().stateEvent("m.room.name")).toEqual({ name: "Everybody" });
  expect(await own().stateEvent("org.example.none")).toBeNull();
});

it("levels change one at a time, and pins come and go", async () => {
  await own().setUserLevel(ivan, 50);
  expect(state("m.room.power_levels")).toEqual({ users: { [anna]: 100, [ivan]: 50 } });
  const message = scene.server.home.say(room, ivan, "important");
  await own().setPinned(message.event_id, true);
  expect(state("m.room.pinned_events")).toEqual({ pinned: [message.event_id] });
  const items = watch(own().timeline);
  await until(() => items().some((item) => item.kind === "sent" && item.pinned));
  await own().setPinned(message.event_id, false);
  expect(state("m.room.pinned_events")).toEqual({ pinned: [] });
});

it("people are invited, removed and banned", async () => {
  const membership = (userId: string): string => scene.server.home.membership(room, userId);
  await own().invite(olga);
  expect(membership(olga)).toBe("invite");
  await own().kick(ivan, "reason");
  expect(membership(ivan)).toBe("leave");
  await own().ban(ivan);
  expect(membership(ivan)).toBe("ban");
  await own().unban(ivan);
  expect(membership(ivan)).toBe("leave");
});

it("a room marked unread by hand is unread until it is read", async () => {
  await own().setMarkedUnread(true);
  expect(own().summary.getSnapshot()).toMatchObject({ markedUnread: true, hasUnread: true });
  watch(own().timeline);
  await settled();
  await own().timeline.markRead();
  expect(own().summary.getSnapshot()).toMatchObject({ markedUnread: false });
});

it("reading everything reads the threads too", async () => {
  const root = scene.server.home.say(room, anna, "root");
  scene.server.home.say(room, ivan, "reply", { "m.relates_to": { rel_type: "m.thread", event_id: root.event_id } });
  await until(() => own().summary.getSnapshot()?.unreadThreadCount === 1);
  await own().markAllRead();
  expect(own().summary.getSnapshot()).toMatchObject({ unreadCount: 0, unreadThreadCount: 0 });
  await settled();
  expect(room.receipts.get(anna)?.has("")).toBe(true);
  expect(own().summary.getSnapshot()).toMatchObject({ unreadCount: 0, unreadThreadCount: 0 });
});

it("a conversation can become a room, and a room a conversation", async () => {
  await own().setDirect(ivan);
  await until(() => own().summary.getSnapshot()?.directUserId === ivan);
  await own().setDirect(null);
  await until(() => own().summary.getSnapshot()?.directUserId === null);
});

it("an encrypted room takes no message from a client without encryption", async () => {
  scene.server.home.append(room, anna, "m.room.encryption", { algorithm: "m.megolm.v1.aes-sha2" }, "");
  await until(() => own().summary.getSnapshot()?.encrypted === true);
  await expect(own().timeline.sendText({ body: "open text" })).rejects.toMatchObject({ errcode: "ENCRYPTED_ROOM" });
  expect(client.sendQueue.entries.getSnapshot()).toEqual([]);
});

it("media goes up with its progress, and comes down once for many who ask", async () => {
  const blob = new Blob(["avatar"]);
  const progress: number[] = [];
  const withProgress = await scene.client(ivan, undefined, {
    upload: (url, request) => {
      request.onProgress(3, 6);
      return scene.server.fetch(url, request);
    },
  });
  const mxc = await withProgress.media.upload(blob, { mimeType: "image/png", name: "a.png", onProgress: (fraction) => progress.push(fraction) });
  expect(progress).toEqual([0.5]);
  const [one, two] = await Promise.all([client.media.download(mxc), client.media.download(mxc)]);
  expect(one).toBe(two);
  expect(await (one as Blob).text()).toBe("avatar");
  expect(scene.server.callsTo(/media\/download/)).toHaveLength(1);
  await client.media.download(mxc, { thumbnail: { width: 32, height: 32, method: "crop" } });
  expect(scene.server.callsTo(/thumbnail.*width=32&height=32&method=crop/)).toHaveLength(1);
  await expect(client.media.download("https://elsewhere/x")).rejects.toMatchObject({ errcode: "M_NOT_FOUND" });
});

it("drafts are in the store as soon as somebody asks for it", async () => {
  const store = new MemoryStore();
  const phone = await scene.client(anna, store);
  phone.drafts.set(room.roomId, null, { text: "half", replyTo: null, editing: null });
  expect(await store.range("drafts")).toEqual([]);
  await phone.drafts.write();
  expect(await store.range("drafts")).toMatchObject([{ value: { text: "half" } }]);
});

it("drafts outlive the app, and empty ones go", async () => {
  client.drafts.set(room.roomId, null, { text: "half", replyTo: null, editing: null });
  client.drafts.set(room.roomId, "$thread", { text: "other", replyTo: "$1", editing: null });
  expect(client.drafts.get(room.roomId)?.text).toBe("half");
  client.drafts.set(room.roomId, null, { text: "", replyTo: null, editing: null });
  expect(client.drafts.get(room.roomId)).toBeNull();
  expect(client.drafts.get(room.roomId, "$thread")).toEqual({ text: "other", replyTo: "$1", editing: null });
  expect(client.drafts.all.getSnapshot().size).toBe(1);
});
