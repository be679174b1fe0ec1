import { localpartOf, type UserId } from "../ids";
import { isMessage, previewOfEvent } from "../timeline/events";
import type { NotificationMode, RoomDetails, RoomList, RoomName, RoomSummary } from "./model";
import { parsePowerLevels, rightsOf, type Powers } from "./powers";
import type { Counts, RoomRecord } from "./record";
import type { MessagePreview } from "../timeline/preview";

/** What a summary needs beside the room's own row. */
export interface SummaryContext {
  readonly me: UserId;
  readonly directUserId: UserId | null;
  readonly mode: NotificationMode;
  /** The account of this server's tasks service: in rooms, and nobody. */
  readonly service: UserId | null;
  /** My own room with the service. */
  readonly notices: boolean;
}

/**
 * Pure. Client-server API, "Calculating the display name for a room": the given name, else the
 * canonical alias, else the heroes; the tasks service is none of them.
 */
export function roomName(record: RoomRecord, me: UserId, service: UserId | null = null): RoomName {
  if (record.name !== null) return { kind: "given", text: record.name };
  if (record.canonicalAlias !== null) return { kind: "alias", text: record.canonicalAlias };
  const heroes = peopleOf(record, me, service);
  const names = heroes.map((hero) => record.profiles[hero]?.displayName ?? localpartOf(hero));
  const present = record.joinedCount + record.invitedCount - (hasService(record, service) ? 1 : 0);
  const inside = record.membership === "join" || record.membership === "invite";
  // Before anything is known of the counts (an invitation), the heroes are all there is.
  const others = Math.max(0, present - (inside ? 1 : 0) - heroes.length);
  const alone = record.membership === "join" && present <= 1;
  if (names.length === 0) return others > 0 ? { kind: "people", names: [], others } : { kind: "empty" };
  return alone ? { kind: "formerPeople", names, others: 0 } : { kind: "people", names, others };
}

function hasService(record: RoomRecord, service: UserId | null): boolean {
  return service !== null && record.heroes.includes(service);
}

function peopleOf(record: RoomRecord, me: UserId, service: UserId | null): readonly UserId[] {
  return record.heroes.filter((hero) => hero !== me && hero !== service);
}

export function powersOf(record: RoomRecord): Powers {
  const creators = record.create?.creators ?? [];
  return {
    levels: parsePowerLevels(record.powerLevels, creators),
    creators,
    version: record.create?.version ?? "1",
  };
}

export function previewOfRecord(record: RoomRecord, me: UserId): MessagePreview | null {
  const last = record.lastMessage;
  if (last === null || !isMessage(last.event)) return null;
  return {
    eventId: last.event.event_id,
    ts: last.event.origin_server_ts,
    sender: last.event.sender,
    senderName: last.senderName,
    own: last.event.sender === me,
    preview: previewOfEvent(last.event, last.edit),
  };
}

export function totalUnread(record: RoomRecord): Counts {
  return Object.values(record.threadUnread).reduce(
    (sum, counts) => ({
      notifications: sum.notifications + counts.notifications,
      highlights: sum.highlights + counts.highlights,
    }),
    record.unread,
  );
}

/** Pure. */
export function summarize(record: RoomRecord, context: SummaryContext): RoomSummary {
  const { me, directUserId, service } = context;
  const joined = record.membership === "join";
  const unread = joined ? totalUnread(record) : { notifications: 0, highlights: 0 };
  const direct = directUserId ?? (record.invitation?.direct ? record.invitation.sender : null);
  const people = record.joinedCount + record.invitedCount - (hasService(record, service) ? 1 : 0);
  const other = direct ?? (people <= 2 ? (peopleOf(record, me, service)[0] ?? null) : null);
  const newer =
    record.lastForeignPlace !== null && record.readPlace !== null && record.lastForeignPlace > record.readPlace;
  const favourite = "m.favourite" in record.tags;
  const lowPriority = "m.lowpriority" in record.tags;
  return {
    roomId: record.roomId,
    membership: record.membership,
    kind: context.notices ? "notices" : record.create?.type === "m.space" ? "space" : "room",
    name: roomName(record, me, service),
    avatar: record.avatar ?? (other === null ? null : (record.profiles[other]?.avatar ?? null)),
    topic: record.topic,
    canonicalAlias: record.canonicalAlias,
    directUserId: direct,
    encrypted: record.encrypted,
    joinRule: record.joinRule,
    joinedCount: record.joinedCount,
    invitedCount: record.invitedCount,
    unreadCount: unread.notifications,
    highlightCount: unread.highlights,
    unreadThreadCount: Object.values(record.threadUnread).filter((counts) => counts.notifications > 0).length,
    hasUnread: joined && (unread.notifications > 0 || record.markedUnread || newer),
    markedUnread: record.markedUnread,
    notificationMode: context.mode,
    favourite,
    lowPriority,
    tagOrder: record.tags[favourite ? "m.favourite" : "m.lowpriority"] ?? null,
    lastMessage: previewOfRecord(record, me),
    activityTs: record.activityTs,
    invitation: record.invitation,
    rights: rightsOf(powersOf(record), me, joined),
    replacedBy: record.replacedBy,
  };
}

/** Pure. */
export function detailsOf(record: RoomRecord): RoomDetails {
  return {
    roomId: record.roomId,
    version: record.create?.version ?? "1",
    creators: record.create?.creators ?? [],
    createdTs: record.create?.ts ?? null,
    givenName: record.name,
    givenAvatar: record.avatar,
    topic: record.topic,
    joinRule: record.joinRule,
    historyVisibility: record.historyVisibility,
    guestAccess: record.guestAccess,
    canonicalAlias: record.canonicalAlias,
    altAliases: record.altAliases,
    pinned: record.pinned,
    powerLevels: powersOf(record).levels,
  };
}

function rank(room: RoomSummary): number {
  if (room.favourite) return 0;
  return room.lowPriority ? 2 : 1;
}

function order(a: RoomSummary, b: RoomSummary): number {
  if (rank(a) !== rank(b)) return rank(a) - rank(b);
  if (a.tagOrder !== b.tagOrder && rank(a) !== 1) return (a.tagOrder ?? 2) - (b.tagOrder ?? 2);
  return b.activityTs - a.activityTs || (a.roomId < b.roomId ? -1 : 1);
}

/** Pure. The rooms in the groups and the order of the list. */
export function listed(rooms: Iterable<RoomSummary>, loaded: boolean): RoomList {
  const all = [...rooms].sort(order);
  return {
    joined: all.filter((room) => room.membership === "join"),
    invites: all.filter((room) => room.membership === "invite"),
    knocks: all.filter((room) => room.membership === "knock"),
    left: all.filter((room) => room.membership === "leave" || room.membership === "ban"),
    loaded,
  };
}

