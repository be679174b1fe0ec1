import type { EventId, MxcUri, RoomAlias, RoomId, UserId } from "../ids";
import type { MessagePreview } from "../timeline/preview";

export type Membership = "join" | "invite" | "knock" | "leave" | "ban";
export type JoinRule = "public" | "invite" | "knock" | "restricted" | "knock_restricted" | "private";
export type HistoryVisibility = "world_readable" | "shared" | "invited" | "joined";
/** Which messages notify: all, only mentions of me, none. `default` follows the account's rules. */
export type NotificationMode = "default" | "all" | "mentions" | "mute";

/**
 * The name of a room by the specification's "calculating the display name for a room", without the
 * words of any language: turn it into text with {@link formatRoomName}.
 */
export type RoomName =
  | { readonly kind: "given"; readonly text: string }
  | { readonly kind: "alias"; readonly text: RoomAlias }
  /** `names` of up to five people, and how many more. */
  | { readonly kind: "people"; readonly names: readonly string[]; readonly others: number }
  /** Everyone else has left: the names of those who were here. */
  | { readonly kind: "formerPeople"; readonly names: readonly string[]; readonly others: number }
  | { readonly kind: "empty" };

export interface Invitation {
  readonly sender: UserId;
  readonly senderName: string;
  readonly senderAvatar: MxcUri | null;
  readonly reason: string | null;
  /** It opens a direct conversation. */
  readonly direct: boolean;
}

/** What I may do in a room by its power levels; all false unless joined. */
export interface RoomRights {
  readonly send: boolean;
  readonly react: boolean;
  readonly redactOthers: boolean;
  readonly invite: boolean;
  readonly kick: boolean;
  readonly ban: boolean;
  readonly setName: boolean;
  readonly setTopic: boolean;
  readonly setAvatar: boolean;
  readonly setJoinRule: boolean;
  readonly setHistoryVisibility: boolean;
  readonly setPowerLevels: boolean;
  readonly setAliases: boolean;
  readonly notifyRoom: boolean;
  readonly pin: boolean;
}

export interface RoomSummary {
  readonly roomId: RoomId;
  readonly membership: Membership;
  /** `notices`: mine and the tasks service's alone. What is said in it stands in the inbox too. */
  readonly kind: "room" | "space" | "notices";
  readonly name: RoomName;
  /** The room's avatar, or the other person's in a direct conversation. */
  readonly avatar: MxcUri | null;
  readonly topic: string | null;
  readonly canonicalAlias: RoomAlias | null;
  /** The other person, when m.direct says that this is a conversation with them. */
  readonly directUserId: UserId | null;
  readonly encrypted: boolean;
  readonly joinRule: JoinRule;
  readonly joinedCount: number;
  readonly invitedCount: number;
  /** Notifying messages that I have not read, threads included. */
  readonly unreadCount: number;
  /** Those among them that mention me. */
  readonly highlightCount: number;
  /** Threads with unread notifications. */
  readonly unreadThreadCount: number;
  /** Something new that does not notify, or marked unread by hand: bold, without a number. */
  readonly hasUnread: boolean;
  readonly markedUnread: boolean;
  readonly notificationMode: NotificationMode;
  readonly favourite: boolean;
  readonly lowPriority: boolean;
  /** Order within its tag, 0 to 1, null when none is given. */
  readonly tagOrder: number | null;
  readonly lastMessage: MessagePreview | null;
  /** Time of the last message, or of the invitation; rooms are listed by it, newest first. */
  readonly activityTs: number;
  readonly invitation: Invitation | null;
  readonly rights: RoomRights;
  /** The room that replaced this one. */
  readonly replacedBy: RoomId | null;
}

export interface RoomList {
  /** Joined rooms and conversations, newest activity first; favourites first of all, low priority last. */
  readonly joined: readonly RoomSummary[];
  readonly invites: readonly RoomSummary[];
  readonly knocks: readonly RoomSummary[];
  /** Rooms I left or was removed from, and did not forget; newest first. */
  readonly left: readonly RoomSummary[];
  /** False until the store has been read: show a skeleton, not "no rooms yet". */
  readonly loaded: boolean;
}

export interface Badge {
  readonly unreadCount: number;
  readonly highlightCount: number;
  readonly inviteCount: number;
}

/** Something worth a sound or a system notification, told once, after it is in the store. */
export interface NotificationHint {
  readonly roomId: RoomId;
  readonly roomName: RoomName;
  readonly threadId: EventId | null;
  readonly highlight: boolean;
  readonly message: MessagePreview | null;
}

/** Settings of a room that its info panel shows. */
export interface RoomDetails {
  readonly roomId: RoomId;
  readonly version: string;
  readonly creators: readonly UserId[];
  readonly createdTs: number | null;
  readonly givenName: string | null;
  readonly givenAvatar: MxcUri | null;
  readonly topic: string | null;
  readonly joinRule: JoinRule;
  readonly historyVisibility: HistoryVisibility;
  readonly guestAccess: boolean;
  readonly canonicalAlias: RoomAlias | null;
  readonly altAliases: readonly RoomAlias[];
  readonly pinned: readonly EventId[];
  readonly powerLevels: PowerLevels;
}

/** m.room.power_levels with the specification's defaults filled in. */
export interface PowerLevels {
  readonly users: Readonly<Record<UserId, number>>;
  readonly usersDefault: number;
  readonly events: Readonly<Record<string, number>>;
  readonly eventsDefault: number;
  readonly stateDefault: number;
  readonly invite: number;
  readonly kick: number;
  readonly ban: number;
  readonly redact: number;
  readonly notifyRoom: number;
}

/** Level of a creator of a version 12 room: above every number. */
export const CREATOR_LEVEL = Number.POSITIVE_INFINITY;

export interface Member {
  readonly userId: UserId;
  readonly membership: Membership;
  /** The name to show: display name, with the user id added when two members share it; localpart when none. */
  readonly name: string;
  readonly displayName: string | null;
  readonly avatar: MxcUri | null;
  readonly powerLevel: number;
  readonly role: "creator" | "admin" | "moderator" | "member";
  readonly own: boolean;
  /** What I may do to this member. */
  readonly can: { readonly kick: boolean; readonly ban: boolean; readonly unban: boolean; readonly setRole: boolean };
}

export interface MemberList {
  /** Joined and invited first; then knocks and bans. Sorted by role, then name. */
  readonly members: readonly Member[];
  /** False until the whole list came from the server once; until then these are the members met so far. */
  readonly complete: boolean;
}

export interface TypingUser {
  readonly userId: UserId;
  readonly name: string;
}
