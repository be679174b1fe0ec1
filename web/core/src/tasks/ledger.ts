import type { UserId } from "../ids";
import type { StoreWrite } from "../store/store";
import type { Writer } from "../store/writer";
import { problemOf, type CommandEntry } from "./commandEntry";
import type { CommandQueue, QueueChange } from "./commandQueue";
import type { Outcome, Task, Uuid } from "./contracts";
import type { CommandProblem } from "./model";
import type { TaskNews } from "./row";
import type { BookChange, TaskBook } from "./taskBook";

/** How a command ended, for whoever tells the person. */
export type Decision =
  | { readonly kind: "accepted"; readonly entry: CommandEntry; readonly rev: number }
  | { readonly kind: "aside"; readonly entry: CommandEntry; readonly problem: CommandProblem };

/** News and what they mean for my commands: one change, one commit. */
export interface LedgerChange {
  readonly book: BookChange;
  readonly queue: QueueChange;
  readonly decisions: readonly Decision[];
}

/**
 * Tasks and my commands about them, changed together: an echo goes in the same breath as what it became
 * arrives, so nothing that is shown ever flickers back.
 */
export class TaskLedger {
  constructor(
    private readonly writer: Writer,
    private readonly book: TaskBook,
    private readonly queue: CommandQueue,
    private readonly me: () => UserId,
    /** The task with what an entry asks for, for showing a conflict. */
    private readonly withEntry: (entry: CommandEntry) => Task | null,
    private readonly decided: (decisions: readonly Decision[]) => void,
  ) {}

  /** Call it, the commit of {@link writesOf} and {@link adopt} inside the writer. */
  plan(news: readonly TaskNews[]): LedgerChange {
    const book = this.book.plan(news);
    const accepted = new Map<Uuid, Decision>();
    for (const each of news) {
      const decision = each.kind === "heard" ? this.#ownRevision(each.heard) : null;
      if (decision !== null) accepted.set(decision.entry.cmdId, decision);
    }
    const reached = this.queue.all().filter((entry) => {
      if (entry.state !== "accepted" || accepted.has(entry.cmdId)) return false;
      const known = book.rows.get(entry.taskId);
      // Erased, or gone from my sight: nothing more will come.
      if (known !== undefined && known.row === null) return true;
      return (known?.row?.task.rev ?? 0) >= (entry.acceptedRev ?? 0);
    });
    const decisions = [...accepted.values()];
    const drop = [...decisions.map(({ entry }) => entry), ...reached];
    // What was told already is not told again.
    return { book, queue: { put: [], drop }, decisions: decisions.filter(({ entry }) => entry.state !== "accepted") };
  }

  writesOf(change: LedgerChange): readonly StoreWrite[] {
    return [...change.book.writes, ...this.queue.writesOf(change.queue)];
  }

  adopt(change: LedgerChange): void {
    // In this order: what a command made is there before the command goes.
    this.book.adopt(change.book);
    this.queue.adopt(change.queue);
    if (change.decisions.length > 0) this.decided(change.decisions);
  }

  /** News that come alone. `more` is written in the same breath. */
  async tell(news: readonly TaskNews[], more: readonly StoreWrite[] = []): Promise<void> {
    if (news.length === 0 && more.length === 0) return;
    await this.writer.exclusive(async () => {
      const change = this.plan(news);
      await this.writer.commit([...this.writesOf(change), ...more]);
      this.adopt(change);
    });
  }

  /** What the service answered to commands. */
  async settle(outcomes: readonly Outcome[]): Promise<void> {
    for (const outcome of outcomes) if (outcome.state !== "pending") await this.#settleOne(outcome.cmd_id, outcome);
  }

  async #settleOne(cmdId: Uuid, outcome: Outcome): Promise<void> {
    await this.writer.exclusive(async () => {
      const entry = this.queue.find(cmdId);
      if (entry === null || entry.state !== "waiting") return; // Sync was faster, or it was thrown away.
      const change = outcome.state === "accepted" ? this.#acceptance(entry, outcome) : this.#rejection(entry, outcome);
      await this.writer.commit(this.writesOf(change));
      this.adopt(change);
    });
  }

  #acceptance(entry: CommandEntry, outcome: Outcome): LedgerChange {
    const news: TaskNews[] = outcome.task === undefined ? [] : [{ kind: "told", task: outcome.task }];
    const change = this.plan(news);
    const row = change.book.rows.get(entry.taskId)?.row ?? this.book.get(entry.taskId);
    const rev = outcome.rev ?? outcome.task?.rev ?? row?.task.rev ?? 0;
    const erases = entry.ops.some((op) => op.op === "erase");
    const isHere = erases || (row?.task.rev ?? 0) >= rev;
    const queue: QueueChange = isHere
      ? { ...change.queue, drop: [...change.queue.drop, entry] }
      : { ...change.queue, put: [{ ...entry, state: "accepted", acceptedRev: rev }] };
    return { book: change.book, queue, decisions: [...change.decisions, { kind: "accepted", entry, rev }] };
  }

  #rejection(entry: CommandEntry, outcome: Outcome): LedgerChange {
    const nothing = this.book.plan([]);
    const lost = outcome.code === "dependency_missing" || outcome.code === "dependency_rejected";
    if (lost && entry.dependsOn !== null) {
      // The service has forgotten what came before (a restored backup): this one stands for itself.
      const alone: CommandEntry = { ...entry, cmdId: this.queue.newId(), dependsOn: null, attempts: 0 };
      return { book: nothing, queue: { put: [alone], drop: [] }, decisions: [] };
    }
    const whole = this.queue.putAside(entry, entry);
    const folded = whole.put[0] ?? entry;
    const problem = problemOf(folded, outcome, this.withEntry(folded));
    const theirs = (outcome.conflicts ?? []).map((each) => each.theirs_rev);
    const aside: CommandEntry = {
      ...folded,
      state: problem.kind === "conflict" ? "conflict" : "refused",
      problem,
      seenRev: Math.max(entry.baseRev, outcome.current_rev ?? 0, ...theirs),
    };
    const queue: QueueChange = { put: [aside, ...whole.put.slice(1)], drop: whole.drop };
    return { book: nothing, queue, decisions: [{ kind: "aside", entry: aside, problem }] };
  }

  /** A revision that a command of mine made comes home. */
  #ownRevision({ change, snapshot }: Extract<TaskNews, { kind: "heard" }>["heard"]): Extract<Decision, { kind: "accepted" }> | null {
    if (change === null || (change.actor !== this.me() && change.on_behalf_of !== this.me())) return null;
    const entry = this.queue.find(change.cause?.cmd_id);
    if (entry === null || entry.taskId !== snapshot.task_id) return null;
    if (entry.state !== "waiting" && entry.state !== "accepted") return null;
    return { kind: "accepted", entry, rev: snapshot.rev };
  }
}
