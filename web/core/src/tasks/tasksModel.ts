import { TaskProblem } from "../api/problem";
import type { EventId, RoomId, UserId } from "../ids";
import type { Observable, Value } from "../observable";
import type { CommandQueue } from "./commandQueue";
import type { CommandSender } from "./commandSender";
import type { CatchUp } from "./catchUp";
import type { RoomBoard, TaskDraft, TaskList, Tasks, TasksAdmin } from "./contract";
import type { Op, Operation, Revision, RoomTasksPut, SettingsPut, TaskPage, Uuid } from "./contracts";
import { Drawn, keeping, type Drawings } from "./drawings";
import type { InboxModel } from "./inbox";
import { Lists } from "./lists";
import type { TaskLedger } from "./ledger";
import { myTasks, NO_TASKS } from "./mine";
import type { KnownPerson, MyTasks, RoomTaskRules, TaskBadge, TaskQuery, TaskService, TaskView } from "./model";
import type { OutboxModel } from "./outboxModel";
import type { People } from "./people";
import type { RoomRules } from "./roomRules";
import type { ServiceState } from "./service";
import type { TaskBook } from "./taskBook";
import type { TasksApi } from "./tasksApi";
import type { TaskViews } from "./taskViews";
import { workflowOf } from "./trust";
import { statusOf } from "./workflow";

export interface TasksParts {
  readonly api: TasksApi;
  readonly service: ServiceState;
  readonly book: TaskBook;
  readonly queue: CommandQueue;
  readonly ledger: TaskLedger;
  readonly views: TaskViews;
  readonly rules: RoomRules;
  readonly sender: CommandSender;
  readonly catchUp: CatchUp;
  readonly outbox: OutboxModel;
  readonly inbox: InboxModel;
  readonly people: People;
  readonly drawings: Drawings;
  readonly me: () => UserId;
  readonly now: () => number;
  readonly retry: () => void;
  readonly askRights: (roomId: RoomId) => void;
}

const LIST_PAGE = 50;
const NO_BADGES: readonly TaskBadge[] = [];

/** Tasks as the app sees them. */
export class TasksModel implements Tasks {
  readonly service: Observable<TaskService>;
  readonly mine: Observable<MyTasks>;
  readonly inbox: InboxModel;
  readonly outbox: OutboxModel;
  readonly admin: TasksAdmin;
  readonly lists: Lists;
  readonly #tasks = new Map<string, Drawn<TaskView | null | undefined>>();
  readonly #badges = new Map<string, Drawn<readonly TaskBadge[]>>();
  /** Asked for, and not there. */
  readonly #absent = new Set<string>();

  constructor(private readonly parts: TasksParts) {
    const { api, service, views, rules, drawings, me, now, catchUp } = parts;
    this.service = service.state;
    this.inbox = parts.inbox;
    this.outbox = parts.outbox;
    this.lists = new Lists({ views, rules, drawings, me, now, fetch: (query, cursor) => this.#page(query, cursor) });
    this.mine = new Drawn<MyTasks>(NO_TASKS, drawings, (before) =>
      myTasks(before, views.all(), me(), now(), catchUp.complete.getSnapshot()),
    );
    this.admin = {
      organisation: () => api.organisation(),
      setOrganisation: (organisation) => api.putOrganisation(organisation),
      users: async ({ search, cursor, limit } = {}) => {
        const page = await api.users({ q: search, cursor, limit });
        return { users: page.data, next: page.next_cursor };
      },
      user: (userId) => api.user(userId),
      putUser: (userId, change) => api.putUser(userId, change),
      verifyIndex: (roomId) => api.maintainIndex("verify", roomId),
      rebuildIndex: (roomId) => api.maintainIndex("rebuild", roomId),
    };
  }

  retryNow(): void {
    this.parts.retry();
  }

  task(idOrKey: string): Observable<TaskView | null | undefined> {
    const { views, drawings } = this.parts;
    let task = this.#tasks.get(idOrKey);
    if (task === undefined) {
      // What was there once and is no more is not "unknown".
      const draw = (before: TaskView | null | undefined): TaskView | null | undefined =>
        views.find(idOrKey) ?? (before === undefined && !this.#absent.has(idOrKey) ? undefined : null);
      task = new Drawn<TaskView | null | undefined>(undefined, drawings, draw, (observed) => {
        if (observed) void this.#look(idOrKey).then(() => this.parts.catchUp.looked());
      });
      this.#tasks.set(idOrKey, task);
    }
    return task;
  }

  /** Ids and keys of the tasks that are looked at. */
  get lookedAt(): ReadonlySet<string> {
    return new Set([...this.#tasks].flatMap(([name, task]) => (task.observed ? [name] : [])));
  }

  list(query: TaskQuery): TaskList {
    return this.lists.list(query);
  }

  board(roomId: RoomId, query: Omit<TaskQuery, "roomId" | "sort"> = {}): RoomBoard {
    return this.lists.board(roomId, query);
  }

  badges(roomId: RoomId, eventId: EventId): Observable<readonly TaskBadge[]> {
    const key = `${roomId} ${eventId}`;
    let badges = this.#badges.get(key);
    if (badges === undefined) {
      badges = new Drawn(NO_BADGES, this.parts.drawings, (before) => this.#madeFrom(roomId, eventId, before));
      this.#badges.set(key, badges);
    }
    return badges;
  }

  room(roomId: RoomId): Observable<RoomTaskRules> {
    return this.parts.rules.value(roomId);
  }

  renewRights(roomId: RoomId): void {
    this.parts.askRights(roomId);
  }

  person(userId: UserId): Value<KnownPerson> {
    return this.parts.people.person(userId);
  }

  async history(taskId: Uuid, cursor?: string): Promise<{ readonly revisions: readonly Revision[]; readonly next: string | null }> {
    const page = await this.parts.api.history(taskId, { cursor });
    return { revisions: page.data, next: page.next_cursor };
  }

  /** What somebody looks at in these rooms may be judged otherwise now. */
  readAgain(roomIds: ReadonlySet<RoomId>): void {
    this.lists.refresh();
    for (const name of this.lookedAt) {
      const task = this.parts.views.find(name);
      if (task !== null && !task.mark.creating && roomIds.has(task.room_id)) void this.#ask(name);
    }
  }

  // --- Changing --------------------------------------------------------------------------------

  async create(draft: TaskDraft): Promise<{ readonly cmdId: Uuid; readonly taskId: Uuid }> {
    const { roomId, ...task } = draft;
    const { cmdId, taskId } = await this.parts.queue.open(roomId ?? null, [{ op: "create", task }]);
    this.parts.sender.wake();
    return { cmdId, taskId };
  }

  async run(taskId: Uuid, ops: readonly Op[]): Promise<{ readonly cmdId: Uuid }> {
    const { book, queue, views, sender } = this.parts;
    const seen = { task: views.view(taskId), rev: book.get(taskId)?.task.rev ?? 0 };
    const { cmdId } = await queue.add(taskId, ops, seen);
    sender.wake();
    return { cmdId };
  }

  async bulk(taskIds: readonly Uuid[], ops: readonly Op[]): Promise<{ readonly cmdIds: readonly Uuid[]; readonly left: readonly Uuid[] }> {
    const left: Uuid[] = [];
    const cmdIds: Uuid[] = [];
    for (const taskId of taskIds) {
      const task = this.parts.views.view(taskId);
      if (task === null || !ops.every((op) => allows(task, op, this.parts.me()))) left.push(taskId);
      else cmdIds.push((await this.run(taskId, ops)).cmdId);
    }
    return { cmdIds, left };
  }

  // --- Asking ----------------------------------------------------------------------------------

  readonly quickAdd: Tasks["quickAdd"] = (text, { roomId, lang, signal } = {}) => {
    const request = { text, tz: zone(), ...(roomId === undefined ? {} : { room_id: roomId }), ...(lang === undefined ? {} : { lang }) };
    return this.parts.api.quickAdd(request, signal);
  };

  async setUp(roomId: RoomId): Promise<void> {
    await this.configure(roomId, {});
  }

  async configure(roomId: RoomId, change: RoomTasksPut): Promise<void> {
    await this.parts.rules.told(await this.parts.api.putRoomTasks(roomId, change));
  }

  setLabels(roomId: RoomId, labels: NonNullable<RoomTasksPut["labels"]>): Promise<void> {
    return this.configure(roomId, { labels });
  }

  readonly settings: Tasks["settings"] = () => this.parts.api.settings();
  readonly changeSettings: Tasks["changeSettings"] = (change: SettingsPut) => this.parts.api.putSettings(change);
  readonly calendars: Tasks["calendars"] = () => this.parts.api.calendars();
  readonly addCalendar: Tasks["addCalendar"] = (calendar) => this.parts.api.addCalendar(calendar);
  readonly removeCalendar: Tasks["removeCalendar"] = (id) => this.parts.api.removeCalendar(id);
  readonly delegations: Tasks["delegations"] = () => this.parts.api.delegations();
  readonly addDelegation: Tasks["addDelegation"] = (bot, expiresAt) => this.parts.api.addDelegation(bot, expiresAt);
  readonly removeDelegation: Tasks["removeDelegation"] = (id) => this.parts.api.removeDelegation(id);

  /** Nothing of the last session stays. */
  reset(): void {
    this.#absent.clear();
    this.#tasks.clear();
    this.#badges.clear();
    this.parts.drawings.redraw();
  }

  async #page(query: TaskQuery, cursor: string | null): Promise<TaskPage> {
    const page = await this.parts.api.list(query, { limit: LIST_PAGE, ...(cursor === null ? {} : { cursor }) });
    await this.parts.ledger.tell(page.data.map((task) => ({ kind: "told", task })));
    return page;
  }

  /** Asks the service for a task that this device does not know. */
  async #look(idOrKey: string): Promise<void> {
    if (this.parts.views.find(idOrKey) === null) await this.#ask(idOrKey);
  }

  async #ask(idOrKey: string): Promise<void> {
    try {
      const task = await this.parts.api.task(idOrKey);
      this.#absent.delete(idOrKey);
      if (task !== null) await this.parts.ledger.tell([{ kind: "told", task }]);
    } catch (error) {
      if (!(error instanceof TaskProblem) || error.code !== "not_found") return;
      this.#absent.add(idOrKey);
      this.#tasks.get(idOrKey)?.redraw();
    }
  }

  #madeFrom(roomId: RoomId, eventId: EventId, before: readonly TaskBadge[]): readonly TaskBadge[] {
    const { book, queue, views, rules } = this.parts;
    const opening = queue.all().flatMap(({ taskId, ops: [first] }) => (first?.op === "create" && first.task.source?.event_id === eventId ? [taskId] : []));
    const tasks = [...new Set([...book.madeFrom(eventId), ...opening])].flatMap((id) => views.view(id) ?? []);
    const badges = tasks
      .filter((task) => task.source?.room_id === roomId)
      .sort((a, b) => a.created_at - b.created_at)
      .map((task): TaskBadge => {
        const status = statusOf(workflowOf(rules.state(task.room_id)), task);
        const old = before.find((each) => each.taskId === task.id);
        const same = old?.key === task.key && old.title === task.title && old.status === status;
        return same ? old : { taskId: task.id, key: task.key, title: task.title, status };
      });
    return badges.length === 0 ? NO_BADGES : keeping(before, badges);
  }
}

/** Pure. Would the service take this operation from me, as far as `can` says? */
function allows(task: TaskView, op: Op, me: UserId): boolean {
  const may = (operation: string): boolean => task.can.includes(operation as Operation);
  switch (op.op) {
    case "create":
      return false;
    case "set":
      return may(`set:${op.field}`);
    case "add":
      return may(`add:${op.field}`) || (op.field === "watchers" && op.value === me && may("watch"));
    case "remove":
      return may(`remove:${op.field}`) || (op.field === "watchers" && op.value === me && may("unwatch"));
    case "transition":
      return task.status === op.to || may(`transition:${op.to}`) || (op.force === true && may(`force:${op.to}`));
    case "assign":
      return may("assign") || may("delegate");
    default:
      return may(op.op);
  }
}

/** Of this device. */
function zone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
}
