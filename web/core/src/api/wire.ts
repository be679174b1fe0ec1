/** Shapes of the client-server API, as far as core reads them. Everything from a server may be missing or wrong. */
import type { EventId, RoomId, UserId } from "../ids";

export type Content = Readonly<Record<string, unknown>>;

export interface RawEvent {
  readonly event_id: EventId;
  readonly type: string;
  readonly sender: UserId;
  readonly origin_server_ts: number;
  readonly content: Content;
  readonly state_key?: string;
  readonly room_id?: RoomId;
  /** Room versions before 11 carry the target of a redaction here. */
  readonly redacts?: EventId;
  readonly unsigned?: Readonly<Record<string, unknown>>;
}

/** A state event of an invitation or knock: no id, no time. */
export interface StrippedEvent {
  readonly type: string;
  readonly sender: UserId;
  readonly state_key: string;
  readonly content: Content;
}

export interface AccountDataEvent {
  readonly type: string;
  readonly content: Content;
}

/** One room of a sync answer, joined or left. */
export interface SyncedRoom {
  readonly roomId: RoomId;
  readonly membership: "join" | "leave";
  readonly timeline: readonly RawEvent[];
  readonly limited: boolean;
  readonly prevBatch: string | null;
  /** State before the timeline; or, when `stateAfter`, after it. */
  readonly state: readonly RawEvent[];
  readonly stateAfter: boolean;
  readonly ephemeral: readonly AccountDataEvent[];
  readonly accountData: readonly AccountDataEvent[];
  readonly summary: {
    readonly heroes: readonly UserId[] | null;
    readonly joinedCount: number | null;
    readonly invitedCount: number | null;
  };
  /** Null where the answer did not mention it. */
  readonly unread: { readonly notifications: number; readonly highlights: number } | null;
  readonly threadUnread: Readonly<Record<EventId, { readonly notifications: number; readonly highlights: number }>> | null;
}

/** An invitation or a knock of a sync answer. */
export interface StrippedRoom {
  readonly roomId: RoomId;
  readonly membership: "invite" | "knock";
  readonly state: readonly StrippedEvent[];
}

export interface SyncAnswer {
  readonly nextBatch: string;
  readonly rooms: readonly SyncedRoom[];
  readonly stripped: readonly StrippedRoom[];
  readonly accountData: readonly AccountDataEvent[];
}
