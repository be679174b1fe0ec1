import type { JoinRule } from "../rooms/model";
import type { MxcUri, RoomAlias, RoomId, UserId } from "../ids";

export interface FoundUser {
  readonly userId: UserId;
  readonly displayName: string | null;
  readonly avatar: MxcUri | null;
}

export interface PublicRoom {
  readonly roomId: RoomId;
  readonly name: string | null;
  readonly topic: string | null;
  readonly alias: RoomAlias | null;
  readonly avatar: MxcUri | null;
  readonly joinedCount: number;
  readonly joinRule: JoinRule;
  readonly worldReadable: boolean;
}

export interface Directory {
  searchUsers(term: string, options?: { readonly limit?: number; readonly signal?: AbortSignal }): Promise<{ readonly users: readonly FoundUser[]; readonly limited: boolean }>;
  /** Anybody's profile; null when there is no such user. */
  profile(userId: UserId): Promise<FoundUser | null>;
  publicRooms(options?: {
    readonly search?: string;
    readonly limit?: number;
    readonly from?: string;
    readonly server?: string;
    readonly signal?: AbortSignal;
  }): Promise<{ readonly rooms: readonly PublicRoom[]; readonly next: string | null; readonly total: number | null }>;
  /** Null when the alias does not exist. */
  resolveAlias(alias: RoomAlias): Promise<{ readonly roomId: RoomId; readonly servers: readonly string[] } | null>;
}
