import { at, flag, number, object, text, texts } from "../api/read";
import type { RawEvent, SyncedRoom } from "../api/wire";
import type { EventId, UserId } from "../ids";
import { localpartOf } from "../ids";
import { isMessage, isRedacted, relationOf } from "../timeline/events";
import { applyRedactions } from "../timeline/redactions";
import { stored, type StoredEvent } from "../timeline/stored";
import { extended, newestSegment, segmentOf, type Segment } from "../timeline/track";
import { receiptMoves, withReceipts } from "./receipts";
import { newRecord, type MemberRecord, type ReceiptRecord, type RoomRecord } from "./record";
import { memberOf, withState } from "./roomState";

/** What the store knew, read beforehand for the events of one room's part of an answer. */
export interface RoomContext {
  readonly me: UserId;
  /** Places of events of this answer, of redacted ones, and of own receipts, where the store has them. */
  readonly places: ReadonlyMap<EventId, string>;
  /** Events that are redacted in this answer. */
  readonly targets: ReadonlyMap<EventId, StoredEvent>;
  /** Current state events among the targets. */
  readonly currentState: ReadonlySet<EventId>;
  readonly members: ReadonlyMap<UserId, MemberRecord>;
  readonly receipts: ReadonlyMap<UserId, ReceiptRecord>;
}

/** How one room changes. */
export interface RoomDelta {
  readonly previous: RoomRecord | null;
  readonly record: RoomRecord;
  /** New live events, oldest first. */
  readonly appended: readonly StoredEvent[];
  /** Older events that now read otherwise. */
  readonly replaced: readonly StoredEvent[];
  /** The appended events do not join up with what came before. */
  readonly gap: boolean;
  readonly dropped: readonly Segment[];
  readonly members: readonly MemberRecord[];
  readonly receipts: ReadonlyMap<UserId, ReceiptRecord>;
  readonly state: readonly RawEvent[];
  /** Null: not mentioned. */
  readonly typing: readonly UserId[] | null;
  /** Forget members and state first: we were away, and all of it comes anew. */
  readonly afresh: boolean;
}

/** Pure. One joined or left room of a sync answer. */
export function reduceRoom(previous: RoomRecord | null, room: SyncedRoom, context: RoomContext): RoomDelta {
  const afresh = room.membership === "join" && previous !== null && previous.membership !== "join";
  let record = startingRecord(previous, room, afresh);

  // A timeline that may leave a gap, but begins within what we have, goes on from there.
  const joint = previous !== null && (afresh || room.limited) ? lastKnown(previous, room.timeline, context.places) : -1;
  const fresh = unknownEvents(room.timeline.slice(joint + 1), context.places);
  const needsSegment = newestSegment(record.track) === null;
  const gap = needsSegment || ((afresh || room.limited) && joint < 0);
  const placed = extended(record.track, fresh.length, gap ? { prevBatch: room.prevBatch } : null);
  // With lazy members the server leaves out who came and went during a gap.
  record = { ...record, track: placed.track, membersComplete: record.membersComplete && !gap };

  const { appended, replaced } = applyRedactions(
    fresh.map((event, i) => stored(placed.places[i] ?? "", event)),
    context.targets,
  );

  const redactedState = replaced.map(({ event }) => event).filter((event) => context.currentState.has(event.event_id));
  const stateEvents = [...room.state, ...liveState(room, appended), ...redactedState];
  const members = new Map<UserId, MemberRecord>();
  for (const event of stateEvents) {
    const member = event.type === "m.room.member" ? memberOf(event) : null;
    if (member !== null) members.set(member.userId, member);
    else record = withState(record, event);
  }
  if (room.membership === "leave") record = { ...record, membership: members.get(context.me)?.membership === "ban" ? "ban" : "leave" };

  record = withMessages(record, appended, replaced, members, context);
  record = withCounts(record, room, appended, context.me);
  record = withAccountData(record, room);
  const receipts = newReceipts(room, context);
  record = withOwnReading(record, room, appended, context);
  record = { ...record, profiles: profilesOf(record, members, context) };
  return {
    previous,
    record,
    appended,
    replaced,
    gap: gap && previous !== null && !needsSegment,
    dropped: placed.dropped,
    members: [...members.values()],
    receipts,
    state: stateEvents.filter((event) => event.type !== "m.room.member"),
    typing: typingOf(room, context.me),
    afresh,
  };
}

/**
 * State in the timeline. With `state_after` the timeline changes no state, except for members whom lazy
 * loading left out of it: there the timeline is all we hear of a kick or an invitation.
 */
function liveState(room: SyncedRoom, appended: readonly StoredEvent[]): readonly RawEvent[] {
  const state = appended.map(({ event }) => event).filter((event) => event.state_key !== undefined);
  if (!room.stateAfter) return state;
  const told = new Set(room.state.filter((event) => event.type === "m.room.member").map((event) => event.state_key));
  return state.filter((event) => event.type === "m.room.member" && !told.has(event.state_key));
}

function startingRecord(previous: RoomRecord | null, room: SyncedRoom, afresh: boolean): RoomRecord {
  if (previous === null) return newRecord(room.roomId, room.membership);
  if (!afresh) return { ...previous, membership: room.membership, invitation: null };
  const { track, tags, fullyRead, lastMessage, activityTs } = previous;
  return { ...newRecord(room.roomId, "join"), track, tags, fullyRead, lastMessage, activityTs };
}

function unknownEvents(timeline: readonly RawEvent[], places: ReadonlyMap<EventId, string>): RawEvent[] {
  const seen = new Set<EventId>();
  return timeline.filter(({ event_id: eventId }) => {
    if (places.has(eventId) || seen.has(eventId)) return false;
    seen.add(eventId);
    return true;
  });
}

/** Where in the timeline the last event stands that the newest segment has; -1: it has none. */
function lastKnown(record: RoomRecord, timeline: readonly RawEvent[], places: ReadonlyMap<EventId, string>): number {
  const newest = newestSegment(record.track);
  return timeline.findLastIndex(({ event_id: eventId }) => {
    const place = places.get(eventId);
    return place !== undefined && newest !== null && segmentOf(place) === newest.id;
  });
}

function withMessages(
  record: RoomRecord,
  appended: readonly StoredEvent[],
  replaced: readonly StoredEvent[],
  members: ReadonlyMap<UserId, MemberRecord>,
  context: RoomContext,
): RoomRecord {
  let { lastMessage, activityTs, lastForeignPlace, readPlace } = record;
  for (const { event, place, threadId, edit } of appended) {
    if (isMessage(event) && !edit) {
      const sender = members.get(event.sender) ?? context.members.get(event.sender);
      lastMessage = { event, edit: null, senderName: sender?.displayName ?? localpartOf(event.sender) };
      activityTs = Math.max(activityTs, event.origin_server_ts);
      if (event.sender !== context.me && threadId === null) lastForeignPlace = place;
      if (event.sender === context.me && threadId === null) readPlace = place;
    } else if (lastMessage !== null && edit && !isRedacted(event)) {
      const { event_id: target, sender } = lastMessage.event;
      if (relationOf(event)?.target === target && event.sender === sender) lastMessage = { ...lastMessage, edit: event };
    }
  }
  for (const { event } of replaced) {
    if (event.event_id === lastMessage?.event.event_id) lastMessage = { ...lastMessage, event, edit: null };
  }
  if (activityTs === 0) activityTs = Math.max(0, ...appended.map(({ event }) => event.origin_server_ts));
  return { ...record, lastMessage, activityTs, lastForeignPlace, readPlace };
}

/**
 * Counts, except those that the server made before it had my receipt: what I have read here stays read
 * until the receipt comes back, or somebody writes.
 */
function withCounts(record: RoomRecord, room: SyncedRoom, appended: readonly StoredEvent[], me: UserId): RoomRecord {
  const { heroes, joinedCount, invitedCount } = room.summary;
  const confirmed = new Set(receiptMoves(room.ephemeral).flatMap((move) => (move.userId === me ? [move.thread] : [])));
  const written = new Set(appended.flatMap(({ event, threadId }) => (event.sender === me ? [] : [threadId ?? "main"])));
  const readHere = record.readHere.filter((thread) => !confirmed.has(thread) && !confirmed.has("") && !written.has(thread));
  const counted = withServerCounts(record, room);
  const threads = Object.entries(counted.threadUnread).filter(([root]) => !readHere.includes(root));
  return {
    ...counted,
    readHere,
    unread: readHere.includes("main") ? { notifications: 0, highlights: 0 } : counted.unread,
    threadUnread: Object.fromEntries(threads),
    heroes: heroes ?? record.heroes,
    joinedCount: joinedCount ?? record.joinedCount,
    invitedCount: invitedCount ?? record.invitedCount,
  };
}

function withServerCounts(record: RoomRecord, room: SyncedRoom): RoomRecord {
  return {
    ...record,
    unread: room.unread ?? record.unread,
    // Threads without anything unread are left out, so a room that is mentioned replaces the whole map.
    threadUnread: room.threadUnread ?? (room.unread === null ? record.threadUnread : {}),
  };
}

function withAccountData(record: RoomRecord, room: SyncedRoom): RoomRecord {
  let next = record;
  for (const { type, content } of room.accountData) {
    if (type === "m.tag") {
      const tags = Object.entries(object(content["tags"]) ?? {});
      next = { ...next, tags: Object.fromEntries(tags.map(([tag, info]) => [tag, number(at(info, "order"))])) };
    } else if (type === "m.marked_unread") {
      next = { ...next, markedUnread: flag(content["unread"]) };
    } else if (type === "m.fully_read") {
      next = { ...next, fullyRead: text(content["event_id"]) };
    }
  }
  return next;
}

function newReceipts(room: SyncedRoom, context: RoomContext): ReadonlyMap<UserId, ReceiptRecord> {
  const receipts = new Map<UserId, ReceiptRecord>();
  for (const move of receiptMoves(room.ephemeral)) {
    const before = receipts.get(move.userId) ?? context.receipts.get(move.userId) ?? {};
    receipts.set(move.userId, withReceipts(before, [move]));
  }
  return receipts;
}

function withOwnReading(
  record: RoomRecord,
  room: SyncedRoom,
  appended: readonly StoredEvent[],
  context: RoomContext,
): RoomRecord {
  let { readPlace } = record;
  for (const move of receiptMoves(room.ephemeral)) {
    if (move.userId !== context.me || (move.thread !== "" && move.thread !== "main")) continue;
    const here = appended.find(({ event }) => event.event_id === move.eventId)?.place;
    // An event that we do not have is older than all we have.
    const place = here ?? context.places.get(move.eventId) ?? "";
    if (readPlace === null || place > readPlace) readPlace = place;
  }
  return { ...record, readPlace };
}

function profilesOf(
  record: RoomRecord,
  members: ReadonlyMap<UserId, MemberRecord>,
  context: RoomContext,
): Readonly<Record<UserId, MemberRecord>> {
  // Without a summary (an old server) those of the invitation have to do.
  const wanted = record.heroes.length > 0 ? record.heroes : Object.keys(record.profiles);
  const found: Record<UserId, MemberRecord> = {};
  for (const userId of wanted) {
    const member = members.get(userId) ?? context.members.get(userId) ?? record.profiles[userId];
    if (member !== undefined) found[userId] = member;
  }
  return found;
}

function typingOf(room: SyncedRoom, me: UserId): readonly UserId[] | null {
  const event = room.ephemeral.findLast(({ type }) => type === "m.typing");
  return event === undefined ? null : texts(event.content["user_ids"]).filter((userId) => userId !== me);
}
