import { route, type HttpClient, type HttpRequest } from "../api/http";
import type { EventId, RoomId, UserId } from "../ids";
import type {
  Calendar,
  CalendarCreate,
  CommandRequest,
  Delegation,
  Feed,
  IndexReport,
  MarkRead,
  NewCalendar,
  NewDelegation,
  NotificationPage,
  Organisation,
  Outcome,
  QuickAdd,
  QuickAddText,
  RevisionPage,
  RoomTasks,
  RoomTasksPut,
  Seq,
  Settings,
  SettingsPut,
  Task,
  TaskCreate,
  TaskPage,
  TaskPatch,
  User,
  UserPage,
  UserPut,
  UserPutAnswer,
  Uuid,
} from "./contracts";
import { restQuery } from "./query";
import type { TaskQuery } from "./model";
import type { ServiceState } from "./service";

/** Known to the sender: the command's id, and the revision that was seen. */
export interface Condition {
  /** Idempotency-Key: the same once more gives the first outcome. */
  readonly cmdId?: Uuid;
  /** If-Match: disjoint changes of others are merged, an overlap is a `conflict`. Without it the write is blind. */
  readonly rev?: number;
}

export interface PageOptions {
  readonly cursor?: string | undefined;
  readonly limit?: number | undefined;
}

/** `/v1`, with the session's own token. Rejects with TaskProblem, ConnectionError or AbortedError. */
export class TasksApi {
  constructor(
    private readonly http: HttpClient,
    private readonly service: ServiceState,
  ) {}

  // --- Tasks -----------------------------------------------------------------------------------

  list(query: TaskQuery, page: PageOptions = {}): Promise<TaskPage> {
    return this.#get("/v1/tasks", { ...restQuery(query), cursor: page.cursor, limit: page.limit });
  }

  /** By id or key; null when it is still at the revision that is known. */
  async task(idOrKey: string, knownRev?: number): Promise<Task | null> {
    const answer = await this.service.watch(
      this.http.tagged<Task>({
        method: "GET",
        path: route`/v1/tasks/${idOrKey}`,
        headers: knownRev === undefined ? {} : { "If-None-Match": etag(knownRev) },
      }),
    );
    return answer?.body ?? null;
  }

  /** Without `room_id`: in my personal room, or in the direct room with the assignee. */
  create(task: TaskCreate, condition: Pick<Condition, "cmdId"> = {}, signal?: AbortSignal): Promise<Task> {
    return this.#send("POST", "/v1/tasks", task, headersOf(condition), signal);
  }

  patch(idOrKey: string, change: TaskPatch, condition: Condition = {}): Promise<Task> {
    return this.#send("PATCH", route`/v1/tasks/${idOrKey}`, change, headersOf(condition));
  }

  async erase(idOrKey: string, condition: Pick<Condition, "cmdId"> = {}): Promise<void> {
    await this.#send("DELETE", route`/v1/tasks/${idOrKey}`, undefined, headersOf(condition));
  }

  history(idOrKey: string, page: PageOptions = {}): Promise<RevisionPage> {
    return this.#get(route`/v1/tasks/${idOrKey}/history`, { ...page });
  }

  /** Outcomes in the order of the commands; each has its own. */
  async commands(commands: readonly CommandRequest[], signal?: AbortSignal): Promise<readonly Outcome[]> {
    const request: HttpRequest = { method: "POST", path: "/v1/commands", body: { commands }, patienceMs: 0 };
    const answer = await this.service.watch(
      this.http.json<{ results: readonly Outcome[] }>(signal === undefined ? request : { ...request, signal }),
    );
    return answer.results;
  }

  /** What happened after a position; without one only the present position. 410 `resync`: it is too old. */
  feed(since: Seq | null, limit: number, signal?: AbortSignal): Promise<Feed> {
    return this.#get("/v1/feed", { since, limit }, signal);
  }

  quickAdd(text: QuickAddText, signal?: AbortSignal): Promise<QuickAdd> {
    return this.#send("POST", "/v1/quick-add/parse", text, {}, signal);
  }

  // --- Notifications and rooms -----------------------------------------------------------------

  notifications(page: PageOptions & { readonly unread?: boolean } = {}): Promise<NotificationPage> {
    return this.#get("/v1/notifications", { unread: page.unread, cursor: page.cursor, limit: page.limit });
  }

  async markRead(read: MarkRead): Promise<void> {
    await this.#send("POST", "/v1/notifications/read", read);
  }

  roomTasks(roomId: RoomId): Promise<RoomTasks> {
    return this.#get(route`/v1/rooms/${roomId}/tasks-config`);
  }

  putRoomTasks(roomId: RoomId, change: RoomTasksPut): Promise<RoomTasks> {
    return this.#send("PUT", route`/v1/rooms/${roomId}/tasks-config`, change);
  }

  /** Writes into the task's thread as the caller; our clients use the room's own timeline. */
  async comment(idOrKey: string, body: string, condition: Pick<Condition, "cmdId"> = {}): Promise<EventId> {
    const path = route`/v1/tasks/${idOrKey}/comments`;
    const message = await this.#send<{ event_id: EventId }>("POST", path, { body }, headersOf(condition));
    return message.event_id;
  }

  // --- Me --------------------------------------------------------------------------------------

  settings(): Promise<Settings> {
    return this.#get("/v1/me/settings");
  }

  putSettings(change: SettingsPut): Promise<Settings> {
    return this.#send("PUT", "/v1/me/settings", change);
  }

  async calendars(): Promise<readonly Calendar[]> {
    return (await this.#get<{ data: readonly Calendar[] }>("/v1/me/ics")).data;
  }

  addCalendar(calendar: CalendarCreate): Promise<NewCalendar> {
    return this.#send("POST", "/v1/me/ics", calendar);
  }

  async removeCalendar(id: Uuid): Promise<void> {
    await this.#send("DELETE", route`/v1/me/ics/${id}`);
  }

  async delegations(): Promise<readonly Delegation[]> {
    return (await this.#get<{ data: readonly Delegation[] }>("/v1/me/delegations")).data;
  }

  addDelegation(bot: UserId, expiresAt?: number): Promise<NewDelegation> {
    return this.#send("POST", "/v1/me/delegations", { bot, expires_at: expiresAt });
  }

  async removeDelegation(id: Uuid): Promise<void> {
    await this.#send("DELETE", route`/v1/me/delegations/${id}`);
  }

  // --- Administration --------------------------------------------------------------------------

  organisation(): Promise<Organisation> {
    return this.#get("/v1/admin/org");
  }

  putOrganisation(organisation: Organisation): Promise<Organisation> {
    return this.#send("PUT", "/v1/admin/org", organisation);
  }

  users(page: PageOptions & { readonly q?: string | undefined } = {}): Promise<UserPage> {
    return this.#get("/v1/admin/users", { q: page.q, cursor: page.cursor, limit: page.limit });
  }

  user(userId: UserId): Promise<User> {
    return this.#get(route`/v1/admin/users/${userId}`);
  }

  putUser(userId: UserId, change: UserPut): Promise<UserPutAnswer> {
    return this.#send("PUT", route`/v1/admin/users/${userId}`, change);
  }

  maintainIndex(action: "verify" | "rebuild", roomId?: RoomId): Promise<IndexReport> {
    return this.#send("POST", "/v1/admin/index", { action, room_id: roomId });
  }

  #get<T>(path: string, query: NonNullable<HttpRequest["query"]> = {}, signal?: AbortSignal): Promise<T> {
    return this.service.watch(this.http.json<T>({ method: "GET", path, query, ...(signal === undefined ? {} : { signal }) }));
  }

  #send<T>(
    method: "POST" | "PUT" | "PATCH" | "DELETE",
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
    signal?: AbortSignal,
  ): Promise<T> {
    return this.service.watch(
      this.http.json<T>({
        method,
        path,
        headers,
        ...(body === undefined ? {} : { body }),
        ...(signal === undefined ? {} : { signal }),
      }),
    );
  }
}

function etag(rev: number): string {
  return `"r${rev}"`;
}

function headersOf({ cmdId, rev }: Condition): Readonly<Record<string, string>> {
  return {
    ...(cmdId === undefined ? {} : { "Idempotency-Key": cmdId }),
    ...(rev === undefined ? {} : { "If-Match": etag(rev) }),
  };
}
