import type { RawEvent } from "../src/api/wire";
import type { Change, Config, Snapshot, Task } from "../src/tasks/contracts";
import { CONFIG, TASK } from "../src/tasks/names";
import { taskOf, type Heard } from "../src/tasks/shape";
import type { TaskView } from "../src/tasks/model";
import { eg } from "./eg";

export const ours = "@tasks:test";

/** Example tasks: what a test does not name does not matter to it. */
export const egTasks = {
  id: "8f0d3a52-6f6e-5d0c-9d4e-0c1b7b1c0a11",

  snapshot(fields: Partial<Snapshot> = {}): Snapshot {
    return {
      v: 1,
      task_id: egTasks.id,
      key: "OPS-42",
      rev: 1,
      kind: "team",
      title: "Contract",
      status: "open",
      category: "todo",
      creator: "@olga:test",
      assigner: "@olga:test",
      assignee: "@ivan:test",
      assignment: { state: "active" },
      priority: "none",
      created_at: 1_000,
      updated_at: 1_000,
      rank: "V00000",
      frev: { title: 1 },
      ...fields,
    };
  },

  task(fields: Partial<Task> = {}): Task {
    return { ...taskOf(egTasks.snapshot(), { roomId: "!room:test", rootId: "$root" }, null), ...fields };
  },

  view(fields: Partial<TaskView> = {}): TaskView {
    return { ...egTasks.task(), mark: { pending: [], creating: false, problems: [] }, ...fields };
  },

  change(fields: Partial<Change> = {}): Change {
    return { rev: 1, prev_rev: null, actor: "@olga:test", at: 1_000, diff: [], cause: { cmd_id: egTasks.id, via: "rest" }, ...fields };
  },

  heard(fields: Partial<Snapshot> = {}, more: Partial<Heard> = {}): Heard {
    const snapshot = egTasks.snapshot(fields);
    const change = egTasks.change({ rev: snapshot.rev });
    return { roomId: "!room:test", rootId: "$root", eventId: `$rev${snapshot.rev}`, snapshot, change, departure: false, ...more };
  },

  root(fields: Partial<Snapshot> = {}, event: Partial<RawEvent> = {}): RawEvent {
    const content = { [TASK]: egTasks.snapshot(fields), "org.teammessenger.change": egTasks.change(), "m.text": [], "m.mentions": {} };
    return eg.event({ type: TASK, sender: ours, content, ...event });
  },

  update(rootId: string, fields: Partial<Snapshot> = {}, change: Partial<Change> = {}, event: Partial<RawEvent> = {}): RawEvent {
    const snapshot = egTasks.snapshot({ rev: 2, ...fields });
    const content = {
      "m.relates_to": { rel_type: "m.replace", event_id: rootId },
      "m.new_content": { [TASK]: snapshot, "m.text": [] },
      "org.teammessenger.change": egTasks.change({ rev: snapshot.rev, prev_rev: snapshot.rev - 1, ...change }),
      "m.text": [],
      "m.mentions": {},
    };
    return eg.event({ type: TASK, sender: ours, content, ...event });
  },

  config(fields: Partial<Config> = {}, event: Partial<RawEvent> = {}): RawEvent {
    return eg.state(CONFIG, { v: 1, enabled: true, authority: ours, prefix: "OPS", kind: "team", ...fields } as RawEvent["content"], { sender: "@olga:test", ...event });
  },
};
