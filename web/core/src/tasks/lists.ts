import type { RoomId, UserId } from "../ids";
import { sameValue } from "../timeline/sameValue";
import type { RoomBoard, TaskList } from "./contract";
import type { TaskPage, Uuid } from "./contracts";
import { Drawn, keeping, type Drawings } from "./drawings";
import type { Board, BoardColumn, TaskListSnapshot, TaskQuery, TaskView } from "./model";
import { matches, orderOf, queryName } from "./query";
import type { RoomRules } from "./roomRules";
import type { TaskViews } from "./taskViews";
import { workflowOf } from "./trust";
import { isOpen } from "./workflow";

export interface ListSources {
  readonly views: TaskViews;
  readonly rules: RoomRules;
  readonly drawings: Drawings;
  readonly me: () => UserId;
  readonly now: () => number;
  /** A page of the service's own list; what is in it comes into the book. */
  readonly fetch: (query: TaskQuery, cursor: string | null) => Promise<TaskPage>;
}

/** The pages of one query: how much of it is here. */
class Pages {
  extent: TaskListSnapshot["extent"] = "local";
  /** What the service listed: words it finds in its own way, and spaces only it knows. */
  readonly listed = new Set<Uuid>();
  #cursor: string | null = null;
  #asking: Promise<void> | null = null;

  constructor(
    private readonly query: TaskQuery,
    private readonly sources: ListSources,
    private readonly changed: () => void,
  ) {}

  first(): Promise<void> {
    return this.extent === "local" ? this.#ask(null) : Promise.resolve();
  }

  more(): Promise<void> {
    if (this.extent === "local") return this.first();
    return this.extent === "some" ? this.#ask(this.#cursor) : (this.#asking ?? Promise.resolve());
  }

  /** What is here may be incomplete again. */
  forget(): void {
    this.listed.clear();
    this.extent = "local";
  }

  #ask(cursor: string | null): Promise<void> {
    this.#asking ??= this.#fetch(cursor).finally(() => {
      this.#asking = null;
    });
    return this.#asking;
  }

  async #fetch(cursor: string | null): Promise<void> {
    const before = this.extent;
    this.extent = "loading";
    this.changed();
    try {
      const page = await this.sources.fetch(this.query, cursor);
      for (const task of page.data) this.listed.add(task.id);
      this.#cursor = page.next_cursor;
      this.extent = page.next_cursor === null ? "all" : "some";
    } catch {
      this.extent = before; // The service's state says why.
    }
    this.changed();
  }
}

function found(query: TaskQuery, pages: Pick<Pages, "listed">, sources: ListSources): TaskView[] {
  const context = { me: sources.me(), now: sources.now() };
  const onlyListed = query.spaceId !== undefined;
  return [...sources.views.all()].filter((task) => {
    const listed = pages.listed.has(task.id);
    return matches(task, query, context, !listed) && (listed || !onlyListed);
  });
}

/** Pure. How much of two lists together is here. */
function joint(a: TaskListSnapshot["extent"], b: TaskListSnapshot["extent"]): TaskListSnapshot["extent"] {
  const order: readonly TaskListSnapshot["extent"][] = ["loading", "local", "some", "all"];
  return order.find((extent) => a === extent || b === extent) ?? "all";
}

class ListModel implements TaskList {
  readonly #drawn: Drawn<TaskListSnapshot>;
  readonly #pages: Pages;
  readonly getSnapshot: TaskList["getSnapshot"];
  readonly subscribe: TaskList["subscribe"];

  constructor(query: TaskQuery, sources: ListSources) {
    this.#pages = new Pages(query, sources, () => this.#drawn.redraw());
    const draw = (before: TaskListSnapshot): TaskListSnapshot => {
      const tasks = keeping(before.tasks, found(query, this.#pages, sources).sort(orderOf(query.sort)));
      const { extent } = this.#pages;
      return tasks === before.tasks && extent === before.extent ? before : { tasks, extent };
    };
    this.#drawn = new Drawn<TaskListSnapshot>({ tasks: [], extent: "local" }, sources.drawings, draw, (observed) => {
      if (observed) void this.#pages.first();
    });
    this.getSnapshot = this.#drawn.getSnapshot;
    this.subscribe = this.#drawn.subscribe;
  }

  loadMore(): Promise<void> {
    return this.#pages.more();
  }

  refresh(): void {
    this.#pages.forget();
    if (this.#drawn.observed) void this.#pages.first();
  }
}

class BoardModel implements RoomBoard {
  readonly #drawn: Drawn<Board>;
  /** What is open, by rank, and what was closed lately: a question each, so that a long past hides nothing. */
  readonly #open: Pages;
  readonly #closed: Pages;
  readonly getSnapshot: RoomBoard["getSnapshot"];
  readonly subscribe: RoomBoard["subscribe"];

  constructor(roomId: RoomId, filter: Omit<TaskQuery, "roomId" | "sort">, sources: ListSources) {
    const query: TaskQuery = { ...filter, roomId, sort: "rank" };
    const redraw = (): void => this.#drawn.redraw();
    this.#open = new Pages({ status: ["category:open"], ...query }, sources, redraw);
    this.#closed = new Pages({ status: ["category:done", "category:cancelled"], ...filter, roomId, sort: "-updated" }, sources, redraw);
    const draw = (before: Board): Board => {
      const listed = new Set([...this.#open.listed, ...this.#closed.listed]);
      const columns = this.#columns(before, found(query, { listed }, sources).sort(orderOf("rank")), roomId, sources);
      const extent = joint(this.#open.extent, this.#closed.extent);
      return columns === before.columns && extent === before.extent ? before : { columns, extent };
    };
    this.#drawn = new Drawn<Board>({ columns: [], extent: "local" }, sources.drawings, draw, (observed) => {
      if (observed) void this.#first();
    });
    this.getSnapshot = this.#drawn.getSnapshot;
    this.subscribe = this.#drawn.subscribe;
  }

  async loadMore(): Promise<void> {
    await Promise.all([this.#open.more(), this.#closed.more()]);
  }

  refresh(): void {
    this.#open.forget();
    this.#closed.forget();
    if (this.#drawn.observed) void this.#first();
  }

  async #first(): Promise<void> {
    await Promise.all([this.#open.first(), this.#closed.first()]);
  }

  #columns(before: Board, tasks: readonly TaskView[], roomId: RoomId, sources: ListSources): readonly BoardColumn[] {
    const { statuses } = workflowOf(sources.rules.state(roomId));
    const known = new Set(statuses.map(({ id }) => id));
    const columns = statuses.map((status, i): BoardColumn => {
      const old = before.columns.find((column) => column.status.id === status.id);
      // A status that the workflow no longer has: in the first column of its category.
      const isHome = (task: TaskView): boolean =>
        known.has(task.status) ? task.status === status.id : statuses.findIndex((each) => each.category === task.category) === i;
      const own = tasks.filter(isHome);
      // What was closed last stands first.
      const sorted = isOpen(status.category) ? own : own.sort((a, b) => (b.closed_at ?? 0) - (a.closed_at ?? 0));
      const kept = keeping(old?.tasks ?? [], sorted);
      return old !== undefined && kept === old.tasks && sameValue(status, old.status) ? old : { status, tasks: kept };
    });
    const same = columns.length === before.columns.length && columns.every((column, i) => column === before.columns[i]);
    return same ? before.columns : columns;
  }
}

/** One list for equal queries. */
export class Lists {
  readonly #lists = new Map<string, ListModel>();
  readonly #boards = new Map<string, BoardModel>();

  constructor(private readonly sources: ListSources) {}

  list(query: TaskQuery): TaskList {
    return entry(this.#lists, queryName(query), () => new ListModel(query, this.sources));
  }

  board(roomId: RoomId, query: Omit<TaskQuery, "roomId" | "sort">): RoomBoard {
    return entry(this.#boards, queryName({ ...query, roomId }), () => new BoardModel(roomId, query, this.sources));
  }

  /** What the lists have may be incomplete: those looked at ask once more. */
  refresh(): void {
    for (const each of [...this.#lists.values(), ...this.#boards.values()]) each.refresh();
  }
}

function entry<V>(map: Map<string, V>, key: string, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
