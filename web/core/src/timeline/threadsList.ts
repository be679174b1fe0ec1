import { errorInfo } from "../api/errors";
import type { RoomsApi } from "../api/roomsApi";
import type { RawEvent } from "../api/wire";
import { Value } from "../observable";
import type { RoomDelta } from "../rooms/reduceRoom";
import type { Threads } from "./contract";
import { bundledEdit, bundledThread, isRedacted } from "./events";
import { previewMessage } from "./items";
import { bundledIn, heardIn } from "../tasks/shape";
import type { MessagePreview } from "./preview";
import type { ThreadList, ThreadListItem, TimelineStart } from "./model";
import type { OpenRoom, RoomDrawing } from "./openRoom";

const UNKNOWN: ThreadList = { threads: [], start: { kind: "unknown" } };
const PAGE = 30;

/** Pure. A task's thread is called by its key and title: its event has no words of its own for us. */
function previewRoot(root: RawEvent, facts: Parameters<typeof previewMessage>[2]): MessagePreview {
  const preview = previewMessage(root, bundledEdit(root), facts);
  const heard = heardIn(root, "");
  if (heard === null || !("title" in heard.snapshot)) return preview;
  const newer = bundledIn(root);
  const snapshot = (newer === null ? null : heardIn(newer, "")?.snapshot) ?? heard.snapshot;
  return { ...preview, preview: { type: "text", text: "title" in snapshot ? `${snapshot.key} ${snapshot.title}` : snapshot.key } };
}

/** A room's threads as the server lists them; asked again when a thread moves. */
export class ThreadsList implements Threads, RoomDrawing {
  readonly #value: Value<ThreadList>;
  readonly getSnapshot: () => ThreadList;
  readonly subscribe: (listener: () => void) => () => void;
  #roots: readonly RawEvent[] = [];
  #next: string | null = null;
  #start: TimelineStart = { kind: "unknown" };
  #asking: Promise<void> | null = null;

  constructor(
    private readonly room: OpenRoom,
    private readonly api: RoomsApi,
  ) {
    this.#value = new Value(UNKNOWN, (observed) => {
      room.observe(observed);
      if (observed) void room.load().then(() => this.#ask(true));
    });
    this.getSnapshot = this.#value.getSnapshot;
    this.subscribe = this.#value.subscribe;
    room.draws(this);
  }

  loadOlder(): Promise<void> {
    return this.#next === null ? Promise.resolve() : this.#ask(false);
  }

  redraw(delta: RoomDelta | null): void {
    if (!this.#value.observed) return;
    const moved = delta !== null && [...delta.appended, ...delta.replaced].some((each) => each.threadId !== null);
    if (moved || delta?.gap === true) void this.#ask(true);
    this.#draw();
  }

  clear(): void {
    this.#roots = [];
    this.#next = null;
    this.#start = { kind: "unknown" };
    this.#value.set(UNKNOWN);
  }

  #ask(fromStart: boolean): Promise<void> {
    this.#asking ??= this.#fetch(fromStart).finally(() => {
      this.#asking = null;
    });
    return this.#asking;
  }

  async #fetch(fromStart: boolean): Promise<void> {
    try {
      if (this.#start.kind !== "beginning") this.#start = { kind: "loading" };
      this.#draw();
      const page = await this.api.threads(this.room.roomId, fromStart ? null : this.#next, PAGE);
      this.#roots = fromStart ? page.chunk : [...this.#roots, ...page.chunk];
      this.#next = page.end;
      this.#start = page.end === null ? { kind: "beginning" } : { kind: "more" };
      this.room.roster.want(page.chunk.map((event) => event.sender));
    } catch (error) {
      this.#start = { kind: "failed", error: errorInfo(error) };
    }
    this.#draw();
  }

  #draw(): void {
    const facts = this.room.facts(null, []);
    if (facts === null) return;
    const threads = this.#roots.map((root): ThreadListItem => {
      const bundle = bundledThread(root);
      const unread = facts.record.threadUnread[root.event_id] ?? { notifications: 0, highlights: 0 };
      const latest = bundle?.latest ?? null;
      return {
        rootId: root.event_id,
        root: isRedacted(root) ? null : previewRoot(root, facts),
        thread: {
          rootId: root.event_id,
          count: bundle?.count ?? 0,
          latest: latest === null ? null : previewMessage(latest, bundledEdit(latest), facts),
          participated: bundle?.participated ?? false,
          unreadCount: unread.notifications,
          highlightCount: unread.highlights,
        },
      };
    });
    this.#value.set({ threads, start: this.#start });
  }
}
