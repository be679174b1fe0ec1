import type { RoomId, UserId } from "../ids";
import { applied, opened, type ApplyContext } from "./apply";
import { creates, needsMe, type CommandEntry } from "./commandEntry";
import type { CommandQueue } from "./commandQueue";
import type { Op, Task, Uuid } from "./contracts";
import { fieldsOfAll } from "./fields";
import type { TaskView } from "./model";
import type { RoomRules } from "./roomRules";
import type { TaskRow } from "./row";
import { derivedCan, type ToldStanding } from "./standing";
import type { TaskBook } from "./taskBook";
import { workflowOf } from "./trust";
import { isOpen } from "./workflow";

interface Drawn {
  readonly row: TaskRow | null;
  readonly entries: readonly CommandEntry[];
  readonly age: number;
  readonly blocked: boolean | null;
  readonly view: TaskView | null;
}

/** Tasks as they are to be shown: what was heard, with my commands laid over it. Unchanged ones stay the same object. */
export class TaskViews {
  readonly #drawn = new Map<Uuid, Drawn>();
  /** Rules and rights change how every task is drawn. */
  #age = 0;

  constructor(
    private readonly book: TaskBook,
    private readonly queue: CommandQueue,
    private readonly rules: RoomRules,
    private readonly me: () => UserId,
    /** I administer the organisation. */
    private readonly admin: () => boolean,
  ) {}

  /** Rules, rights or my role are others now. */
  renew(): void {
    this.#age += 1;
  }

  view(taskId: Uuid): TaskView | null {
    const row = this.book.get(taskId);
    const entries = this.queue.ofTask(taskId);
    const blocked = row === null || row.task.blocked_by.length === 0 ? null : this.#isBlocked(row);
    const before = this.#drawn.get(taskId);
    if (before?.row === row && before.entries === entries && before.blocked === blocked && before.age === this.#age) return before.view;
    const view = this.#draw(row, entries, blocked);
    this.#drawn.set(taskId, { row, entries, blocked, age: this.#age, view });
    return view;
  }

  /** By id, or by key in any letter case. */
  find(idOrKey: string): TaskView | null {
    return this.view(this.book.idOfKey(idOrKey) ?? idOrKey);
  }

  *all(): IterableIterator<TaskView> {
    const ids = new Set([...this.book.ids(), ...this.queue.taskIds()]);
    for (const id of ids) {
      const view = this.view(id);
      if (view !== null) yield view;
    }
  }

  /** The task with what an entry asks for. */
  withEntry(entry: CommandEntry): Task | null {
    return this.#laidOver(this.book.get(entry.taskId)?.task ?? null, entry);
  }

  #draw(row: TaskRow | null, entries: readonly CommandEntry[], blocked: boolean | null): TaskView | null {
    const heard = row === null ? null : this.#heard(row, blocked);
    const effective = entries.filter((entry) => !needsMe(entry) || (creates(entry) && row === null));
    const pending = effective.reduce<Task | null>((task, entry) => this.#laidOver(task, entry), heard);
    if (pending === null) return null;
    const task = pending === heard ? heard : { ...pending, can: this.#derived(pending, row?.told ?? null) };
    const undecided = effective.filter((entry) => !needsMe(entry));
    return {
      ...task,
      mark: {
        pending: fieldsOfAll(undecided.flatMap(({ ops }) => ops)),
        creating: row === null,
        problems: entries.flatMap((entry) => (entry.problem === null ? [] : [entry.problem])),
      },
    };
  }

  #heard(row: TaskRow, blocked: boolean | null): Task {
    const { task } = row;
    const shown = blocked === null || blocked === task.blocked ? task : { ...task, blocked };
    const isJudged = row.judged === task.rev && shown === task;
    return isJudged ? task : { ...shown, can: this.#derived(shown, row.told) };
  }

  #derived(task: Task, told: ToldStanding | null): Task["can"] {
    const state = this.rules.state(task.room_id);
    return derivedCan(task, { me: this.me(), admin: this.admin(), config: state.config, workflow: workflowOf(state), told });
  }

  /** What is known of the blockers here is newer than what the service said with the task. */
  #isBlocked(row: TaskRow): boolean {
    const blockers = row.task.blocked_by.map((id) => this.book.get(id));
    if (blockers.some((blocker) => blocker !== null && isOpen(blocker.task.category))) return true;
    return blockers.includes(null) ? row.task.blocked : false;
  }

  #laidOver(task: Task | null, entry: CommandEntry): Task | null {
    const [first, ...rest] = entry.ops;
    if (first?.op === "create") {
      const context = this.#context(entry, entry.roomId ?? "");
      return applied(task ?? opened(entry.taskId, entry.roomId, first.task, context), rest, context);
    }
    return task === null ? null : applied(task, entry.ops as readonly Op[], this.#context(entry, task.room_id));
  }

  #context(entry: CommandEntry, roomId: RoomId): ApplyContext {
    const assignees = this.rules.rights(roomId)?.assignees ?? [];
    return {
      me: this.me(),
      at: entry.queuedTs,
      workflow: workflowOf(this.rules.state(roomId)),
      modeOf: (userId) => assignees.find((each) => each.user_id === userId)?.mode ?? "direct",
      neighbour: (taskId) => this.book.get(taskId)?.task ?? null,
    };
  }
}
