import { MatrixError } from "./errors";
import { route, type HttpClient } from "./http";
import { at, flag, list, number, text, texts } from "./read";
import type { AccountApi } from "./accountApi";
import type { Directory, FoundUser, PublicRoom } from "../directory/model";
import type { RoomAlias, RoomId, UserId } from "../ids";
import type { JoinRule } from "../rooms/model";

function parseRoom(value: unknown): PublicRoom[] {
  const roomId = text(at(value, "room_id"));
  if (roomId === null) return [];
  return [
    {
      roomId,
      name: text(at(value, "name")),
      topic: text(at(value, "topic")),
      alias: text(at(value, "canonical_alias")),
      avatar: text(at(value, "avatar_url")),
      joinedCount: number(at(value, "num_joined_members")) ?? 0,
      joinRule: (text(at(value, "join_rule")) ?? "public") as JoinRule,
      worldReadable: flag(at(value, "world_readable")),
    },
  ];
}

/** People and rooms that can be found, and what their names stand for. */
export class DirectoryApi implements Directory {
  constructor(
    private readonly http: HttpClient,
    private readonly accounts: AccountApi,
  ) {}

  readonly searchUsers: Directory["searchUsers"] = async (term, options = {}) => {
    const answer = await this.http.json({
      method: "POST",
      path: "/_matrix/client/v3/user_directory/search",
      body: { search_term: term, limit: options.limit ?? 20 },
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    const users = list(answer["results"]).flatMap((user): FoundUser[] => {
      const userId = text(at(user, "user_id"));
      if (userId === null) return [];
      return [{ userId, displayName: text(at(user, "display_name")), avatar: text(at(user, "avatar_url")) }];
    });
    return { users, limited: flag(answer["limited"]) };
  };

  async profile(userId: UserId): Promise<FoundUser | null> {
    const profile = await this.accounts.profile(userId);
    return profile === null ? null : { userId, ...profile };
  }

  readonly publicRooms: Directory["publicRooms"] = async (options = {}) => {
    const answer = await this.http.json({
      method: "POST",
      path: "/_matrix/client/v3/publicRooms",
      query: { server: options.server },
      body: {
        limit: options.limit ?? 30,
        since: options.from,
        filter: options.search ? { generic_search_term: options.search } : undefined,
      },
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    return {
      rooms: list(answer["chunk"]).flatMap(parseRoom),
      next: text(answer["next_batch"]),
      total: number(answer["total_room_count_estimate"]),
    };
  };

  async resolveAlias(alias: RoomAlias): Promise<{ roomId: RoomId; servers: readonly string[] } | null> {
    try {
      const answer = await this.http.json({ method: "GET", path: route`/_matrix/client/v3/directory/room/${alias}` });
      const roomId = text(answer["room_id"]);
      return roomId === null ? null : { roomId, servers: texts(answer["servers"]) };
    } catch (error) {
      if (error instanceof MatrixError && error.status === 404) return null;
      throw error;
    }
  }
}
