import type { UserId } from "../ids";
import { Value, type Observable } from "../observable";
import { sameValue } from "../timeline/sameValue";
import type { Writer } from "../store/writer";
import { creates, needsMe, renaming, renewed, resolvedOps, roomless, type CommandEntry } from "./commandEntry";
import type { CommandQueue } from "./commandQueue";
import type { CommandSender } from "./commandSender";
import type { CommandOutbox } from "./contract";
import type { Op, Uuid } from "./contracts";
import { fieldsOfAll } from "./fields";
import type { Decision } from "./ledger";
import type { CommandOutcome, CommandView, Resolution, TaskView } from "./model";
import type { TaskViews } from "./taskViews";
import { taskIdFor } from "./uuid";

/** The queue as a person sees it, and what they decide about it. */
export class OutboxModel implements CommandOutbox {
  readonly #entries = new Value<readonly CommandView[]>([]);
  readonly entries: Observable<readonly CommandView[]> = this.#entries;
  readonly #attention = new Value(0);
  readonly attention: Observable<number> = this.#attention;
  readonly #listeners = new Set<(outcome: CommandOutcome) => void>();

  constructor(
    private readonly writer: Writer,
    private readonly queue: CommandQueue,
    private readonly views: TaskViews,
    private readonly sender: CommandSender,
    private readonly me: () => UserId,
    /** Who made the revisions between two, not counting them. */
    private readonly authorsBetween: (taskId: Uuid, after: number, before: number) => Promise<readonly UserId[]>,
  ) {}

  redraw(): void {
    const before = new Map(this.#entries.getSnapshot().map((view) => [view.cmdId, view]));
    const now = this.queue
      .all()
      .filter((entry) => entry.state !== "accepted")
      .map((entry) => {
        const view = this.#view(entry);
        const old = before.get(entry.cmdId);
        return old !== undefined && sameValue(old, view) ? old : view;
      });
    const shown = this.#entries.getSnapshot();
    if (now.length !== shown.length || now.some((view, i) => view !== shown[i])) this.#entries.set(now);
    this.#attention.set(now.filter(({ problem }) => problem !== null).length);
  }

  onOutcome(listener: (outcome: CommandOutcome) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  keepMine(cmdId: Uuid): Promise<void> {
    const problem = this.queue.find(cmdId)?.problem;
    if (problem?.kind !== "conflict") return Promise.resolve();
    return this.resolve(cmdId, Object.fromEntries(problem.conflicts.map(({ field }) => [field, { use: "mine" }] as const)));
  }

  takeTheirs(cmdId: Uuid): Promise<void> {
    return this.resolve(cmdId, {});
  }

  /**
   * What is kept goes as a new command of somebody who has seen theirs: it overwrites what was shown, and
   * meets a conflict again if the field has changed once more since.
   */
  async resolve(cmdId: Uuid, resolution: Resolution): Promise<void> {
    await this.writer.exclusive(async () => {
      const entry = this.queue.find(cmdId);
      if (entry?.state !== "conflict") return;
      const ops = resolvedOps(entry, resolution);
      if (ops.length === 0) return this.queue.commit({ put: [], drop: [entry] });
      const theirs = entry.problem?.kind === "conflict" ? entry.problem.conflicts.map((each) => [each.field, each.theirs] as const) : [];
      const before = { ...entry.before, ...Object.fromEntries(theirs) };
      await this.#replace(entry, renewed(entry, this.queue.newId(), entry.taskId, { ops, baseRev: entry.seenRev, before }));
    });
    this.sender.wake();
  }

  async retry(cmdId: Uuid): Promise<void> {
    await this.writer.exclusive(async () => {
      const entry = this.queue.find(cmdId);
      if (entry?.state !== "refused") return;
      const newId = this.queue.newId();
      const taskId = creates(entry) ? taskIdFor(this.me(), newId) : entry.taskId;
      // A task without a room is opened by itself; what else was asked for follows.
      const alone = roomless(entry) !== null && entry.ops.length > 1;
      const first = renewed(entry, newId, taskId, alone ? { ops: entry.ops.slice(0, 1) } : {});
      await this.#replace(entry, first);
      if (alone) await this.#follow(first, entry.ops.slice(1));
    });
    this.sender.wake();
  }

  async discard(cmdId: Uuid): Promise<void> {
    await this.writer.exclusive(async () => {
      const entry = this.queue.find(cmdId);
      if (entry === null) return;
      const change = entry.state === "waiting" ? this.queue.putAside(entry, entry) : { put: [], drop: [] };
      const drop = [...this.queue.withDependents(entry), ...change.drop];
      const put = change.put.slice(1).filter((each) => !drop.some(({ key }) => key === each.key));
      await this.queue.commit({ put, drop });
    });
    this.sender.wake();
  }

  /** After the commit: tells each decision once. */
  decided(decisions: readonly Decision[]): void {
    for (const decision of decisions) void this.#tell(decision);
  }

  async #tell(decision: Decision): Promise<void> {
    const { entry } = decision;
    if (decision.kind === "aside") {
      const { problem } = decision;
      this.#emit({ kind: problem.kind, cmdId: entry.cmdId, taskId: entry.taskId, problem });
      return;
    }
    const task = this.views.view(entry.taskId);
    if (task === null) return; // Erased.
    const by = creates(entry) ? [] : await this.authorsBetween(entry.taskId, entry.baseRev, decision.rev);
    const others = by.filter((userId) => userId !== this.me());
    this.#emit(others.length === 0 ? { kind: "accepted", cmdId: entry.cmdId, task } : { kind: "merged", cmdId: entry.cmdId, task, by: others });
  }

  #emit(outcome: CommandOutcome): void {
    for (const listener of [...this.#listeners]) listener(outcome);
  }

  /** Call it inside the writer. */
  async #replace(entry: CommandEntry, fresh: CommandEntry): Promise<void> {
    const naming =
      fresh.taskId === entry.taskId
        ? []
        : this.queue.all().flatMap((each) => {
            const other = renaming(each, entry.taskId, fresh.taskId);
            return each === entry || other === each ? [] : [other];
          });
    await this.queue.commit({ put: [fresh, ...naming], drop: [] });
  }

  async #follow(first: CommandEntry, ops: readonly Op[]): Promise<void> {
    const follower: CommandEntry = { ...first, key: `${first.key}.1`, cmdId: this.queue.newId(), ops, dependsOn: first.cmdId };
    await this.queue.commit({ put: [follower], drop: [] });
  }

  #view(entry: CommandEntry): CommandView {
    const task: TaskView | null = this.views.view(entry.taskId);
    const [first] = entry.ops;
    const waiting = this.sender.sending.has(entry.cmdId) ? "sending" : this.queue.isHeld(entry) ? "held" : "waiting";
    return {
      cmdId: entry.cmdId,
      taskId: entry.taskId,
      roomId: entry.roomId ?? task?.room_id ?? null,
      key: task?.key ?? "",
      title: task?.title ?? (first?.op === "create" ? first.task.title : ""),
      ops: entry.ops,
      fields: fieldsOfAll(entry.ops),
      state: needsMe(entry) ? (entry.state as "conflict" | "refused") : waiting,
      queuedTs: entry.queuedTs,
      problem: entry.problem,
    };
  }
}
