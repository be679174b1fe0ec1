import type {
  Category,
  Change,
  Code,
  CommandRequest,
  Conflict,
  FeedItem,
  Notification,
  NotificationKind,
  Op,
  Operation,
  Outcome,
  RoomTasks,
  Snapshot,
  Task,
  TaskCreate,
  Workflow,
} from "../src/tasks/contracts";
import { taskIdFor } from "../src/tasks/uuid";
import { DEFAULT_WORKFLOW } from "../src/tasks/workflow";
import type { Content, FakeHomeserver, FakeRoom } from "./fakeHomeserver";
import type { Call } from "./fakeServer";

/** A snapshot while the fake works on it. */
type Draft = { -readonly [K in keyof Snapshot]: Snapshot[K] };

interface Kept {
  snapshot: Draft;
  roomId: string;
  rootId: string;
  readonly changes: { readonly change: Change; readonly eventId: string }[];
}

export type Answer = readonly [status: number, body: unknown, headers?: Record<string, string>];

class Problem extends Error {
  constructor(
    readonly code: Code,
    readonly extra: Partial<Outcome> = {},
  ) {
    super(code);
  }
}

const STATUS: Partial<Record<Code, number>> = {
  invalid: 400, token_invalid: 401, token_missing: 401, forbidden: 403, not_found: 404, conflict: 409, transition_not_allowed: 409, resync: 410,
  idempotency_key_reused: 422, unavailable: 503,
};

/** A tasks service in memory: it decides, writes into the rooms, and answers as the real one does. */
export class FakeTasks {
  readonly authority = "@tasks:test";
  readonly tasks = new Map<string, Kept>();
  /** Commands by actor and id: decided once. */
  readonly ledger = new Map<string, { readonly body: string; readonly outcome: Outcome }>();
  readonly notices = new Map<string, Notification[]>();
  /** Nothing answers: 503. */
  down = false;
  /** What the index does not show yet: rooms are told first. */
  lagging = false;
  horizon = 0;
  assigning: "direct" | "request" = "direct";
  /** Whether rooms are anybody's to configure. */
  configurable = true;
  /** What everybody may do besides, for reasons that no client knows. */
  extra: Operation[] = [];
  #feed: { seq: number; kind: "task" | "gone" | "room_joined" | "room_left"; roomId: string; taskId: string; userId: string | null }[] = [];
  #seq = 100;
  #keys = 0;
  #counter = 0;

  constructor(private readonly home: FakeHomeserver) {}

  // --- What tests do ---------------------------------------------------------------------------

  /** The homeserver says who decides. */
  present(): void {
    this.home.authority = this.authority;
  }

  setUp(room: FakeRoom, config: Content = {}): FakeRoom {
    this.present();
    const creator = room.events[0]?.sender ?? "@anna:test";
    this.home.member(room, this.authority, "join");
    const rules = { v: 1, enabled: true, authority: this.authority, prefix: "OPS", kind: "team", ...config };
    this.home.append(room, creator, "org.teammessenger.tasks.config", rules, "");
    return room;
  }

  /** Somebody else (or I on another device) does something; throws where it is refused. */
  act(actor: string, taskId: string, ops: readonly Op[], fields: Partial<CommandRequest> = {}): Task {
    const rev = this.tasks.get(taskId)?.snapshot.rev ?? 0;
    const outcome = this.command(actor, { v: 1, cmd_id: this.uuid(), task_id: taskId, base_rev: rev, ops, ...fields });
    if (outcome.state !== "accepted") throw new Error(`refused: ${outcome.code}`);
    return this.shown(actor, taskId);
  }

  erase(actor: string, taskId: string): void {
    const command = { v: 1, cmd_id: this.uuid(), task_id: taskId, base_rev: this.get(taskId).rev, ops: [{ op: "erase" }] } as const;
    if (this.command(actor, command).state !== "accepted") throw new Error("refused");
  }

  open(actor: string, room: FakeRoom, task: Extract<Op, { op: "create" }>["task"]): Task {
    const cmdId = this.uuid();
    const taskId = taskIdFor(actor, cmdId);
    return this.act(actor, taskId, [{ op: "create", task }], { cmd_id: cmdId, room_id: room.roomId });
  }

  get(taskId: string): Snapshot {
    const kept = this.tasks.get(taskId);
    if (kept === undefined) throw new Error("no such task");
    return kept.snapshot;
  }

  notify(userId: string, kind: NotificationKind, task: Task, actor: string): Notification {
    const { id: taskId, key, title, room_id: roomId, rev, status } = task;
    const about = { task_id: taskId, key, title, room_id: roomId, rev, ...(kind === "status" ? { status } : {}) };
    const notice: Notification = { id: this.uuid(), kind, at: this.home.now() + this.#counter, read_at: null, actor, ...about };
    this.notices.set(userId, [notice, ...(this.notices.get(userId) ?? [])]);
    return notice;
  }

  joined(userId: string, room: FakeRoom): void {
    this.#feed.push({ seq: ++this.#seq, kind: "room_joined", roomId: room.roomId, taskId: "", userId });
  }

  uuid(): string {
    return `00000000-0000-4000-8000-${String(++this.#counter).padStart(12, "0")}`;
  }

  // --- Deciding --------------------------------------------------------------------------------

  command(actor: string, command: CommandRequest): Outcome {
    const identity = `${actor}/${command.cmd_id}`;
    const body = JSON.stringify(command);
    const known = this.ledger.get(identity);
    if (known !== undefined && known.body !== body) return { cmd_id: command.cmd_id, state: "rejected", code: "idempotency_key_reused" };
    const outcome = known?.outcome ?? this.#outcome(actor, command);
    this.ledger.set(identity, { body, outcome });
    const isThere = outcome.state === "accepted" && this.tasks.has(command.task_id);
    return isThere ? { ...outcome, task: this.shown(actor, command.task_id) } : outcome;
  }

  #outcome(actor: string, command: CommandRequest): Outcome {
    try {
      const rev = this.#decide(actor, command);
      return { cmd_id: command.cmd_id, state: "accepted", task_id: command.task_id, rev };
    } catch (error) {
      if (error instanceof Problem) return { cmd_id: command.cmd_id, state: "rejected", code: error.code, ...error.extra };
      throw error;
    }
  }

  #decide(actor: string, command: CommandRequest): number {
    const [first] = command.ops;
    const own = this.#chain(actor, command.depends_on);
    if (first?.op === "create") return this.#create(actor, command, first.task);
    const kept = this.tasks.get(command.task_id);
    if (kept === undefined || !this.#sees(actor, kept.roomId)) throw new Problem("not_found");
    const { snapshot: before } = kept;
    if (command.base_rev > before.rev) throw new Problem("invalid");
    const draft: Draft = structuredClone(before);
    draft.rev += 1;
    draft.updated_at = this.home.now();
    const conflicts: Conflict[] = [];
    const overlaps = (field: string, wanted: unknown, theirs: unknown): boolean => {
      const rev = before.frev[field] ?? 0;
      if (rev <= command.base_rev || own.has(rev) || JSON.stringify(wanted) === JSON.stringify(theirs)) return false;
      const change = kept.changes.find((each) => each.change.rev === rev)?.change;
      conflicts.push({
        field,
        theirs: (theirs ?? null) as Conflict["theirs"],
        theirs_rev: rev,
        ...(change === undefined ? {} : { theirs_by: change.actor, theirs_at: change.at }),
      });
      return true;
    };
    const diff: Content[] = [];
    for (const op of command.ops) this.#apply(actor, draft, op, overlaps, diff, this.can(actor, kept));
    if (conflicts.length > 0) throw new Problem("conflict", { conflicts, current_rev: before.rev });
    if (first?.op === "erase") return this.#erase(actor, kept, draft.rev, command.cmd_id);
    const target = first?.op === "move" ? first.room_id : kept.roomId;
    this.#write(actor, kept, draft, diff, command.cmd_id, target);
    return draft.rev;
  }

  #chain(actor: string, dependsOn: string | undefined): ReadonlySet<number> {
    const revs = new Set<number>();
    for (let id = dependsOn; id !== undefined; ) {
      const known = this.ledger.get(`${actor}/${id}`);
      if (known === undefined) throw new Problem("dependency_missing");
      if (known.outcome.state === "rejected") throw new Problem("dependency_rejected");
      if (known.outcome.rev !== undefined) revs.add(known.outcome.rev);
      id = (JSON.parse(known.body) as CommandRequest).depends_on;
    }
    return revs;
  }

  #create(actor: string, command: CommandRequest, task: Extract<Op, { op: "create" }>["task"]): number {
    const roomId = command.room_id;
    if (roomId === undefined) throw new Problem("invalid");
    if (!this.#sees(actor, roomId)) throw new Problem("not_found");
    if (taskIdFor(actor, command.cmd_id) !== command.task_id) throw new Problem("invalid");
    if (actor.startsWith("@guest")) throw new Problem("forbidden", { detail: "you may not open tasks here" });
    const { assignee = null, request, priority, ...fields } = task;
    const at = this.home.now();
    const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null)) as Partial<Draft>;
    const config = this.#config(roomId);
    const draft: Draft = {
      v: 1,
      task_id: command.task_id,
      key: `${String(config["prefix"])}-${++this.#keys}`,
      rev: 1,
      kind: config["kind"] === "personal" ? "personal" : "team",
      status: "open",
      category: "todo",
      creator: actor,
      assigner: actor,
      assignee,
      assignment: assignee === null ? { state: "none" } : { state: request || (this.assigning === "request" && assignee !== actor) ? "requested" : "active", at },
      priority: priority ?? "none",
      created_at: at,
      updated_at: at,
      rank: `V${String(this.#keys).padStart(5, "0")}`,
      frev: Object.fromEntries(["title", "status", "assignee", "priority", ...Object.keys(given)].map((field) => [field, 1])),
      ...(given as { title: string }),
    };
    const kept: Kept = { snapshot: draft, roomId, rootId: "", changes: [] };
    this.tasks.set(command.task_id, kept);
    this.#write(actor, kept, draft, [], command.cmd_id, roomId);
    for (const [i, op] of command.ops.slice(1).entries()) {
      this.#decide(actor, { ...command, cmd_id: `${command.cmd_id}#${i}`, base_rev: kept.snapshot.rev, ops: [op] });
    }
    return kept.snapshot.rev;
  }

  #apply(
    actor: string,
    draft: Draft,
    op: Op,
    overlaps: (field: string, wanted: unknown, theirs: unknown) => boolean,
    diff: Content[],
    can: readonly Operation[],
  ): void {
    const require = (operation: string): void => {
      if (!can.includes(operation as Operation)) throw new Problem("forbidden", { detail: `${operation} is not yours to do` });
    };
    const fields = draft as unknown as Record<string, unknown>;
    const put = (field: string, value: unknown): void => {
      const from = fields[field] ?? null;
      diff.push({ field, from, to: value });
      if (value === null) delete fields[field];
      else fields[field] = value;
      draft.frev = { ...draft.frev, [field]: draft.rev };
    };
    switch (op.op) {
      case "set":
        require(`set:${op.field}`);
        if (op.field === "fields") throw new Problem("invalid");
        if (!overlaps(op.field, op.value, fields[op.field] ?? null)) put(op.field, op.value);
        return;
      case "add":
      case "remove": {
        if (op.field === "watchers" && op.value === actor) require(op.op === "add" ? "watch" : "unwatch");
        else require(`${op.op}:${op.field}`);
        const members = ((fields[op.field] ?? []) as readonly unknown[]).filter((each) => JSON.stringify(each) !== JSON.stringify(op.value));
        fields[op.field] = op.op === "add" ? [...members, op.value] : members;
        diff.push(op.op === "add" ? { field: op.field, to: op.value } : { field: op.field, from: op.value });
        draft.frev = { ...draft.frev, [op.field]: draft.rev };
        return;
      }
      case "item_put":
      case "item_check":
      case "item_remove": {
        require(op.op);
        const items = draft.checklist ?? [];
        if (op.op === "item_put") draft.checklist = [...items.filter(({ id }) => id !== op.item.id), { id: op.item.id, text: op.item.text, done: op.item.done ?? false }];
        else if (op.op === "item_check") draft.checklist = items.map((item) => (item.id === op.id ? { ...item, done: op.done } : item));
        else draft.checklist = items.filter(({ id }) => id !== op.id);
        return;
      }
      case "transition": {
        if (op.to === draft.status) return;
        const way = DEFAULT_WORKFLOW.transitions.some((each) => each.from === draft.status && each.to === op.to);
        if (!way) throw new Problem("transition_not_allowed");
        require(`transition:${op.to}`);
        put("status", op.to);
        draft.category = DEFAULT_WORKFLOW.statuses.find(({ id }) => id === op.to)?.category as Category;
        if (draft.category === "done" || draft.category === "cancelled") draft.closed_at = this.home.now();
        else delete draft.closed_at;
        return;
      }
      case "assign":
        require("assign");
        if (overlaps("assignee", op.to, draft.assignee)) return;
        diff.push({ field: "assignee", from: draft.assignee, to: op.to });
        draft.assignee = op.to;
        draft.assigner = actor;
        draft.assignment = op.to === null ? { state: "none" } : { state: op.request || this.assigning === "request" ? "requested" : "active" };
        draft.frev = { ...draft.frev, assignee: draft.rev };
        return;
      case "accept":
        require("accept");
        draft.assignment = { state: "active", at: this.home.now() };
        return;
      case "decline":
        require("decline");
        draft.assignee = null;
        draft.assignment = { state: "declined", at: this.home.now(), reason: op.reason };
        draft.frev = { ...draft.frev, assignee: draft.rev };
        return;
      case "rank": {
        require("rank");
        const ranks = [op.after, op.before].map((id) => (id === undefined ? undefined : this.get(id).rank));
        put("rank", `${ranks[0] ?? "A"}${ranks[1] === undefined ? "z" : "V"}`);
        return;
      }
      case "move":
      case "erase":
        require(op.op);
        return;
      case "create":
        throw new Problem("invalid");
    }
  }

  #write(actor: string, kept: Kept, draft: Draft, diff: readonly Content[], cmdId: string, roomId: string): void {
    const moves = kept.rootId !== "" && roomId !== kept.roomId;
    const root = kept.rootId === "" || moves;
    if (moves) draft.origin = { room_id: kept.roomId, event_id: kept.rootId };
    const change = {
      rev: draft.rev,
      prev_rev: draft.rev === 1 ? null : draft.rev - 1,
      actor,
      at: this.home.now(),
      diff,
      cause: { cmd_id: cmdId, via: "rest" },
      ...(diff.length > 0 && diff.every(({ field }) => field === "rank") ? { silent: true } : {}),
    } as unknown as Change;
    const mentions = { user_ids: [draft.assignee, draft.assigner].filter((each) => each !== null && each !== actor) };
    const common = { "org.teammessenger.change": change, "m.text": [{ body: draft.title }], "m.mentions": mentions };
    const task = structuredClone(draft);
    const send = (id: string, rootId: string | null): string => {
      const room = this.home.rooms.get(id);
      if (room === undefined) throw new Error("no such room");
      const content =
        rootId === null
          ? { "org.teammessenger.task": task, ...common }
          : { "m.new_content": { "org.teammessenger.task": task, "m.text": [] }, "m.relates_to": { rel_type: "m.replace", event_id: rootId }, ...common };
      return this.home.append(room, this.authority, "org.teammessenger.task", content).event_id;
    };
    // The index first, for what reads it when the room's event arrives.
    const { roomId: from, rootId: oldRoot } = kept;
    kept.snapshot = draft;
    kept.roomId = roomId;
    if (moves) this.#feed.push({ seq: ++this.#seq, kind: "gone", roomId: from, taskId: draft.task_id, userId: null });
    this.#feed.push({ seq: ++this.#seq, kind: "task", roomId, taskId: draft.task_id, userId: null });
    const eventId = send(roomId, root ? null : oldRoot);
    if (root) kept.rootId = eventId;
    if (moves) send(from, oldRoot);
    kept.changes.push({ change, eventId });
  }

  #erase(actor: string, kept: Kept, rev: number, cmdId: string): number {
    const { task_id: taskId, key } = kept.snapshot;
    const tombstone = { v: 1, task_id: taskId, key, rev, erased: true };
    const change = { rev, prev_rev: rev - 1, actor, at: this.home.now(), diff: [], cause: { cmd_id: cmdId, via: "rest" } };
    const content = {
      "m.new_content": { "org.teammessenger.task": tombstone, "m.text": [] },
      "m.relates_to": { rel_type: "m.replace", event_id: kept.rootId },
      "org.teammessenger.change": change,
      "m.text": [],
      "m.mentions": {},
    };
    this.tasks.delete(taskId);
    this.#feed.push({ seq: ++this.#seq, kind: "gone", roomId: kept.roomId, taskId, userId: null });
    this.home.append(this.home.rooms.get(kept.roomId) as FakeRoom, this.authority, "org.teammessenger.task", content);
    return rev;
  }

  // --- Showing ---------------------------------------------------------------------------------

  can(userId: string, { snapshot, roomId }: Kept): readonly Operation[] {
    const { creator, assigner, assignee, assignment, status, collaborators = [], watchers = [] } = snapshot;
    const admin = this.home.user(userId).admin;
    const editor = creator === userId || assigner === userId || admin;
    const active = assignee === userId && assignment.state === "active";
    const parts = [editor && "editor", active && "assignee", collaborators.includes(userId) && "collaborator"];
    const can: string[] = ["comment", watchers.includes(userId) ? "unwatch" : "watch"];
    if (editor) {
      for (const field of ["title", "description", "priority", "due", "start", "needs_review", "recurrence", "parent", "fields"]) can.push(`set:${field}`);
      for (const field of ["labels", "collaborators", "watchers"]) can.push(`add:${field}`, `remove:${field}`);
      can.push("assign", "move");
    }
    if (editor || active) can.push("item_put", "item_remove", "set:estimate_min", "add:blocked_by", "remove:blocked_by");
    if (parts.some(Boolean)) {
      can.push("item_check", "rank", "set:blocked_reason");
      for (const field of ["links", "attachments"]) can.push(`add:${field}`, `remove:${field}`);
    }
    if (admin) can.push("erase");
    if (assignee === userId && assignment.state === "requested") can.push("accept", "decline");
    for (const way of this.#workflow(roomId).transitions) {
      const needed = way.if === undefined || (way.if === "needs_review") === (snapshot.needs_review ?? false);
      if (way.from === status && needed && way.who.some((each) => parts.includes(each))) can.push(`transition:${way.to}`);
    }
    return [...new Set([...can, ...this.extra])].sort() as Operation[];
  }

  shown(userId: string, taskId: string): Task {
    const kept = this.tasks.get(taskId);
    if (kept === undefined || !this.#sees(userId, kept.roomId)) throw new Problem("not_found");
    const { v: _, frev: __, task_id: id, assignee, ...fields } = kept.snapshot;
    return {
      description: null, due: null, start: null, estimate_min: null, labels: [], collaborators: [], watchers: [], checklist: [], parent: null,
      blocked_by: [], blocked_reason: null, links: [], attachments: [], needs_review: false, rank: null, fields: {}, source: null, origin: null,
      recurrence: null, closed_at: null,
      ...structuredClone(fields),
      id,
      assigned_to: assignee,
      room_id: kept.roomId,
      event_id: kept.rootId,
      blocked: (fields.blocked_by ?? []).some((each) => ["todo", "doing", "review"].includes(this.tasks.get(each)?.snapshot.category ?? "done")),
      can: this.can(userId, kept),
    };
  }

  #sees(userId: string, roomId: string): boolean {
    const room = this.home.rooms.get(roomId);
    return room !== undefined && (this.home.membership(room, userId) === "join" || this.home.user(userId).admin);
  }

  #config(roomId: string): Content {
    const room = this.home.rooms.get(roomId);
    const config = room === undefined ? undefined : this.home.state(room).get("org.teammessenger.tasks.config ");
    if (config === undefined) throw new Problem("tasks_disabled");
    return config.content;
  }

  #workflow(roomId: string): Workflow {
    const room = this.home.rooms.get(roomId);
    const own = room === undefined ? undefined : this.home.state(room).get("org.teammessenger.tasks.workflow default");
    return (own?.content as Workflow | undefined) ?? DEFAULT_WORKFLOW;
  }

  // --- Requests --------------------------------------------------------------------------------

  handle(call: Call): Answer {
    if (this.down) return [503, { type: "about:blank", title: "Unavailable", status: 503, code: "unavailable", retry_after: 2 }, { "Retry-After": "2" }];
    try {
      const me = this.home.owner(call.token);
      if (me === null) throw new Problem(call.token === null ? "token_missing" : "token_invalid");
      const [path = "", search = ""] = call.path.split("?");
      return this.#route(me, `${call.method} ${path}`, call, new URLSearchParams(search));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      const status = STATUS[error.code] ?? 409;
      return [status, { type: "about:blank", title: error.code, status, code: error.code, ...error.extra }];
    }
  }

  #route(me: string, path: string, call: Call, query: URLSearchParams): Answer {
    const body = (call.body ?? {}) as Content;
    const match = (pattern: RegExp): string[] | null => pattern.exec(path)?.slice(1).map(decodeURIComponent) ?? null;
    if (path === "POST /v1/commands") {
      const commands = body["commands"] as readonly CommandRequest[];
      // One that is no command spoils the whole request, as the schema does.
      if (commands.some((command) => command.ops.some((op) => op.op === "set" && op.value === ""))) throw new Problem("invalid");
      return [200, { results: commands.map((command) => this.command(me, command)) }];
    }
    if (path === "GET /v1/tasks") return [200, this.#list(me, query)];
    if (path === "POST /v1/tasks") return this.#post(me, body as unknown as TaskCreate, call.headers["Idempotency-Key"]);
    if (path === "GET /v1/feed") return [200, this.#feedPage(me, query)];
    if (path === "GET /v1/notifications") {
      const all = this.notices.get(me) ?? [];
      return [200, { data: all, next_cursor: null, unread: all.filter((each) => each.read_at === null).length }];
    }
    if (path === "POST /v1/notifications/read") {
      const { ids, up_to: upTo } = body as { ids?: string[]; up_to?: number };
      const isRead = (each: Notification): boolean => ids?.includes(each.id) === true || (upTo !== undefined && each.at <= upTo);
      this.notices.set(me, (this.notices.get(me) ?? []).map((each) => (isRead(each) ? { ...each, read_at: this.home.now() } : each)));
      return [204, undefined];
    }
    if (path === "POST /v1/quick-add/parse") {
      return [200, { title: String(body["text"]), hints: { tokens: [], due_ambiguous: false, unknown_people: [] } }];
    }
    if (path === "GET /v1/admin/org") {
      if (!this.home.user(me).admin) throw new Problem("forbidden");
      return [200, { units: [], people: [] }];
    }
    const rules = match(/^(?:GET|PUT) \/v1\/rooms\/([^/]+)\/tasks-config$/)?.[0];
    if (rules !== undefined) return [200, this.#roomTasks(me, rules, call.method === "PUT")];
    const history = match(/^GET \/v1\/tasks\/([^/]+)\/history$/)?.[0];
    if (history !== undefined) {
      const changes = this.#find(history)?.changes ?? [];
      return [200, { data: changes.map(({ change, eventId }) => ({ ...change, event_id: eventId })).reverse(), next_cursor: null }];
    }
    const one = match(/^GET \/v1\/tasks\/([^/]+)$/)?.[0];
    if (one !== undefined) {
      const kept = this.#find(one);
      if (kept === undefined) throw new Problem("not_found");
      const task = this.shown(me, kept.snapshot.task_id);
      const etag = `"r${task.rev}"`;
      return call.headers["If-None-Match"] === etag ? [304, undefined] : [200, task, { ETag: etag }];
    }
    throw new Problem("not_found");
  }

  #find(idOrKey: string): Kept | undefined {
    return this.tasks.get(idOrKey) ?? [...this.tasks.values()].find(({ snapshot }) => snapshot.key === idOrKey);
  }

  /** The filters that core's own requests use. */
  #list(me: string, query: URLSearchParams): unknown {
    const limit = Number(query.get("limit") ?? 50);
    const start = Number(query.get("cursor") ?? 0);
    const text = query.get("q");
    const found = [...this.tasks.values()]
      .filter(({ roomId }) => this.#sees(me, roomId))
      .map(({ snapshot }) => this.shown(me, snapshot.task_id))
      .filter((task) => {
        const people = [task.creator, task.assigner, task.assigned_to, ...task.collaborators, ...task.watchers];
        const open = task.category !== "done" && task.category !== "cancelled";
        return (
          (query.get("involves") === null || people.includes(me)) &&
          (query.get("room_id") === null || query.getAll("room_id").includes(task.room_id)) &&
          (!query.getAll("status").includes("category:open") || open) &&
          (text === null || task.title.toLowerCase().includes(text.toLowerCase()) || task.title.endsWith("*"))
        );
      });
    const next = start + limit < found.length ? String(start + limit) : null;
    return { data: found.slice(start, start + limit), next_cursor: next };
  }

  #post(me: string, task: TaskCreate, key: string | undefined): Answer {
    const { room_id: roomId, assigned_to: assignee, ...fields } = task;
    const cmdId = key ?? this.uuid();
    const target = roomId ?? this.#ownRoom(me, assignee ?? me).roomId;
    const draft = { ...fields, ...(assignee === undefined ? {} : { assignee }) } as Extract<Op, { op: "create" }>["task"];
    const taskId = taskIdFor(me, cmdId);
    const outcome = this.command(me, { v: 1, cmd_id: cmdId, task_id: taskId, base_rev: 0, room_id: target, ops: [{ op: "create", task: draft }] });
    if (outcome.state !== "accepted") throw new Problem(outcome.code ?? "internal", outcome);
    return [201, this.shown(me, taskId), { ETag: '"r1"' }];
  }

  #ownRoom(me: string, other: string): FakeRoom {
    const people = me === other ? [me] : [me, other];
    const id = `!own-${[...people].sort().join("-").replaceAll(":", "_")}:test`;
    const known = this.home.rooms.get(id);
    if (known !== undefined) return known;
    const kind = me === other ? { kind: "personal", prefix: "MY" } : { kind: "direct", prefix: "DM" };
    return this.setUp(this.home.room(people, { id }), kind);
  }

  #feedPage(me: string, query: URLSearchParams): { data: FeedItem[]; next: number } {
    const since = query.get("since");
    if (since === null) return { data: [], next: this.#seq };
    if (Number(since) < this.horizon) throw new Problem("resync");
    if (this.lagging) return { data: [], next: Number(since) };
    const limit = Number(query.get("limit"));
    const rows = this.#feed.filter((row) => row.seq > Number(since) && (row.userId === null || row.userId === me)).slice(0, limit);
    const last = new Map(rows.map((row) => [row.taskId, row]));
    const data = rows.flatMap((row): FeedItem[] => {
      if (row.kind === "room_joined" || row.kind === "room_left") return [{ seq: row.seq, kind: row.kind, room_id: row.roomId }];
      if (last.get(row.taskId) !== row) return [];
      const kept = this.tasks.get(row.taskId);
      if (kept !== undefined && this.#sees(me, kept.roomId)) return [{ seq: row.seq, kind: "task", task: this.shown(me, row.taskId) }];
      return row.kind === "gone" ? [{ seq: row.seq, kind: "gone", task_id: row.taskId, room_id: row.roomId }] : [];
    });
    return { data, next: rows.length === limit ? (rows.at(-1)?.seq ?? 0) : this.#seq };
  }

  /** What happened is forgotten: positions before now are too old. */
  forgetFeed(): void {
    this.#feed = [];
    this.horizon = ++this.#seq;
  }

  #roomTasks(me: string, roomId: string, setUp: boolean): RoomTasks {
    const room = this.home.rooms.get(roomId);
    if (room === undefined || !this.#sees(me, roomId)) throw new Problem("not_found");
    const has = this.home.state(room).has("org.teammessenger.tasks.config ");
    if (setUp && !has) this.setUp(room);
    const members = [...this.home.state(room).values()].filter((event) => event.type === "m.room.member" && event.content["membership"] === "join");
    const people = members.map((event) => event.state_key ?? "").filter((userId) => userId !== this.authority);
    return {
      room_id: roomId,
      enabled: has || setUp,
      config: has || setUp ? (this.#config(roomId) as unknown as RoomTasks["config"]) : null,
      workflow: this.#workflow(roomId),
      labels: [],
      rights: { create: true, configure: this.configurable, assignees: people.map((userId) => ({ user_id: userId, mode: userId === me ? "direct" : this.assigning })) },
    };
  }
}
