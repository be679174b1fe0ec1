import type { EventId, RoomId, UserId } from "../ids";
import type { Observable } from "../observable";
import type {
  Calendar,
  CalendarCreate,
  Delegation,
  IndexReport,
  Label,
  Language,
  NewCalendar,
  NewDelegation,
  NewTask,
  Op,
  Organisation,
  QuickAdd,
  Revision,
  RoomTasksPut,
  Settings,
  SettingsPut,
  User,
  UserPut,
  UserPutAnswer,
  Uuid,
} from "./contracts";
import type {
  Board,
  CommandOutcome,
  CommandView,
  InboxSnapshot,
  KnownPerson,
  MyTasks,
  Resolution,
  RoomTaskRules,
  TaskBadge,
  TaskListSnapshot,
  TaskQuery,
  TaskService,
  TaskView,
} from "./model";

/** Drawn from this device at once; subscribing asks the service for the rest. */
export interface TaskList extends Observable<TaskListSnapshot> {
  /** The next page. Never rejects: without an answer the list stays as it is. */
  loadMore(): Promise<void>;
}

export interface RoomBoard extends Observable<Board> {
  loadMore(): Promise<void>;
}

export interface Inbox extends Observable<InboxSnapshot> {
  loadMore(): Promise<void>;
  /** At once here, on the server when it can be reached. */
  markRead(ids: readonly Uuid[]): Promise<void>;
  markAllRead(): Promise<void>;
}

/** My commands that are not accepted yet. They survive a kill of the app. */
export interface CommandOutbox {
  readonly entries: Observable<readonly CommandView[]>;
  /** How many wait for my decision: conflicts and refusals. */
  readonly attention: Observable<number>;
  /** Decides each conflicting field; those not named are left as theirs. Sends what remains. */
  resolve(cmdId: Uuid, resolution: Resolution): Promise<void>;
  keepMine(cmdId: Uuid): Promise<void>;
  takeTheirs(cmdId: Uuid): Promise<void>;
  /** Sends a refused command once more, as a new one. */
  retry(cmdId: Uuid): Promise<void>;
  /** Throws it away, and those that depend on it. */
  discard(cmdId: Uuid): Promise<void>;
  /** Calls back once for each decision. */
  onOutcome(listener: (outcome: CommandOutcome) => void): () => void;
}

/** What to open a task with; see `NewTask`. Without `roomId`: personal, or in the direct room with its assignee. */
export interface TaskDraft extends NewTask {
  readonly roomId?: RoomId;
}

export interface Tasks {
  readonly service: Observable<TaskService>;
  /** Asks again at once whether the service is there. */
  retryNow(): void;

  // --- Reading ---------------------------------------------------------------------------------
  /** By id or key. Undefined: not known yet (asked for on subscribing); null: there is none that I may see. */
  task(idOrKey: string): Observable<TaskView | null | undefined>;
  readonly mine: Observable<MyTasks>;
  /** Equal queries share one list. */
  list(query: TaskQuery): TaskList;
  board(roomId: RoomId, query?: Omit<TaskQuery, "roomId" | "sort">): RoomBoard;
  /** Tasks made from a message, oldest first. */
  badges(roomId: RoomId, eventId: EventId): Observable<readonly TaskBadge[]>;
  /** Rules, workflow, labels and my rights in a room. */
  room(roomId: RoomId): Observable<RoomTaskRules>;
  /** Asks once more for my rights in a room: who reports to whom may have changed, and no room tells it. */
  renewRights(roomId: RoomId): void;
  readonly inbox: Inbox;
  /** Revisions, newest first. Rejects with TaskProblem or ConnectionError. */
  history(taskId: Uuid, cursor?: string): Promise<{ readonly revisions: readonly Revision[]; readonly next: string | null }>;
  /** A name for any user id, from members met or the profile on the server. */
  person(userId: UserId): Observable<KnownPerson>;

  // --- Changing: durable, shown at once, sent when possible -------------------------------------
  readonly outbox: CommandOutbox;
  /** Resolves once it is safe in the outbox: the task's id is final, its key comes with the decision. */
  create(draft: TaskDraft): Promise<{ readonly cmdId: Uuid; readonly taskId: Uuid }>;
  /** One command; its ops succeed or fail together. See `op` for the builders. */
  run(taskId: Uuid, ops: readonly Op[]): Promise<{ readonly cmdId: Uuid }>;
  /** The same ops for several tasks, a command each; tasks that do not allow them (`can`) are left out. */
  bulk(taskIds: readonly Uuid[], ops: readonly Op[]): Promise<{ readonly cmdIds: readonly Uuid[]; readonly left: readonly Uuid[] }>;

  // --- Asking: needs the service, rejects with TaskProblem or ConnectionError --------------------
  quickAdd(text: string, options?: { readonly roomId?: RoomId; readonly lang?: Language; readonly signal?: AbortSignal }): Promise<QuickAdd>;
  /** Makes the room ready for tasks, with my own rights in it. */
  setUp(roomId: RoomId): Promise<void>;
  configure(roomId: RoomId, change: RoomTasksPut): Promise<void>;
  setLabels(roomId: RoomId, labels: readonly Label[]): Promise<void>;
  settings(): Promise<Settings>;
  changeSettings(change: SettingsPut): Promise<Settings>;
  calendars(): Promise<readonly Calendar[]>;
  /** The address is shown once. */
  addCalendar(calendar: CalendarCreate): Promise<NewCalendar>;
  removeCalendar(id: Uuid): Promise<void>;
  delegations(): Promise<readonly Delegation[]>;
  addDelegation(bot: UserId, expiresAt?: number): Promise<NewDelegation>;
  removeDelegation(id: Uuid): Promise<void>;
  readonly admin: TasksAdmin;
}

/** For server administrators: `client.session.capabilities.admin`. */
export interface TasksAdmin {
  organisation(): Promise<Organisation>;
  /** Replaces units and lines of report. Rejects with TaskProblem `invalid` when they are no forests. */
  setOrganisation(organisation: Organisation): Promise<Organisation>;
  users(options?: { readonly search?: string; readonly cursor?: string; readonly limit?: number }): Promise<{
    readonly users: readonly User[];
    readonly next: string | null;
  }>;
  user(userId: UserId): Promise<User>;
  /** Creates or changes an account and its place; a new bot's `access_token` is shown once. */
  putUser(userId: UserId, change: UserPut): Promise<UserPutAnswer>;
  verifyIndex(roomId?: RoomId): Promise<IndexReport>;
  rebuildIndex(roomId?: RoomId): Promise<IndexReport>;
}
