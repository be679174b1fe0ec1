import type { EventId, MxcUri, RoomAlias, RoomId, TargetId, TxnId, UserId } from "../ids";
import type { Observable } from "../observable";
import type { Threads, Timeline } from "../timeline/contract";
import type {
  Badge,
  HistoryVisibility,
  JoinRule,
  MemberList,
  NotificationHint,
  NotificationMode,
  PowerLevels,
  RoomDetails,
  RoomList,
  RoomSummary,
  TypingUser,
} from "./model";

export interface CreateRoomOptions {
  readonly name?: string;
  readonly topic?: string;
  readonly avatar?: MxcUri;
  /** Default `private_chat`. */
  readonly preset?: "private_chat" | "trusted_private_chat" | "public_chat";
  /** Listed in the directory of public rooms; default false. */
  readonly listed?: boolean;
  /** Localpart of an alias, without `#` and server. */
  readonly aliasLocalpart?: string;
  readonly invite?: readonly UserId[];
  readonly direct?: boolean;
  readonly joinRule?: JoinRule;
  readonly historyVisibility?: HistoryVisibility;
  readonly initialState?: readonly { readonly type: string; readonly stateKey: string; readonly content: Readonly<Record<string, unknown>> }[];
  readonly powerLevels?: Partial<PowerLevels>;
}

export interface Rooms {
  readonly list: Observable<RoomList>;
  readonly badge: Observable<Badge>;
  /** The room as an object of its own: the same object for the same id; also for rooms not known yet. */
  room(roomId: RoomId): Room;
  /** Resolves once the room has arrived by sync, ready to be opened. */
  create(options: CreateRoomOptions): Promise<RoomId>;
  /** The existing direct conversation with this person, or a new one. */
  openDirect(userId: UserId): Promise<RoomId>;
  /** Id or alias; resolves once the room has arrived by sync. Throws MatrixError (M_FORBIDDEN, M_NOT_FOUND). */
  join(target: RoomId | RoomAlias, options?: { readonly reason?: string; readonly via?: readonly string[] }): Promise<RoomId>;
  knock(target: RoomId | RoomAlias, options?: { readonly reason?: string; readonly via?: readonly string[] }): Promise<RoomId>;
  /** Calls back for each new message that notifies (not for own ones, nor for the first sync). */
  onNotification(listener: (hint: NotificationHint) => void): () => void;
}

export interface Room {
  readonly roomId: RoomId;
  /** Null while the room is unknown to us. */
  readonly summary: Observable<RoomSummary | null>;
  readonly details: Observable<RoomDetails | null>;
  /** Subscribing loads the whole member list once. */
  readonly members: Observable<MemberList>;
  /** Other people who are typing now. */
  readonly typing: Observable<readonly TypingUser[]>;
  readonly timeline: Timeline;
  readonly threads: Threads;
  /** The timeline of one thread; the same object for the same root. */
  thread(rootId: EventId): Timeline;

  /** Adds my reaction, or takes it back when it is there. */
  toggleReaction(target: TargetId, key: string): Promise<void>;
  /** Redacts an event, or throws away a message that has not been sent. */
  redact(target: TargetId, reason?: string): Promise<void>;
  /** Tells others that I am typing; call it with each key stroke, core spaces the requests. */
  setTyping(typing: boolean): void;
  /** Reads everything, threads included. */
  markAllRead(): Promise<void>;
  setMarkedUnread(unread: boolean): Promise<void>;

  invite(userId: UserId, reason?: string): Promise<void>;
  /** Joins this room, or accepts its invitation. */
  join(reason?: string): Promise<void>;
  /** Leaves, rejects an invitation or withdraws a knock. */
  leave(reason?: string): Promise<void>;
  /** Leaves if need be, and removes the room from all lists. */
  forget(): Promise<void>;
  kick(userId: UserId, reason?: string): Promise<void>;
  ban(userId: UserId, reason?: string): Promise<void>;
  unban(userId: UserId, reason?: string): Promise<void>;

  setName(name: string): Promise<void>;
  setTopic(topic: string): Promise<void>;
  setAvatar(avatar: MxcUri | null): Promise<void>;
  setJoinRule(joinRule: JoinRule): Promise<void>;
  setHistoryVisibility(visibility: HistoryVisibility): Promise<void>;
  /** Changes the given levels and keeps all others. */
  setPowerLevels(change: Partial<PowerLevels>): Promise<void>;
  setUserLevel(userId: UserId, level: number): Promise<void>;
  setPinned(eventId: EventId, pinned: boolean): Promise<void>;
  sendState(type: string, stateKey: string, content: Readonly<Record<string, unknown>>): Promise<EventId>;
  /** Sends any event type through the outbox, in order with the messages. */
  sendEvent(type: string, content: Readonly<Record<string, unknown>>): Promise<TxnId>;
  /** A state event as last seen; null when there is none. */
  stateEvent(type: string, stateKey?: string): Promise<Readonly<Record<string, unknown>> | null>;

  aliases(): Promise<readonly RoomAlias[]>;
  addAlias(alias: RoomAlias): Promise<void>;
  removeAlias(alias: RoomAlias): Promise<void>;
  setCanonicalAlias(alias: RoomAlias | null): Promise<void>;
  listed(): Promise<boolean>;
  setListed(listed: boolean): Promise<void>;

  setNotificationMode(mode: NotificationMode): Promise<void>;
  setFavourite(favourite: boolean, order?: number): Promise<void>;
  setLowPriority(lowPriority: boolean): Promise<void>;
  /** Marks the room as a conversation with this person (m.direct), or as an ordinary room. */
  setDirect(userId: UserId | null): Promise<void>;
}
