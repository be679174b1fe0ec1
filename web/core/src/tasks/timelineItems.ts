import { object } from "../api/read";
import type { RawEvent } from "../api/wire";
import type { EventId, MxcUri, RoomId, UserId } from "../ids";
import type { ReadMark, ThreadSummary } from "../timeline/model";
import type { StoredEvent } from "../timeline/stored";
import type { Uuid, Workflow } from "./contracts";
import type { TaskCardItem, TaskLineItem, TaskView } from "./model";
import { CARD, TASK } from "./names";
import { bundledIn, heardIn, taskOf, type Heard } from "./shape";
import { statusOf } from "./workflow";

/** What a room's timeline knows of tasks. */
export interface TaskLens {
  readonly roomId: RoomId;
  trusts(sender: UserId): boolean;
  view(taskId: Uuid): TaskView | null;
  workflow(): Workflow;
}

/** What an item takes from the timeline around it. */
export interface LineContext {
  readonly me: UserId;
  readonly lens: TaskLens;
  nameOf(userId: UserId): string;
  avatarOf(userId: UserId): MxcUri | null;
  readBy(eventId: EventId): readonly ReadMark[];
  thread(rootId: EventId): ThreadSummary | null;
}

export function isTaskEvent({ event }: StoredEvent): boolean {
  return event.type === TASK && event.state_key === undefined;
}

/** Pure. The task items of a timeline's events; forgeries make none. */
export class TaskItems {
  /** Newest revision by root, by number and never by time. */
  readonly #newest = new Map<EventId, Heard>();

  constructor(
    events: readonly StoredEvent[],
    private readonly lens: TaskLens,
  ) {
    for (const { event } of events.filter(isTaskEvent)) {
      for (const each of [event, bundledIn(event)]) {
        const heard = each === null ? null : this.#heard(each);
        const best = heard === null ? undefined : this.#newest.get(heard.rootId);
        if (heard !== null && (best === undefined || heard.snapshot.rev > best.snapshot.rev)) this.#newest.set(heard.rootId, heard);
      }
    }
  }

  hasItem({ event }: StoredEvent): boolean {
    const heard = this.#heard(event);
    if (heard === null) return false;
    return heard.rootId === event.event_id || (heard.change !== null && heard.change.silent !== true);
  }

  item({ event }: StoredEvent, context: LineContext): TaskCardItem | TaskLineItem | null {
    const heard = this.#heard(event);
    if (heard === null) return null;
    const actor = heard.change?.actor ?? event.sender;
    const base = {
      key: event.event_id,
      eventId: event.event_id,
      ts: event.origin_server_ts,
      own: actor === context.me,
      sender: actor,
      senderName: context.nameOf(actor),
      senderAvatar: context.avatarOf(actor),
      readBy: context.readBy(event.event_id),
    };
    const { task_id: taskId, key: taskKey } = heard.snapshot;
    if (heard.rootId === event.event_id) {
      const task = this.#shown(heard);
      if (task === null) return null;
      const erased = "erased" in (this.#newest.get(heard.rootId)?.snapshot ?? {});
      return { kind: "task", ...base, task, status: statusOf(this.lens.workflow(), task), thread: context.thread(event.event_id), erased };
    }
    if (heard.change === null) return null;
    const { on_behalf_of: person } = heard.change;
    return {
      kind: "taskChange",
      ...base,
      taskId,
      rootId: heard.rootId,
      taskKey,
      title: "title" in heard.snapshot ? heard.snapshot.title : "",
      change: heard.change,
      onBehalfOf: person === undefined ? null : { userId: person, name: context.nameOf(person), avatar: context.avatarOf(person) },
    };
  }

  /** Everybody who did something here, for their names. */
  actors(events: readonly StoredEvent[]): readonly UserId[] {
    return [...new Set(events.filter(isTaskEvent).flatMap(({ event }) => this.#heard(event)?.change?.actor ?? []))];
  }

  #heard(event: RawEvent): Heard | null {
    return this.lens.trusts(event.sender) ? heardIn(event, this.lens.roomId) : null;
  }

  /** As it is now; from a past that this device has let go, as this timeline knows it. */
  #shown(root: Heard): TaskView | null {
    const known = this.lens.view(root.snapshot.task_id);
    if (known !== null) return known;
    const newest = this.#newest.get(root.rootId) ?? root;
    const snapshot = "erased" in newest.snapshot ? root.snapshot : newest.snapshot;
    if ("erased" in snapshot) return null;
    const task = taskOf(snapshot, { roomId: this.lens.roomId, rootId: root.rootId }, null);
    return { ...task, mark: { pending: [], creating: false, problems: [] } };
  }
}

/** A message kept for clients that know no tasks: ours draw the task itself. Nobody else can hide messages so. */
export function isCard({ event }: StoredEvent, lens: TaskLens): boolean {
  return object(event.content[CARD]) !== null && lens.trusts(event.sender);
}
