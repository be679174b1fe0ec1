import type { Content, RawEvent } from "../api/wire";
import type { EventId, MxcUri, RoomAlias, RoomId, UserId } from "../ids";
import { emptyTrack, type Track } from "../timeline/track";
import type { HistoryVisibility, JoinRule, Membership } from "./model";

/** A member of a room as the store keeps it. */
export interface MemberRecord {
  readonly userId: UserId;
  readonly membership: Membership;
  readonly displayName: string | null;
  readonly avatar: MxcUri | null;
}

/** One user's newest receipts, by thread: "" unthreaded, "main", or a thread root. */
export type ReceiptRecord = Readonly<Record<string, { readonly eventId: EventId; readonly ts: number }>>;

export interface Counts {
  readonly notifications: number;
  readonly highlights: number;
}

/** What the store keeps of a room in one row: enough to list it and name it without reading anything else. */
export interface RoomRecord {
  readonly roomId: RoomId;
  readonly membership: Membership;
  readonly create: { readonly type: string | null; readonly version: string; readonly creators: readonly UserId[]; readonly ts: number } | null;
  readonly name: string | null;
  readonly topic: string | null;
  readonly avatar: MxcUri | null;
  readonly canonicalAlias: RoomAlias | null;
  readonly altAliases: readonly RoomAlias[];
  readonly joinRule: JoinRule;
  readonly historyVisibility: HistoryVisibility;
  readonly guestAccess: boolean;
  readonly encrypted: boolean;
  readonly pinned: readonly EventId[];
  readonly replacedBy: RoomId | null;
  readonly powerLevels: Content | null;
  readonly heroes: readonly UserId[];
  /** Profiles of heroes, and of whoever else the name or avatar needs. */
  readonly profiles: Readonly<Record<UserId, MemberRecord>>;
  readonly joinedCount: number;
  readonly invitedCount: number;
  /** Of the main timeline, and of each thread that has any. */
  readonly unread: Counts;
  readonly threadUnread: Readonly<Record<EventId, Counts>>;
  readonly lastMessage: { readonly event: RawEvent; readonly edit: RawEvent | null; readonly senderName: string } | null;
  readonly activityTs: number;
  /** Place of the newest message by somebody else, and of what I have read; see timeline/track. */
  readonly lastForeignPlace: string | null;
  readonly readPlace: string | null;
  /** "main" and threads that I have read here, and the server has not told back yet. */
  readonly readHere: readonly string[];
  readonly fullyRead: EventId | null;
  readonly tags: Readonly<Record<string, number | null>>;
  readonly markedUnread: boolean;
  readonly invitation: {
    readonly sender: UserId;
    readonly senderName: string;
    readonly senderAvatar: MxcUri | null;
    readonly reason: string | null;
    readonly direct: boolean;
  } | null;
  readonly membersComplete: boolean;
  readonly track: Track;
}

export function newRecord(roomId: RoomId, membership: Membership): RoomRecord {
  return {
    roomId,
    membership,
    create: null,
    name: null,
    topic: null,
    avatar: null,
    canonicalAlias: null,
    altAliases: [],
    joinRule: "invite",
    historyVisibility: "shared",
    guestAccess: false,
    encrypted: false,
    pinned: [],
    replacedBy: null,
    powerLevels: null,
    heroes: [],
    profiles: {},
    joinedCount: 0,
    invitedCount: 0,
    unread: { notifications: 0, highlights: 0 },
    threadUnread: {},
    lastMessage: null,
    activityTs: 0,
    lastForeignPlace: null,
    readPlace: null,
    readHere: [],
    fullyRead: null,
    tags: {},
    markedUnread: false,
    invitation: null,
    membersComplete: false,
    track: emptyTrack,
  };
}
