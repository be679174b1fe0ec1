import { at, flag, list, number, object, text, texts, type Json } from "./read";
import type { AccountDataEvent, RawEvent, StrippedEvent, StrippedRoom, SyncAnswer, SyncedRoom } from "./wire";

/** Pure. An event with everything it must have; null for anything else. */
export function parseEvent(value: unknown): RawEvent | null {
  const event = object(value);
  if (event === null) return null;
  const { event_id, type, sender, origin_server_ts, content, state_key, room_id, redacts, unsigned } = event;
  if (typeof event_id !== "string" || typeof type !== "string" || typeof sender !== "string") return null;
  return {
    event_id,
    type,
    sender,
    origin_server_ts: number(origin_server_ts) ?? 0,
    content: object(content) ?? {},
    ...(typeof state_key === "string" ? { state_key } : {}),
    ...(typeof room_id === "string" ? { room_id } : {}),
    ...(typeof redacts === "string" ? { redacts } : {}),
    ...(object(unsigned) === null ? {} : { unsigned: object(unsigned) as Json }),
  };
}

export function parseEvents(value: unknown): RawEvent[] {
  return list(value).map(parseEvent).filter((event) => event !== null);
}

function parseStripped(value: unknown): StrippedEvent | null {
  const event = object(value);
  const type = text(event?.["type"]);
  const stateKey = text(event?.["state_key"]);
  if (event === null || type === null || stateKey === null) return null;
  return { type, state_key: stateKey, sender: text(event["sender"]) ?? "", content: object(event["content"]) ?? {} };
}

function parseAccountData(value: unknown): AccountDataEvent[] {
  return list(at(value, "events")).flatMap((each) => {
    const type = text(at(each, "type"));
    return type === null ? [] : [{ type, content: object(at(each, "content")) ?? {} }];
  });
}

function parseUnread(value: unknown): { notifications: number; highlights: number } {
  return {
    notifications: number(at(value, "notification_count")) ?? 0,
    highlights: number(at(value, "highlight_count")) ?? 0,
  };
}

function parseRoom(roomId: string, membership: "join" | "leave", value: unknown): SyncedRoom {
  const stateAfter = at(value, "state_after") ?? at(value, "org.matrix.msc4222.state_after");
  const heroes = at(value, "summary", "m.heroes");
  const unread = object(at(value, "unread_notifications"));
  const threads = object(at(value, "unread_thread_notifications"));
  return {
    roomId,
    membership,
    timeline: parseEvents(at(value, "timeline", "events")),
    limited: flag(at(value, "timeline", "limited")),
    prevBatch: text(at(value, "timeline", "prev_batch")),
    state: parseEvents(at(stateAfter ?? at(value, "state"), "events")).filter((event) => event.state_key !== undefined),
    stateAfter: stateAfter !== undefined,
    ephemeral: parseAccountData(at(value, "ephemeral")),
    accountData: parseAccountData(at(value, "account_data")),
    summary: {
      heroes: heroes === undefined ? null : texts(heroes),
      joinedCount: number(at(value, "summary", "m.joined_member_count")),
      invitedCount: number(at(value, "summary", "m.invited_member_count")),
    },
    unread: unread === null ? null : parseUnread(unread),
    threadUnread:
      threads === null ? null : Object.fromEntries(Object.entries(threads).map(([root, counts]) => [root, parseUnread(counts)])),
  };
}

function parseStrippedRoom(roomId: string, membership: "invite" | "knock", value: unknown): StrippedRoom {
  const events = at(value, membership === "invite" ? "invite_state" : "knock_state", "events");
  return { roomId, membership, state: list(events).map(parseStripped).filter((event) => event !== null) };
}

/** Pure. Reads an answer of `GET /sync`; wrong parts are left out. Throws TypeError without `next_batch`. */
export function parseSync(value: unknown): SyncAnswer {
  const nextBatch = text(at(value, "next_batch"));
  if (nextBatch === null) throw new TypeError("A sync answer without next_batch");
  const each = (membership: string): [string, unknown][] => Object.entries(object(at(value, "rooms", membership)) ?? {});
  return {
    nextBatch,
    rooms: [
      ...each("join").map(([roomId, room]) => parseRoom(roomId, "join", room)),
      ...each("leave").map(([roomId, room]) => parseRoom(roomId, "leave", room)),
    ],
    stripped: [
      ...each("invite").map(([roomId, room]) => parseStrippedRoom(roomId, "invite", room)),
      ...each("knock").map(([roomId, room]) => parseStrippedRoom(roomId, "knock", room)),
    ],
    accountData: parseAccountData(at(value, "account_data")),
  };
}
