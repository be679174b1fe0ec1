import type { Content, FakeEvent, FakeHomeserver, FakeRoom, FakeUser } from "./fakeHomeserver";

const TIMELINE_LIMIT = 30;

interface Viewer {
  readonly user: FakeUser;
  readonly deviceId: string;
}

/** What GET /sync says after a position (null: from the beginning), with lazy members and thread counts. */
export function syncAnswer(home: FakeHomeserver, viewer: Viewer, since: number | null): { body: Content; news: boolean } {
  const join: Content = {};
  const invite: Content = {};
  const leave: Content = {};
  const me = viewer.user.userId;
  for (const room of home.rooms.values()) {
    const membership = home.membership(room, me);
    const own = home.state(room).get(`m.room.member ${me}`);
    const isNew = since === null || (own?.position ?? 0) > since;
    if (membership === "join") {
      const part = joinedRoom(home, room, viewer, since);
      if (part !== null) join[room.roomId] = part;
    } else if (membership === "invite" && isNew) {
      invite[room.roomId] = { invite_state: { events: strippedState(home, room, me) } };
    } else if (since !== null && isNew && own !== undefined) {
      const events = room.events.filter((event) => event.position > since && event.position <= own.position);
      leave[room.roomId] = { timeline: { events: events.map((event) => home.clientEvent(event, viewer)), limited: false } };
    }
  }
  const accountData = newAccountData(viewer.user, "", since);
  const news = [join, invite, leave].some((part) => Object.keys(part).length > 0) || accountData.length > 0;
  const body = { next_batch: String(home.position), rooms: { join, invite, leave }, account_data: { events: accountData } };
  return { body, news };
}

function joinedRoom(home: FakeHomeserver, room: FakeRoom, viewer: Viewer, since: number | null): Content | null {
  const me = viewer.user.userId;
  const entered = since === null || home.membership(room, me, since) !== "join";
  const from = entered ? 0 : since;
  const all = room.events.filter((event) => event.position > from);
  const timeline = all.slice(-TIMELINE_LIMIT);
  const limited = all.length > timeline.length;
  const ephemeral: Content[] = [];
  const receipts: Record<string, Record<string, Content>> = {};
  for (const [userId, byThread] of room.receipts) {
    for (const [thread, receipt] of byThread) {
      if (receipt.position <= from) continue;
      const read = ((receipts[receipt.eventId] ??= {})["m.read"] ??= {});
      read[userId] = { ts: receipt.ts, ...(thread === "" ? {} : { thread_id: thread }) };
    }
  }
  if (Object.keys(receipts).length > 0) ephemeral.push({ type: "m.receipt", content: receipts });
  if (room.typing.position > from) ephemeral.push({ type: "m.typing", content: { user_ids: room.typing.users } });
  const accountData = newAccountData(viewer.user, room.roomId, entered ? null : since);
  if (!entered && all.length === 0 && ephemeral.length === 0 && accountData.length === 0) return null;

  const before = (timeline[0]?.position ?? home.position + 1) - 1;
  const state = [...home.state(room, before).values()].filter((event) => {
    if (event.position <= from) return event.type === "m.room.member" && timeline.some((each) => each.sender === event.state_key);
    return event.type !== "m.room.member" || [me, ...timeline.map((each) => each.sender), ...heroes(home, room, me)].includes(event.state_key ?? "");
  });
  const members = [...home.state(room).values()].filter((event) => event.type === "m.room.member");
  const count = (membership: string): number => members.filter((event) => event.content["membership"] === membership).length;
  return {
    timeline: {
      events: timeline.map((event) => home.clientEvent(event, viewer)),
      limited,
      prev_batch: `t${room.events.indexOf(timeline[0] as FakeEvent) < 0 ? room.events.length : room.events.indexOf(timeline[0] as FakeEvent)}`,
    },
    state: { events: state.map((event) => home.clientEvent(event, viewer)) },
    ephemeral: { events: ephemeral },
    account_data: { events: accountData },
    summary: {
      "m.heroes": heroes(home, room, me),
      "m.joined_member_count": count("join"),
      "m.invited_member_count": count("invite"),
    },
    ...unreadCounts(room, me),
  };
}

function heroes(home: FakeHomeserver, room: FakeRoom, me: string): string[] {
  return [...home.state(room).values()]
    .filter((event) => event.type === "m.room.member" && event.state_key !== me && event.content["membership"] !== "leave")
    .map((event) => event.state_key ?? "")
    .slice(0, 5);
}

function strippedState(home: FakeHomeserver, room: FakeRoom, me: string): Content[] {
  return [...home.state(room).values()]
    .filter((event) => event.type !== "m.room.member" || event.state_key === me || event.sender === event.state_key)
    .map(({ type, state_key, content, sender }) => ({ type, state_key, content, sender }));
}

function newAccountData(user: FakeUser, roomId: string, since: number | null): Content[] {
  return [...user.accountData.values()]
    .filter((each) => each.roomId === roomId && each.position > (since ?? -1))
    .map(({ type, content }) => ({ type, content }));
}

/** Messages by others after my receipt for the thread, or my own last message in it. */
function unreadCounts(room: FakeRoom, me: string): Content {
  const index = (eventId: string | undefined): number => room.events.findIndex((event) => event.event_id === eventId);
  const own = room.receipts.get(me);
  const counts = new Map<string, { notification_count: number; highlight_count: number }>();
  counts.set("main", { notification_count: 0, highlight_count: 0 });
  const joined = room.events.findLastIndex((event) => event.type === "m.room.member" && event.state_key === me);
  room.events.forEach((event, i) => {
    if (event.type !== "m.room.message" || event.content["body"] === undefined) return;
    const relates = event.content["m.relates_to"] as Content | undefined;
    if (relates?.["rel_type"] === "m.replace") return;
    const thread = relates?.["rel_type"] === "m.thread" ? String(relates["event_id"]) : "main";
    const read = Math.max(index(own?.get("")?.eventId), index(own?.get(thread)?.eventId), joined);
    const sum = counts.get(thread) ?? { notification_count: 0, highlight_count: 0 };
    if (event.sender === me) sum.notification_count = sum.highlight_count = 0;
    else if (i > read) {
      sum.notification_count += 1;
      const mentioned = (event.content["m.mentions"] as { user_ids?: string[] } | undefined)?.user_ids?.includes(me);
      if (mentioned) sum.highlight_count += 1;
    }
    counts.set(thread, sum);
  });
  const main = counts.get("main");
  counts.delete("main");
  const threads = [...counts].filter(([, sum]) => sum.notification_count > 0);
  return { unread_notifications: main, unread_thread_notifications: Object.fromEntries(threads) };
}
