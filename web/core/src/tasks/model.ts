import type { EventId, MxcUri, RoomId, UserId } from "../ids";
import type { ReadMark, ThreadSummary, TimelineItem, TimelineSnapshot } from "../timeline/model";
import type {
  Change,
  Code,
  Config,
  Fault,
  FieldValue,
  Label,
  Notification,
  Op,
  Operation,
  RoomTaskRights,
  Status,
  Task,
  Uuid,
  Workflow,
} from "./contracts";

/**
 * Is there somebody who decides about tasks?
 *
 * - `unknown`: not asked yet in this run. Draw as if it were up.
 * - `absent`: this server has no tasks service; show nothing of tasks.
 * - `down`: it does not answer (503), or there is no network (`offline`). What is shown may be old, and
 *   what is changed waits. Chat is not concerned.
 */
export type TaskService =
  | { readonly kind: "unknown" }
  | { readonly kind: "absent" }
  | { readonly kind: "up" }
  | { readonly kind: "down"; readonly reason: "unavailable" | "offline"; readonly since: number };

/** One field that I changed and somebody else changed as well. */
export interface FieldConflict {
  /** `title`, `due`, `status`, `fields.<name>`, `checklist.<item id>`, ... */
  readonly field: string;
  /** What I saw when I changed it. */
  readonly before: FieldValue;
  readonly mine: FieldValue;
  readonly theirs: FieldValue;
  readonly theirsBy: UserId | null;
  readonly theirsAt: number | null;
  readonly theirsRev: number;
}

/** What stands between a command of mine and the task: somebody has to decide, and that is me. */
export type CommandProblem =
  | { readonly kind: "conflict"; readonly cmdId: Uuid; readonly conflicts: readonly FieldConflict[] }
  /** `code` says why; the text that was written is in the command's `ops`. */
  | { readonly kind: "refused"; readonly cmdId: Uuid; readonly code: Code; readonly detail: string | null; readonly errors: readonly Fault[] };

/** How much of a shown task is only mine so far. */
export interface TaskMark {
  /** Fields that my undecided commands change (names as in {@link FieldConflict}): a clock beside each. */
  readonly pending: readonly string[];
  /** The whole task is not decided yet: `key` and `event_id` are "". */
  readonly creating: boolean;
  /** Conflicts and refusals that wait for me, oldest first. */
  readonly problems: readonly CommandProblem[];
}

/**
 * A task as it is to be shown: as last heard, with my own undecided changes applied. `can` is the
 * service's own word where it has told it of this revision, and else derived from the last one.
 */
export interface TaskView extends Task {
  readonly mark: TaskMark;
}

/** A command of mine that is not accepted yet. */
export interface CommandView {
  readonly cmdId: Uuid;
  readonly taskId: Uuid;
  readonly roomId: RoomId | null;
  /** Of the task as shown; key "" while it is being created. */
  readonly key: string;
  readonly title: string;
  readonly ops: readonly Op[];
  readonly fields: readonly string[];
  /** `held`: waits for another command of mine that needs a decision first. */
  readonly state: "waiting" | "sending" | "held" | "conflict" | "refused";
  readonly queuedTs: number;
  readonly problem: CommandProblem | null;
}

/** Told once, when a command of mine is decided: for toasts. */
export type CommandOutcome =
  | { readonly kind: "accepted"; readonly cmdId: Uuid; readonly task: TaskView }
  /** Accepted, and others had changed other fields meanwhile. */
  | { readonly kind: "merged"; readonly cmdId: Uuid; readonly task: TaskView; readonly by: readonly UserId[] }
  | { readonly kind: "conflict"; readonly cmdId: Uuid; readonly taskId: Uuid; readonly problem: CommandProblem }
  | { readonly kind: "refused"; readonly cmdId: Uuid; readonly taskId: Uuid; readonly problem: CommandProblem };

/** For each conflicting field: overwrite with mine (needs an explicit click), leave theirs, or another value. */
export type Resolution = Readonly<
  Record<string, { readonly use: "mine" } | { readonly use: "theirs" } | { readonly use: "value"; readonly value: FieldValue }>
>;

/** Which tasks; what is absent does not matter. Lists mean "any of these". */
export interface TaskQuery {
  readonly roomId?: RoomId;
  /** Asked of the service only: local results ignore it. */
  readonly spaceId?: RoomId;
  readonly kind?: "team" | "personal";
  readonly assignedTo?: readonly (UserId | "me" | "none")[];
  readonly creator?: readonly (UserId | "me")[];
  readonly assigner?: readonly (UserId | "me")[];
  /** In any part. */
  readonly involves?: UserId | "me";
  readonly assignment?: readonly Task["assignment"]["state"][];
  /** Status ids, `category:done`, `category:open` (all that are not closed). */
  readonly status?: readonly string[];
  readonly label?: readonly string[];
  readonly priorityAtLeast?: Task["priority"];
  /** Days, `YYYY-MM-DD`; the first included, the second excluded. */
  readonly dueFrom?: string;
  readonly dueBefore?: string;
  readonly noDue?: boolean;
  readonly overdue?: boolean;
  readonly blocked?: boolean;
  /** A task id, or none. */
  readonly parent?: Uuid | "none";
  /** Words of key, title or description. */
  readonly text?: string;
  /** Comma list of due, priority, rank, updated, created, key; `-` reverses. Default `due,-priority`. */
  readonly sort?: string;
}

export interface TaskListSnapshot {
  readonly tasks: readonly TaskView[];
  /** `local`: what this device has; `loading`; `some`: there is more, `loadMore()`; `all`. */
  readonly extent: "local" | "loading" | "some" | "all";
}

/** Days are those of this device's time zone. Open tasks only; nothing stands in two of the first five lists. */
export interface MyTasks {
  readonly overdue: readonly TaskView[];
  readonly today: readonly TaskView[];
  readonly upcoming: readonly TaskView[];
  readonly noDate: readonly TaskView[];
  /** Somebody asks me: accept, decline, or propose another date. */
  readonly requests: readonly TaskView[];
  /** I gave them to others (also those declined, which wait for me). */
  readonly assignedByMe: readonly TaskView[];
  /** False until the service has told all of them once. */
  readonly complete: boolean;
}

export interface BoardColumn {
  readonly status: Status;
  /** In the order of their rank. */
  readonly tasks: readonly TaskView[];
}

/** Columns of a room's workflow, in its order. */
export interface Board {
  readonly columns: readonly BoardColumn[];
  readonly extent: TaskListSnapshot["extent"];
}

/** What a room says about tasks. */
export interface RoomTaskRules {
  readonly roomId: RoomId;
  /**
   * - `ours`: our server's service decides here.
   * - `external`: the room names another one; its tasks are shown under "external tasks service".
   * - `none`: not set up. `setUp(roomId)` does it, unless there is an `obstacle`.
   */
  readonly authority: "ours" | "external" | "none";
  readonly enabled: boolean;
  readonly obstacle: "encrypted_room_not_enabled" | "forbidden" | null;
  readonly config: Config | null;
  readonly workflow: Workflow;
  readonly labels: readonly Label[];
  /** What I may do here, and whom I may assign; null until the service told it once. */
  readonly rights: RoomTaskRights | null;
}

export interface InboxSnapshot {
  readonly items: readonly Notification[];
  readonly unread: number;
  readonly extent: TaskListSnapshot["extent"];
}

/** A person by name, wherever met. */
export interface KnownPerson {
  readonly userId: UserId;
  readonly name: string;
  readonly avatar: MxcUri | null;
}

/** "OPS-42 · In progress" on the message that a task was made from. */
export interface TaskBadge {
  readonly taskId: Uuid;
  readonly key: string;
  readonly title: string;
  /** The status as the room's workflow describes it. */
  readonly status: Status;
}

interface TaskLineBase {
  readonly key: string;
  readonly eventId: EventId;
  readonly ts: number;
  readonly own: boolean;
  /** The person who did it, not the service that wrote the event. */
  readonly sender: UserId;
  readonly senderName: string;
  readonly senderAvatar: MxcUri | null;
  readonly readBy: readonly ReadMark[];
}

/** A task where it was opened. `task` is as it is now; in another room's past it may be as it was then. */
export interface TaskCardItem extends TaskLineBase {
  readonly kind: "task";
  readonly task: TaskView;
  readonly status: Status;
  /** Its comments: `room.thread(item.eventId)`. */
  readonly thread: ThreadSummary | null;
  /** It was erased: only `task.key` is left. */
  readonly erased: boolean;
}

/** "Ivan: OPS-42, open → in progress". */
export interface TaskLineItem extends TaskLineBase {
  readonly kind: "taskChange";
  readonly taskId: Uuid;
  /** Root event of the task's card. */
  readonly rootId: EventId;
  readonly taskKey: string;
  readonly title: string;
  readonly change: Change;
  readonly onBehalfOf: KnownPerson | null;
}

/** A timeline with the cards and lines of tasks among the messages: `timeline.withTasks`. */
export interface TimelineWithTasks extends Omit<TimelineSnapshot, "items"> {
  readonly items: readonly (TimelineItem | TaskCardItem | TaskLineItem)[];
}

/** Pure. Whether the task's controls offer this operation. */
export function may(task: Pick<Task, "can">, operation: Operation): boolean {
  return task.can.includes(operation);
}
