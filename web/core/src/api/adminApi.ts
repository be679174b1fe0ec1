import { route, type HttpClient } from "./http";
import { at, flag, list, number, text } from "./read";
import type { Admin, AdminUser, WelcomeLink } from "../admin/model";
import type { UserId } from "../ids";

function parseUser(value: unknown): AdminUser {
  return {
    userId: text(at(value, "user_id")) ?? "",
    displayName: text(at(value, "display_name")),
    avatar: text(at(value, "avatar_url")),
    admin: flag(at(value, "admin")),
    active: at(value, "active") !== false,
    hasPassword: flag(at(value, "has_password")),
    mustChangePassword: flag(at(value, "must_change_password")),
    createdTs: number(at(value, "created_ts")) ?? 0,
    lastSeenTs: number(at(value, "last_seen_ts")),
  };
}

function parseLink(value: unknown): WelcomeLink {
  return {
    userId: text(at(value, "user_id")) ?? "",
    token: text(at(value, "welcome_token")) ?? "",
    expiresTs: number(at(value, "expires_ts")) ?? 0,
  };
}

/** Accounts of this server: its own API, not Matrix. */
export class AdminApi implements Admin {
  constructor(private readonly http: HttpClient) {}

  readonly users: Admin["users"] = async (options = {}) => {
    const answer = await this.http.json({
      method: "GET",
      path: "/_teammessenger/admin/v1/users",
      query: { search: options.search, from: options.from, limit: options.limit },
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    const users = list(answer["users"]).map(parseUser);
    return { users, next: text(answer["next_batch"]), total: number(answer["total"]) ?? users.length };
  };

  async addUser(user: { localpart: string; displayName?: string; admin?: boolean }): Promise<WelcomeLink> {
    const body = { localpart: user.localpart, display_name: user.displayName, admin: user.admin };
    return parseLink(await this.http.json({ method: "POST", path: "/_teammessenger/admin/v1/users", body }));
  }

  async newWelcomeLink(userId: UserId): Promise<WelcomeLink> {
    const path = route`/_teammessenger/admin/v1/users/${userId}/welcome`;
    return parseLink(await this.http.json({ method: "POST", path, body: {} }));
  }

  async updateUser(userId: UserId, change: { displayName?: string; admin?: boolean; active?: boolean }): Promise<AdminUser> {
    const body = { display_name: change.displayName, admin: change.admin, active: change.active };
    return parseUser(await this.http.json({ method: "PATCH", path: route`/_teammessenger/admin/v1/users/${userId}`, body }));
  }
}
