import { route, type HttpClient } from "./http";
import { parseSync } from "./parseSync";
import { text } from "./read";
import type { SyncAnswer } from "./wire";
import type { UserId } from "../ids";

/** Members come as they are met, and each thread counts for itself. */
export const SYNC_FILTER = {
  room: {
    timeline: { limit: 30, unread_thread_notifications: true },
    state: { lazy_load_members: true },
    include_leave: false,
  },
  presence: { types: [] },
} as const;

export class SyncApi {
  constructor(private readonly http: HttpClient) {}

  async createFilter(userId: UserId): Promise<string | null> {
    const answer = await this.http.json({
      method: "POST",
      path: route`/_matrix/client/v3/user/${userId}/filter`,
      body: SYNC_FILTER,
    });
    return text(answer["filter_id"]);
  }

  /** Waits up to `waitMs` for news after `since`; with `since` null, everything at once. */
  async sync(request: {
    readonly since: string | null;
    readonly filterId: string | null;
    readonly waitMs: number;
    readonly signal: AbortSignal;
  }): Promise<SyncAnswer> {
    const answer = await this.http.json({
      method: "GET",
      path: "/_matrix/client/v3/sync",
      query: {
        since: request.since,
        filter: request.filterId ?? JSON.stringify(SYNC_FILTER),
        timeout: request.since === null ? 0 : request.waitMs,
        use_state_after: true,
        set_presence: "offline",
      },
      signal: request.signal,
      // The first answer of a large account takes its time.
      timeoutMs: request.since === null ? 300_000 : request.waitMs + 30_000,
      patienceMs: 0,
    });
    return parseSync(answer);
  }
}
