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
