// matrix-js-sdk, the library below Element, on our homeserver.
//
//     node js_sdk.mjs HOMESERVER_URL RESULT_FILE
//
// Runs the scenarios, several at once and each with people of its own, and writes {name: null |
// "what went wrong"} to RESULT_FILE. What the SDK logs goes to standard output.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import process from "node:process";
import {
  Direction,
  EventType,
  NotificationCountType,
  Preset,
  ReceiptType,
  RelationType,
  TimelineWindow,
} from "matrix-js-sdk";

import {
  PASSWORD,
  person,
  plainClient,
  register,
  repeatUntil,
  reply,
  roomOf,
  say,
  settles,
  start,
  stopAll,
  texts,
  until,
} from "./js_sdk_people.mjs";

const [, , , resultFile] = process.argv;

const scenarios = {
  async "an invitation, a join and a talk"() {
    const [olga, ivan] = [await person("olga"), await person("ivan")];
    const { room_id: roomId } = await olga.createRoom({
      name: "Plans",
      preset: Preset.TrustedPrivateChat,
      is_direct: true,
      invite: [ivan.getUserId()],
    });
    await settles(() => ivan.getRoom(roomId)?.getMyMembership(), "invite", "the invitation");
    assert.equal(ivan.getRoom(roomId).name, "Plans");
    assert.equal(ivan.getRoom(roomId).getDMInviter(), olga.getUserId());
    await ivan.joinRoom(roomId);
    await settles(() => ivan.getRoom(roomId).getMyMembership(), "join", "the join");

    await say(olga, roomId, "Hello Ivan");
    await settles(() => texts(ivan.getRoom(roomId)), ["Hello Ivan"], "the first message");
    await say(ivan, roomId, "Hello Olga");
    const both = ["Hello Ivan", "Hello Olga"];
    await settles(() => texts(olga.getRoom(roomId)), both, "the answer");
    await settles(() => texts(ivan.getRoom(roomId)), both, "one's own echo, once");
    assert.equal(ivan.getRoom(roomId).getJoinedMemberCount(), 2);
  },

  async "an echo meets its event"() {
    const olga = await person("olga");
    const { room_id: roomId } = await olga.createRoom({});
    const room = await until(() => olga.getRoom(roomId), "the room");
    const ids = [];
    for (let n = 0; n < 5; n++) ids.push(await say(olga, roomId, `echo ${n}`));
    const messages = () =>
      room
        .getLiveTimeline()
        .getEvents()
        .filter((event) => event.getType() === EventType.RoomMessage);
    await settles(() => messages().map((event) => event.getId()), ids, "the events");
    await settles(() => messages().map((event) => event.status), ids.map(() => null), "no echo left");
    for (const event of messages()) assert.ok(event.getUnsigned().transaction_id);
  },

  async "an edit replaces, live and later"() {
    const account = await register("ivan");
    const [olga, ivan] = [await person("olga"), await start(account)];
    const roomId = await roomOf(olga, ivan);
    const original = await say(olga, roomId, "at noon");
    await until(() => ivan.getRoom(roomId).findEventById(original), "the original");
    const edit = await say(olga, roomId, "* at one", {
      "m.new_content": { msgtype: "m.text", body: "at one" },
      "m.relates_to": { rel_type: RelationType.Replace, event_id: original },
    });
    const body = (client) => client.getRoom(roomId).findEventById(original)?.getContent().body;
    await settles(() => body(ivan), "at one", "the edit, live");

    for (let n = 0; n < 12; n++) await say(olga, roomId, `filler ${n}`);
    const later = await start(account, { initialSyncLimit: 3 });
    const room = later.getRoom(roomId);
    await repeatUntil(
      () => room.findEventById(original),
      () => later.scrollback(room, 4),
    );
    const found = room.findEventById(original);
    assert.equal(found.getContent().body, "at one", "the edit, from history");
    assert.equal(found.replacingEventId(), edit);
  },

  async "reactions are counted and taken back"() {
    const [olga, ivan] = [await person("olga"), await person("ivan")];
    const roomId = await roomOf(olga, ivan);
    const target = await say(olga, roomId, "Cake in the kitchen");
    const react = (client, key) =>
      client.sendEvent(roomId, EventType.Reaction, {
        "m.relates_to": { rel_type: RelationType.Annotation, event_id: target, key },
      });
    await react(ivan, "🎂");
    await react(olga, "🎂");
    const { event_id: thumb } = await react(ivan, "👍");
    const counts = (client) => {
      const kind = [RelationType.Annotation, EventType.Reaction];
      const relations = client.getRoom(roomId).relations.getChildEventsForEvent(target, ...kind);
      const sorted = relations?.getSortedAnnotationsByKey() ?? [];
      return sorted.map(([key, events]) => [key, events.size]).filter(([, size]) => size);
    };
    const all = [
      ["🎂", 2],
      ["👍", 1],
    ];
    await settles(() => counts(olga), all, "the reactions");
    await assert.rejects(react(ivan, "🎂"), { errcode: "M_DUPLICATE_ANNOTATION" });
    await ivan.redactEvent(roomId, thumb);
    await settles(() => counts(olga), [["🎂", 2]], "one taken back");
  },

  async "a thread is a talk of its own"() {
    const account = await register("ivan");
    const [olga, ivan] = [await person("olga"), await start(account)];
    const roomId = await roomOf(olga, ivan);
    const root = await say(olga, roomId, "Which paint?");
    await say(olga, roomId, "Another matter");
    for (const colour of ["red", "green"]) await reply(ivan, roomId, root, colour);
    const last = await reply(olga, roomId, root, "blue");

    const main = ["Which paint?", "Another matter"];
    const check = async (client) => {
      const room = client.getRoom(roomId);
      const thread = await until(() => room.getThread(root), "the thread");
      await settles(() => thread.length, 3, "the number of replies");
      await settles(() => thread.replyToEvent?.getId(), last, "the newest reply");
      await settles(() => texts(room), main, "the main timeline");
      return thread;
    };
    await check(olga);
    await check(ivan);

    const later = await start(account);
    const thread = await check(later);
    assert.ok(thread.hasCurrentUserParticipated);
    await until(() => thread.initialEventsFetched, "the replies");
    const replies = thread.events.filter((event) => event.getId() !== root);
    const bodies = replies.map((event) => event.getContent().body);
    assert.deepEqual(bodies, ["red", "green", "blue"]);
  },

  async "the list of threads has the newest first"() {
    const olga = await person("olga");
    const { room_id: roomId } = await olga.createRoom({});
    const roots = [];
    for (const name of ["one", "two", "three"]) roots.push(await say(olga, roomId, name));
    for (const n of [0, 1, 2, 0]) await reply(olga, roomId, roots[n], `reply to ${n}`);
    const later = await start({
      userId: olga.getUserId(),
      accessToken: olga.getAccessToken(),
      deviceId: olga.getDeviceId(),
    });
    const room = later.getRoom(roomId);
    await room.createThreadsTimelineSets();
    await room.fetchRoomThreads();
    const [all] = room.threadsTimelineSets;
    const listed = () => all.getLiveTimeline().getEvents().map((event) => event.getId());
    await settles(listed, [roots[1], roots[2], roots[0]], "the roots, the newest reply last");
  },

  async "unread counts tell threads apart"() {
    const [olga, ivan] = [await person("olga"), await person("ivan")];
    const roomId = await roomOf(olga, ivan);
    const room = ivan.getRoom(roomId);
    const counts = (root) => [
      room.getRoomUnreadNotificationCount(NotificationCountType.Total),
      room.getRoomUnreadNotificationCount(NotificationCountType.Highlight),
      room.getThreadUnreadNotificationCount(root, NotificationCountType.Total),
      room.getThreadUnreadNotificationCount(root, NotificationCountType.Highlight),
    ];
    const mention = { "m.mentions": { user_ids: [ivan.getUserId()] } };
    const root = await say(olga, roomId, "Root");
    await say(olga, roomId, "Ivan?", mention);
    await reply(olga, roomId, root, "in the thread");
    const lastInThread = await reply(olga, roomId, root, "Ivan, here", mention);
    await settles(() => counts(root), [2, 1, 2, 1], "everything unread");

    const thread = await until(() => room.getThread(root), "the thread");
    await until(() => thread.findEventById(lastInThread), "the reply");
    await ivan.sendReadReceipt(thread.findEventById(lastInThread));
    await settles(() => counts(root), [2, 1, 0, 0], "the thread read");
    const timeline = room.getLiveTimeline().getEvents();
    await ivan.sendReadReceipt(timeline.findLast((event) => event.getContent().body === "Ivan?"));
    await settles(() => counts(root), [0, 0, 0, 0], "all read");

    await reply(olga, roomId, root, "one more");
    await settles(() => counts(root), [0, 0, 1, 0], "a new reply");
    await say(olga, roomId, "and one outside");
    await settles(() => counts(root), [1, 0, 1, 0], "a new message");
    const newest = await until(
      () => texts(room).at(-1) === "and one outside" && room.getLiveTimeline().getEvents().at(-1),
      "the newest",
    );
    await ivan.sendReadReceipt(newest, ReceiptType.Read, true);
    await settles(() => counts(root), [0, 0, 0, 0], "an unthreaded receipt reads both");
  },

  async "a muted room counts nothing"() {
    const [olga, ivan] = [await person("olga"), await person("ivan")];
    const roomId = await roomOf(olga, ivan);
    const loud = await roomOf(olga, ivan);
    await ivan.addPushRule("global", "room", roomId, { actions: [] });
    await until(() => ivan.getRoomPushRule("global", roomId), "the rule, by sync");
    await say(olga, roomId, "hush");
    await say(olga, loud, "hey");
    const total = (id) => ivan.getRoom(id).getRoomUnreadNotificationCount("total");
    await settles(() => [total(roomId), total(loud)], [0, 1], "the counts");
    await settles(() => texts(ivan.getRoom(roomId)), ["hush"], "the message itself");
  },

  async "receipts are seen, private ones are not"() {
    const [olga, ivan] = [await person("olga"), await person("ivan")];
    const roomId = await roomOf(olga, ivan);
    const room = olga.getRoom(roomId);
    const total = () => ivan.getRoom(roomId).getRoomUnreadNotificationCount("total");
    const read = async (id, kind) => {
      const event = await until(() => ivan.getRoom(roomId).findEventById(id), "the event");
      await ivan.sendReadReceipt(event, kind);
    };
    const first = await say(olga, roomId, "first");
    await read(first, ReceiptType.Read);
    await settles(() => room.getEventReadUpTo(ivan.getUserId(), true), first, "the receipt");
    await settles(() => room.hasUserReadEvent(ivan.getUserId(), first), true, "read");

    const second = await say(olga, roomId, "second");
    await settles(total, 1, "one unread");
    await read(second, ReceiptType.ReadPrivate);
    await settles(total, 0, "read in private");
    const third = await say(olga, roomId, "third");
    await settles(() => texts(room).at(-1), "third", "a later message");
    assert.equal(room.getEventReadUpTo(ivan.getUserId(), true), first);
    await read(third, ReceiptType.Read);
    await settles(() => room.getEventReadUpTo(ivan.getUserId(), true), third, "public again");
  },

  async "typing is shown and ends"() {
    const [olga, ivan] = [await person("olga"), await person("ivan")];
    const roomId = await roomOf(olga, ivan);
    await ivan.getRoom(roomId).loadMembersIfNeeded();
    const typing = () => ivan.getRoom(roomId).getMember(olga.getUserId())?.typing;
    await olga.sendTyping(roomId, true, 20_000);
    await settles(typing, true, "typing");
    await olga.sendTyping(roomId, false, 0);
    await settles(typing, false, "no longer typing");
  },

  async "history is scrolled back to the beginning"() {
    const account = await register("olga");
    const olga = await start(account);
    const { room_id: roomId } = await olga.createRoom({});
    const wanted = [];
    for (let n = 0; n < 40; n++) {
      wanted.push(`message ${n}`);
      await say(olga, roomId, `message ${n}`);
    }
    const later = await start(account, { initialSyncLimit: 5 });
    const room = later.getRoom(roomId);
    assert.equal(texts(room).length, 5);
    const oldest = () => room.getLiveTimeline().getEvents()[0].getType();
    await repeatUntil(
      () => oldest() === EventType.RoomCreate,
      () => later.scrollback(room, 9),
    );
    assert.deepEqual(texts(room), wanted);
    await later.scrollback(room, 9);
    assert.equal(room.oldState.paginationToken, null, "nothing lies before the creation");
  },

  async "a gap in the timeline is filled from both sides"() {
    const account = await register("ivan");
    const [olga, ivan] = [await person("olga"), await start(account, { initialSyncLimit: 5 })];
    const roomId = await roomOf(olga, ivan);
    const target = await say(olga, roomId, "the one looked for");
    for (let n = 0; n < 30; n++) await say(olga, roomId, `later ${n}`);
    const later = await start(account, { initialSyncLimit: 5 });
    const room = later.getRoom(roomId);
    assert.equal(room.findEventById(target), undefined);
    const page = new TimelineWindow(later, room.getUnfilteredTimelineSet());
    await page.load(target, 6);
    await repeatUntil(
      () => !page.canPaginate(Direction.Forward),
      () => page.paginate(Direction.Forward, 8),
    );
    const bodies = page
      .getEvents()
      .filter((event) => event.getType() === EventType.RoomMessage)
      .map((event) => event.getContent().body);
    const wanted = Array.from({ length: 30 }, (_, n) => `later ${n}`);
    assert.deepEqual(bodies.slice(bodies.indexOf("the one looked for") + 1), wanted);
  },

  async "a redaction empties the message everywhere"() {
    const [olga, ivan] = [await person("olga"), await person("ivan")];
    const roomId = await roomOf(olga, ivan);
    const slip = await say(olga, roomId, "hunter2");
    const event = await until(() => ivan.getRoom(roomId).findEventById(slip), "the slip");
    await settles(() => ivan.getRoom(roomId).getRoomUnreadNotificationCount("total"), 1, "unread");
    await olga.redactEvent(roomId, slip, undefined, { reason: "slip" });
    await settles(() => event.isRedacted(), true, "the redaction");
    assert.deepEqual(event.getContent(), {});
    assert.equal(event.getUnsigned().redacted_because.content.reason, "slip");
  },

  async "members are loaded when they are needed"() {
    const account = await register("ivan");
    const [olga, ivan] = [await person("olga"), await start(account)];
    const roomId = await roomOf(olga, ivan);
    const quiet = [];
    for (let n = 0; n < 7; n++) {
      quiet.push(await register("quiet"));
      await olga.invite(roomId, quiet[n].userId);
      await plainClient(quiet[n]).joinRoom(roomId);
    }
    for (let n = 0; n < 25; n++) await say(olga, roomId, `message ${n}`);
    const later = await start(account, { initialSyncLimit: 5 });
    const room = later.getRoom(roomId);
    assert.equal(room.getMember(olga.getUserId()).membership, "join", "who speaks is known");
    const known = () => quiet.filter(({ userId }) => room.getMember(userId)).length;
    assert.ok(known() >= 1 && known() <= 5, "of the silent, those who name the room");
    assert.equal(room.getJoinedMemberCount(), 9);
    await room.loadMembersIfNeeded();
    assert.equal(known(), 7);
    assert.equal(room.getJoinedMembers().length, 9);
  },

  async "tags and account data come by sync"() {
    const account = await register("olga");
    const [laptop, phone] = [await start(account), await start(account)];
    const { room_id: roomId } = await laptop.createRoom({});
    await laptop.setRoomTag(roomId, "m.favourite", { order: 0.25 });
    await laptop.setAccountData("org.example.theme", { dark: true });
    const tags = () => phone.getRoom(roomId)?.tags;
    await settles(tags, { "m.favourite": { order: 0.25 } }, "the tag");
    const theme = () => phone.getAccountData("org.example.theme")?.getContent();
    await settles(theme, { dark: true }, "the account data");
    await laptop.deleteRoomTag(roomId, "m.favourite");
    await settles(tags, {}, "no tag");
  },

  async "a file goes up and comes down with the token only"() {
    const olga = await person("olga");
    const data = new Uint8Array(randomBytes(70_000));
    const { content_uri: mxc } = await olga.uploadContent(data, {
      name: "photo.bin",
      type: "application/octet-stream",
    });
    const address = olga.mxcUrlToHttp(mxc, undefined, undefined, undefined, false, true, true);
    const headers = { Authorization: `Bearer ${olga.getAccessToken()}` };
    const answer = await globalThis.fetch(address, { headers });
    assert.equal(answer.status, 200);
    assert.deepEqual(new Uint8Array(await answer.arrayBuffer()), data);
    assert.equal((await globalThis.fetch(address)).status, 401);
  },

  async "a session is renewed by its refresh token"() {
    const account = await register("olga");
    const client = plainClient();
    const session = await client.loginRequest({
      type: "m.login.password",
      identifier: { type: "m.id.user", user: account.userId },
      password: PASSWORD,
      refresh_token: true,
    });
    assert.ok(session.expires_in_ms > 0);
    const pair = await client.refreshToken(session.refresh_token);
    assert.notEqual(pair.access_token, session.access_token);
    const renewed = plainClient({ userId: account.userId, accessToken: pair.access_token });
    assert.equal((await renewed.whoami()).device_id, session.device_id);
    const again = await client.refreshToken(pair.refresh_token);
    assert.ok(again.access_token && again.refresh_token && again.expires_in_ms > 0);
  },

  async "people are found by name"() {
    const [olga, ivan] = [await person("olga"), await person("ivan")];
    const name = `Иван ${randomBytes(4).toString("hex")}`;
    await ivan.setDisplayName(name);
    await roomOf(olga, ivan);
    const search = async () => (await olga.searchUserDirectory({ term: name })).results;
    const [found] = await until(async () => {
      const results = await search();
      return results.length && results;
    }, "the search");
    assert.equal(found.user_id, ivan.getUserId());
    assert.equal(found.display_name, name);
  },
};

async function verdict(scenario) {
  try {
    await scenario();
    return null;
  } catch (error) {
    return error?.stack ?? String(error);
  }
}

const names = Object.keys(scenarios);
const verdicts = Object.fromEntries(names.map((name) => [name, "never run"]));
const waiting = [...names];
const worker = async () => {
  for (let name = waiting.shift(); name; name = waiting.shift()) {
    verdicts[name] = await verdict(scenarios[name]);
  }
};
await Promise.all(Array.from({ length: 6 }, worker));
writeFileSync(resultFile, JSON.stringify(verdicts));
stopAll();
process.exit(0);
