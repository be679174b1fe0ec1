import { MatrixError } from "./errors";
import { route, type HttpClient } from "./http";
import { parseEvent, parseEvents } from "./parseSync";
import { at, text, texts } from "./read";
import type { Content, RawEvent } from "./wire";
import type { EventId, RoomAlias, RoomId, TxnId, UserId } from "../ids";

export interface MessagesPage {
  /** Newest first. */
  readonly chunk: readonly RawEvent[];
  /** Where to go on; null at the beginning of what we may see. */
  readonly end: string | null;
  /** Members met in the chunk. */
  readonly state: readonly RawEvent[];
}

const LAZY_MEMBERS = JSON.stringify({ lazy_load_members: true });

/** Events of rooms: reading pages of them, sending, redacting. */
export class RoomsApi {
  constructor(private readonly http: HttpClient) {}

  async messages(roomId: RoomId, from: string, limit: number): Promise<MessagesPage> {
    const answer = await this.http.json({
      method: "GET",
      path: route`/_matrix/client/v3/rooms/${roomId}/messages`,
      query: { dir: "b", from, limit, filter: LAZY_MEMBERS },
    });
    return { chunk: parseEvents(answer["chunk"]), end: text(answer["end"]), state: parseEvents(answer["state"]) };
  }

  /** Null when it does not exist or we may not see it. */
  async event(roomId: RoomId, eventId: EventId): Promise<RawEvent | null> {
    try {
      return parseEvent(
        await this.http.json({ method: "GET", path: route`/_matrix/client/v3/rooms/${roomId}/event/${eventId}` }),
      );
    } catch (error) {
      if (error instanceof MatrixError && (error.status === 404 || error.status === 403)) return null;
      throw error;
    }
  }

  /** The replies of a thread with what relates to them, newest first. */
  async threadReplies(roomId: RoomId, rootId: EventId, from: string | null, limit: number): Promise<Omit<MessagesPage, "state">> {
    const answer = await this.http.json({
      method: "GET",
      path: route`/_matrix/client/v1/rooms/${roomId}/relations/${rootId}/m.thread`,
      query: { dir: "b", from, limit, recurse: true },
    });
    return { chunk: parseEvents(answer["chunk"]), end: text(answer["next_batch"]) };
  }

  /** Everything of one relation to an event: edits, reactions. One page, newest first. */
  async relations(roomId: RoomId, eventId: EventId, limit: number): Promise<readonly RawEvent[]> {
    const answer = await this.http.json({
      method: "GET",
      path: route`/_matrix/client/v1/rooms/${roomId}/relations/${eventId}`,
      query: { dir: "b", limit },
    });
    return parseEvents(answer["chunk"]);
  }

  /** Roots of threads, newest activity first. */
  async threads(roomId: RoomId, from: string | null, limit: number): Promise<Omit<MessagesPage, "state">> {
    const answer = await this.http.json({
      method: "GET",
      path: route`/_matrix/client/v1/rooms/${roomId}/threads`,
      query: { from, limit, include: "all" },
    });
    return { chunk: parseEvents(answer["chunk"]), end: text(answer["next_batch"]) };
  }

  async members(roomId: RoomId): Promise<readonly RawEvent[]> {
    const answer = await this.http.json({ method: "GET", path: route`/_matrix/client/v3/rooms/${roomId}/members` });
    return parseEvents(answer["chunk"]);
  }

  async send(roomId: RoomId, type: string, txnId: TxnId, content: Content, signal: AbortSignal): Promise<EventId> {
    return eventIdOf(
      await this.http.json({
        method: "PUT",
        path: route`/_matrix/client/v3/rooms/${roomId}/send/${type}/${txnId}`,
        body: content,
        patienceMs: 0,
        signal,
      }),
    );
  }

  async redact(roomId: RoomId, eventId: EventId, txnId: TxnId, reason: string | null, signal: AbortSignal): Promise<EventId> {
    return eventIdOf(
      await this.http.json({
        method: "PUT",
        path: route`/_matrix/client/v3/rooms/${roomId}/redact/${eventId}/${txnId}`,
        body: reason === null ? {} : { reason },
        patienceMs: 0,
        signal,
      }),
    );
  }

  async sendState(roomId: RoomId, type: string, stateKey: string, content: Content): Promise<EventId> {
    return eventIdOf(
      await this.http.json({
        method: "PUT",
        path: route`/_matrix/client/v3/rooms/${roomId}/state/${type}/${stateKey}`,
        body: content,
      }),
    );
  }

  /** Null when there is no such state. */
  async state(roomId: RoomId, type: string, stateKey: string): Promise<Content | null> {
    return this.#orNull(
      this.http.json({ method: "GET", path: route`/_matrix/client/v3/rooms/${roomId}/state/${type}/${stateKey}` }),
    );
  }

  async receipt(roomId: RoomId, type: "m.read" | "m.read.private", eventId: EventId, threadId: string | null): Promise<void> {
    await this.http.json({
      method: "POST",
      path: route`/_matrix/client/v3/rooms/${roomId}/receipt/${type}/${eventId}`,
      body: threadId === null ? {} : { thread_id: threadId },
      patienceMs: 0,
    });
  }

  async fullyRead(roomId: RoomId, eventId: EventId): Promise<void> {
    await this.http.json({
      method: "POST",
      path: route`/_matrix/client/v3/rooms/${roomId}/read_markers`,
      body: { "m.fully_read": eventId },
      patienceMs: 0,
    });
  }

  async typing(roomId: RoomId, userId: UserId, timeoutMs: number | null): Promise<void> {
    await this.http.json({
      method: "PUT",
      path: route`/_matrix/client/v3/rooms/${roomId}/typing/${userId}`,
      body: timeoutMs === null ? { typing: false } : { typing: true, timeout: timeoutMs },
      patienceMs: 0,
    });
  }

  async create(body: Content): Promise<RoomId> {
    return roomIdOf(await this.http.json({ method: "POST", path: "/_matrix/client/v3/createRoom", body }));
  }

  async join(target: RoomId | RoomAlias, reason: string | null, via: readonly string[]): Promise<RoomId> {
    return roomIdOf(
      await this.http.json({
        method: "POST",
        path: route`/_matrix/client/v3/join/${target}` + viaQuery(via),
        body: withReason({}, reason),
        timeoutMs: 120_000,
      }),
    );
  }

  async knock(target: RoomId | RoomAlias, reason: string | null, via: readonly string[]): Promise<RoomId> {
    return roomIdOf(
      await this.http.json({
        method: "POST",
        path: route`/_matrix/client/v3/knock/${target}` + viaQuery(via),
        body: withReason({}, reason),
        timeoutMs: 120_000,
      }),
    );
  }

  /** leave and forget without `userId`; invite, kick, ban and unban with it. */
  async membership(
    roomId: RoomId,
    action: "leave" | "forget" | "invite" | "kick" | "ban" | "unban",
    userId: UserId | null,
    reason: string | null,
  ): Promise<void> {
    await this.http.json({
      method: "POST",
      path: route`/_matrix/client/v3/rooms/${roomId}/${action}`,
      body: withReason(userId === null ? {} : { user_id: userId }, reason),
    });
  }

  async aliases(roomId: RoomId): Promise<readonly RoomAlias[]> {
    const answer = await this.http.json({ method: "GET", path: route`/_matrix/client/v3/rooms/${roomId}/aliases` });
    return texts(answer["aliases"]);
  }

  async addAlias(alias: RoomAlias, roomId: RoomId): Promise<void> {
    await this.http.json({
      method: "PUT",
      path: route`/_matrix/client/v3/directory/room/${alias}`,
      body: { room_id: roomId },
    });
  }

  async removeAlias(alias: RoomAlias): Promise<void> {
    await this.http.json({ method: "DELETE", path: route`/_matrix/client/v3/directory/room/${alias}` });
  }

  async listed(roomId: RoomId): Promise<boolean> {
    const answer = await this.http.json({ method: "GET", path: route`/_matrix/client/v3/directory/list/room/${roomId}` });
    return answer["visibility"] === "public";
  }

  async setListed(roomId: RoomId, listed: boolean): Promise<void> {
    await this.http.json({
      method: "PUT",
      path: route`/_matrix/client/v3/directory/list/room/${roomId}`,
      body: { visibility: listed ? "public" : "private" },
    });
  }

  async #orNull(request: Promise<Content>): Promise<Content | null> {
    try {
      return await request;
    } catch (error) {
      if (error instanceof MatrixError && error.status === 404) return null;
      throw error;
    }
  }
}

function withReason(body: Content, reason: string | null): Content {
  return reason === null ? body : { ...body, reason };
}

/** `via` since 1.12, `server_name` before. */
function viaQuery(via: readonly string[]): string {
  const pairs = via.flatMap((server) => [`via=${encodeURIComponent(server)}`, `server_name=${encodeURIComponent(server)}`]);
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`;
}

function eventIdOf(answer: unknown): EventId {
  const eventId = text(at(answer, "event_id"));
  if (eventId === null) throw new MatrixError({ status: 502, errcode: "M_BAD_JSON", message: "The answer has no event id" });
  return eventId;
}

function roomIdOf(answer: unknown): RoomId {
  const roomId = text(at(answer, "room_id"));
  if (roomId === null) throw new MatrixError({ status: 502, errcode: "M_BAD_JSON", message: "The answer has no room id" });
  return roomId;
}
