import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MemoryStore, op, type Client, type CommandOutcome, type CommandRequest, type NewTask, type TaskView } from "../src/index";
import { settled, until } from "./clock";
import type { FakeRoom } from "./fakeHomeserver";
import type { FakeTasks } from "./fakeTasks";
import { anna, copyOf, ivan, olga, Scene } from "./scene";

let scene: Scene;
let room: FakeRoom;
let store: MemoryStore;
let client: Client;
let outcomes: CommandOutcome[];

beforeEach(async () => {
  scene = new Scene();
  room = scene.server.tasks.setUp(scene.server.home.room([olga, ivan, anna], { name: "Operations" }));
  store = new MemoryStore();
  client = await scene.client(olga, store);
  outcomes = listen(client);
  await settled();
});

afterEach(() => scene.end());

const service = (): FakeTasks => scene.server.tasks;
const listen = (to: Client): CommandOutcome[] => {
  const heard: CommandOutcome[] = [];
  to.tasks.outbox.onOutcome((outcome) => heard.push(outcome));
  return heard;
};
const open = async (fields: Partial<NewTask> = {}, by = client): Promise<string> => {
  const { taskId } = await by.tasks.create({ title: "Contract", assignee: ivan, roomId: room.roomId, ...fields });
  return taskId;
};
const shown = (taskId: string, by = client): TaskView => {
  const task = by.tasks.task(taskId).getSnapshot();
  if (!task) throw new Error("not shown");
  return task;
};
const kinds = (of: readonly CommandOutcome[] = outcomes): string[] => of.map(({ kind }) => kind);
const queue = (of = client): string[] => of.tasks.outbox.entries.getSnapshot().map(({ state, fields }) => `${state} ${fields.join()}`);
const sent = (): CommandRequest[] =>
  scene.server.callsTo(/POST \/v1\/commands/).flatMap(({ body }) => (body as { commands: CommandRequest[] }).commands);
/** The person is cut off, while the others go on. */
const away = async (while_: () => Promise<void>): Promise<void> => {
  scene.server.offline = true;
  await while_();
  await settled();
  scene.server.offline = false;
};
const back = async (): Promise<void> => {
  client.sync.retryNow();
  await scene.clock.advance(1_000);
};

describe("a command", () => {
  it("opens a task whose id is known at once and stays", async () => {
    service().down = true;
    const id = await open({ labels: ["legal"] });
    expect(shown(id)).toMatchObject({ key: "", title: "Contract", labels: ["legal"], creator: olga, assigned_to: ivan, mark: { creating: true } });
    expect(client.tasks.mine.getSnapshot().assignedByMe.map((task) => task.id)).toEqual([id]);
    service().down = false;
    await scene.clock.advance(70_000);
    expect(shown(id)).toMatchObject({ key: "OPS-1", rev: 1, mark: { creating: false, pending: [] } });
    expect(service().get(id).title).toBe("Contract");
    expect(kinds()).toEqual(["accepted"]);
  });

  it("shows at once what it changes, marked until it is decided", async () => {
    const id = await open();
    await settled();
    const release = scene.server.hold(/POST \/v1\/commands/);
    await client.tasks.run(id, [op.title("Better"), op.transition("in_progress")]);
    await settled();
    expect(shown(id)).toMatchObject({ title: "Better", status: "in_progress", category: "doing", mark: { pending: ["title", "status"] } });
    expect(shown(id).can).toContain("transition:open");
    expect(shown(id).can).not.toContain("transition:in_progress");
    release();
    await settled();
    expect(shown(id)).toMatchObject({ title: "Better", rev: 2, mark: { pending: [] } });
    expect(shown(id).can).toEqual(service().shown(olga, id).can);
  });

  it("never flickers back between its acceptance and the room's word", async () => {
    const id = await open();
    await settled();
    const seen: string[] = [];
    client.tasks.task(id).subscribe(() => seen.push(shown(id).title));
    await client.tasks.run(id, [op.title("Better")]);
    await settled();
    await scene.clock.advance(5_000);
    expect(new Set(seen)).toEqual(new Set(["Better"]));
    expect(queue()).toEqual([]);
  });

  it("is the same each time it is sent, and makes one revision", async () => {
    const id = await open();
    await settled();
    scene.server.calls.length = 0;
    scene.server.loseAnswer(/POST \/v1\/commands/, 2);
    // Sync would bring the revision home before the second attempt.
    const release = scene.server.hold(/GET .*\/sync/);
    scene.server.home.typing(room, []);
    await settled();
    await client.tasks.run(id, [op.title("Better")]);
    await scene.clock.advance(10_000);
    release();
    const requests = sent();
    expect(requests.length).toBeGreaterThan(1);
    expect(new Set(requests.map((request) => JSON.stringify(request))).size).toBe(1);
    expect(service().get(id)).toMatchObject({ rev: 2, title: "Better" });
    expect(kinds()).toEqual(["accepted", "accepted"]);
  });

  it("is accepted when the room says so, though its answer is still on the way", async () => {
    const id = await open();
    await settled();
    outcomes.length = 0;
    const release = scene.server.hold(/POST \/v1\/commands/, "after");
    await client.tasks.run(id, [op.title("Better")]);
    await settled();
    expect([queue(), kinds()]).toEqual([[], ["accepted"]]);
    expect(shown(id)).toMatchObject({ rev: 2, mark: { pending: [] } });
    release();
    await settled();
    expect(kinds()).toEqual(["accepted"]);
  });

  it("goes with all that wait in one request, the commands of one task one after the other", async () => {
    const [a, b] = [await open({ title: "A" }), await open({ title: "B" })];
    await settled();
    scene.server.calls.length = 0;
    service().down = true;
    await client.tasks.run(a, [op.due({ date: "2026-12-01" })]);
    await client.tasks.run(a, [op.priority("high")]);
    await client.tasks.run(b, [op.title("B2")]);
    await scene.clock.advance(3_000);
    service().down = false;
    scene.server.calls.length = 0;
    await scene.clock.advance(70_000);
    const [first, second] = scene.server.callsTo(/POST \/v1\/commands/).map(({ body }) => (body as { commands: CommandRequest[] }).commands);
    expect(first?.map((each) => each.task_id).sort()).toEqual([a, b].sort());
    expect(second).toMatchObject([{ task_id: a, depends_on: first?.find((each) => each.task_id === a)?.cmd_id }]);
    expect(service().get(a)).toMatchObject({ rev: 3, priority: "high", due: { date: "2026-12-01" } });
  });

  it("without a room opens a task in one's own or the direct room", async () => {
    const { taskId } = await client.tasks.create({ title: "Milk" });
    const { taskId: asked } = await client.tasks.create({ title: "For Ivan", assignee: ivan });
    await settled();
    expect(shown(taskId)).toMatchObject({ key: "MY-1", kind: "personal" });
    expect(shown(asked)).toMatchObject({ assigned_to: ivan, kind: "team" });
    expect(scene.server.home.rooms.get(shown(asked).room_id)?.events.length).toBeGreaterThan(0);
    expect(queue()).toEqual([]);
    const keys = scene.server.callsTo(/POST \/v1\/tasks$/).map(({ headers }) => headers["Idempotency-Key"]);
    expect(new Set(keys).size).toBe(2);
  });

  it("for several tasks leaves out those that do not allow it", async () => {
    const own = await open({ title: "Own", assignee: olga });
    const foreign = service().open(ivan, room, { title: "Foreign", assignee: ivan }).id;
    await settled();
    const { cmdIds, left } = await client.tasks.bulk([own, foreign], [op.priority("high")]);
    await settled();
    expect([cmdIds.length, left]).toEqual([1, [foreign]]);
    expect(service().get(own).priority).toBe("high");
  });
});

describe("the queue after a kill", () => {
  it("sends what was given, in order, with the ids of before", async () => {
    const id = await open();
    await settled();
    let given: string[] = [];
    await away(async () => {
      const task = await client.tasks.create({ title: "Offline", roomId: room.roomId });
      const edit = await client.tasks.run(task.taskId, [op.due({ date: "2026-12-01" })]);
      const other = await client.tasks.run(id, [op.title("Better")]);
      given = [task.cmdId, edit.cmdId, other.cmdId];
    });
    scene.server.offline = true;
    const left = await copyOf(store);
    await client.stop();
    scene.server.calls.length = 0;

    const next = scene.open(left);
    await next.start();
    expect(next.tasks.list({ text: "Offline" }).getSnapshot().tasks).toMatchObject([{ due: { date: "2026-12-01" }, mark: { creating: true } }]);
    expect(shown(id, next).title).toBe("Better");
    scene.server.offline = false;
    next.sync.retryNow();
    await scene.clock.advance(70_000);
    expect(sent().map(({ cmd_id: cmdId }) => cmdId).sort()).toEqual([...given].sort());
    expect([...service().tasks.values()].find(({ snapshot }) => snapshot.title === "Offline")?.snapshot).toMatchObject({ rev: 2, due: { date: "2026-12-01" } });
    expect(queue(next)).toEqual([]);
    expect((await left.range("outbox")).length).toBe(0);
  });

  it("keeps the order, also when the clock has been set back in between", async () => {
    const ids = [await open(), await open()];
    await settled();
    scene.server.offline = true;
    const before = await client.tasks.run(ids[0] ?? "", [op.title("First")]);
    const left = await copyOf(store);
    await client.stop();
    scene.clock.time -= 3_600_000;
    const next = await scene.reopen(left);
    const after = await next.tasks.run(ids[1] ?? "", [op.title("Second")]);
    expect((await left.range<{ cmdId: string }>("outbox")).map(({ value }) => value.cmdId)).toEqual([before.cmdId, after.cmdId]);
  });

  it("makes no second revision of one whose answer was lost", async () => {
    const id = await open();
    await settled();
    const hold = scene.server.hold(/GET .*\/sync/, "before");
    scene.server.home.typing(room, []);
    await settled();
    scene.server.loseAnswer(/POST \/v1\/commands/);
    await client.tasks.run(id, [op.title("Better")]);
    await until(() => service().get(id).rev === 2);
    const left = await copyOf(store);
    await client.stop();
    hold();
    const next = await scene.reopen(left);
    await settled();
    expect(service().get(id).rev).toBe(2);
    expect(shown(id, next)).toMatchObject({ title: "Better", rev: 2, mark: { pending: [] } });
    expect(queue(next)).toEqual([]);
  });

  it("keeps what waits for its author", async () => {
    const id = await open();
    await settled();
    await away(async () => {
      await client.tasks.run(id, [op.title("Mine")]);
    });
    service().act(olga, id, [op.title("Theirs, from another device")]);
    await back();
    const next = await scene.reopen(await copyOf(store));
    await settled();
    expect(queue(next)).toEqual(["conflict title"]);
    expect(shown(id, next).mark.problems).toMatchObject([{ kind: "conflict", conflicts: [{ mine: "Mine" }] }]);
    expect(next.tasks.outbox.attention.getSnapshot()).toBe(1);
  });
});

describe("two who change one task", () => {
  let id: string;

  beforeEach(async () => {
    id = await open({ description: "text", collaborators: [anna] });
    await settled();
    scene.server.home.user(anna).admin = true;
    outcomes.length = 0;
  });

  it("in different fields are merged, and the one is told of the other", async () => {
    await away(async () => {
      await client.tasks.run(id, [op.title("Mine")]);
    });
    service().act(anna, id, [op.due({ date: "2026-12-01" })]);
    await back();
    expect(service().get(id)).toMatchObject({ title: "Mine", due: { date: "2026-12-01" }, rev: 3 });
    expect(outcomes).toMatchObject([{ kind: "merged", by: [anna], task: { title: "Mine", due: { date: "2026-12-01" } } }]);
    expect(queue()).toEqual([]);
  });

  it("in the same field see both, and nothing is lost until one decides", async () => {
    await away(async () => {
      await client.tasks.run(id, [op.title("Mine"), op.priority("high")]);
    });
    service().act(anna, id, [op.title("Hers")]);
    await back();
    expect(service().get(id)).toMatchObject({ title: "Hers", priority: "none", rev: 2 });
    expect(shown(id)).toMatchObject({ title: "Hers", mark: { pending: [] } });
    const [entry] = client.tasks.outbox.entries.getSnapshot();
    expect(entry).toMatchObject({
      state: "conflict",
      problem: { conflicts: [{ field: "title", before: "Contract", mine: "Mine", theirs: "Hers", theirsBy: anna, theirsRev: 2 }] },
    });
    expect(kinds()).toEqual(["conflict"]);
  });

  const inConflict = async (): Promise<string> => {
    await away(async () => {
      await client.tasks.run(id, [op.title("Mine"), op.priority("high")]);
    });
    service().act(anna, id, [op.title("Hers")]);
    await back();
    const [entry] = client.tasks.outbox.entries.getSnapshot();
    outcomes.length = 0;
    return entry?.cmdId ?? "";
  };

  it("keep mine", async () => {
    await client.tasks.outbox.keepMine(await inConflict());
    await settled();
    expect(service().get(id)).toMatchObject({ title: "Mine", priority: "high", rev: 3 });
    expect([kinds(), queue()]).toEqual([["accepted"], []]);
  });

  it("take theirs, with the rest of what I did", async () => {
    await client.tasks.outbox.takeTheirs(await inConflict());
    await settled();
    expect(service().get(id)).toMatchObject({ title: "Hers", priority: "high", rev: 3 });
    expect(queue()).toEqual([]);
  });

  it("or find a third way", async () => {
    await client.tasks.outbox.resolve(await inConflict(), { title: { use: "value", value: "Ours" } });
    await settled();
    expect(service().get(id)).toMatchObject({ title: "Ours", priority: "high" });
  });

  it("overwrite only what they have seen: a further change is a further conflict", async () => {
    const cmdId = await inConflict();
    service().act(anna, id, [op.title("Hers again")]);
    await client.tasks.outbox.keepMine(cmdId);
    await settled();
    expect(service().get(id)).toMatchObject({ title: "Hers again" });
    expect(client.tasks.outbox.entries.getSnapshot()).toMatchObject([{ state: "conflict", problem: { conflicts: [{ theirs: "Hers again", mine: "Mine" }] } }]);
  });

  it("discard what they do not want any more", async () => {
    await client.tasks.outbox.discard(await inConflict());
    await settled();
    expect(queue()).toEqual([]);
    expect(service().get(id)).toMatchObject({ title: "Hers", priority: "none" });
  });

  it("never meet a conflict with their own earlier words", async () => {
    await away(async () => {
      await client.tasks.run(id, [op.title("One")]);
      await client.tasks.run(id, [op.priority("high")]);
      await client.tasks.run(id, [op.title("Two"), op.transition("in_progress")]);
    });
    service().act(anna, id, [op.due({ date: "2026-12-01" })]);
    await back();
    expect(service().get(id)).toMatchObject({ title: "Two", priority: "high", status: "in_progress", due: { date: "2026-12-01" } });
    expect(queue()).toEqual([]);
  });

  it("write on while offline: what was not tried yet takes the last words in", async () => {
    await away(async () => {
      await client.tasks.run(id, [op.title("A")]);
      await settled();
      for (const title of ["Ab", "Abc", "Abcd"]) await client.tasks.run(id, [op.title(title)]);
    });
    expect(queue()).toEqual(["waiting title", "waiting title"]);
    await back();
    expect(service().get(id)).toMatchObject({ title: "Abcd", rev: 3 });
  });

  it("see one conflict of a field that they changed several times", async () => {
    await away(async () => {
      await client.tasks.run(id, [op.title("One")]);
      await client.tasks.run(id, [op.due({ date: "2027-01-01" })]);
      await client.tasks.run(id, [op.title("Two"), op.priority("low")]);
    });
    service().act(anna, id, [op.title("Hers")]);
    await back();
    expect(client.tasks.outbox.entries.getSnapshot()).toMatchObject([{ state: "conflict", problem: { conflicts: [{ mine: "Two", theirs: "Hers" }] } }]);
    expect(service().get(id)).toMatchObject({ title: "Hers", due: { date: "2027-01-01" } });
    await client.tasks.outbox.keepMine(client.tasks.outbox.entries.getSnapshot()[0]?.cmdId ?? "");
    await settled();
    expect(service().get(id)).toMatchObject({ title: "Two", priority: "low" });
  });

  it("tick items and add labels at the same time", async () => {
    service().act(olga, id, [op.putItem({ id: "aaaaaa", text: "a" }), op.putItem({ id: "bbbbbb", text: "b" })]);
    await settled();
    await away(async () => {
      await client.tasks.run(id, [op.checkItem("aaaaaa", true), op.addLabel("mine")]);
    });
    service().act(ivan, id, [op.checkItem("bbbbbb", true)]);
    service().act(anna, id, [op.addLabel("hers")]);
    await back();
    expect(service().get(id).checklist?.map(({ done }) => done)).toEqual([true, true]);
    expect(service().get(id).labels).toEqual(["hers", "mine"]);
    expect(queue()).toEqual([]);
  });
});

describe("a refusal", () => {
  it("keeps what was written, says why, and leaves the task as it is", async () => {
    const id = service().open(anna, room, { title: "Hers", assignee: olga }).id;
    await settled();
    await client.tasks.run(id, [op.title("Mine")]);
    await settled();
    expect(shown(id)).toMatchObject({ title: "Hers", mark: { problems: [{ kind: "refused", code: "forbidden" }] } });
    const [entry] = client.tasks.outbox.entries.getSnapshot();
    expect(entry).toMatchObject({ state: "refused", ops: [{ field: "title", value: "Mine" }], problem: { code: "forbidden", detail: "set:title is not yours to do" } });
    await client.tasks.outbox.discard(entry?.cmdId ?? "");
    expect(shown(id).mark.problems).toEqual([]);
  });

  it("can be tried again as a new command once things are otherwise", async () => {
    const id = service().open(anna, room, { title: "Hers", assignee: olga }).id;
    await settled();
    await client.tasks.run(id, [op.title("Mine")]);
    await settled();
    scene.server.home.user(olga).admin = true;
    await client.tasks.outbox.retry(client.tasks.outbox.entries.getSnapshot()[0]?.cmdId ?? "");
    await settled();
    expect(service().get(id).title).toBe("Mine");
    expect(queue()).toEqual([]);
  });

  it("of opening a task keeps it as a draft with all that was built on it", async () => {
    const guest = await scene.client("@guest1:test");
    scene.server.home.member(room, "@guest1:test", "join");
    await settled();
    let ids: string[] = [];
    await away(async () => {
      const parent = await open({ title: "Parent" }, guest);
      await guest.tasks.run(parent, [op.due({ date: "2026-12-01" })]);
      const child = await open({ title: "Child", parent }, guest);
      ids = [parent, child];
    });
    guest.sync.retryNow();
    await scene.clock.advance(70_000);
    const [parent = "", child = ""] = ids;
    expect(queue(guest)).toEqual(["refused due", "held "]);
    expect(shown(parent, guest)).toMatchObject({ title: "Parent", due: { date: "2026-12-01" }, mark: { creating: true, pending: [], problems: [{ code: "forbidden" }] } });
    expect(shown(child, guest)).toMatchObject({ mark: { creating: true } });
    await guest.tasks.outbox.discard(guest.tasks.outbox.entries.getSnapshot()[0]?.cmdId ?? "");
    expect(queue(guest)).toEqual([]);
  });

  it("of opening, tried again, gives the task another id, and its children follow", async () => {
    scene.server.answer(/POST \/v1\/commands/, 400, { type: "x", title: "x", status: 400, code: "invalid", errors: [{ pointer: "/ops/0", code: "x" }] }, 1);
    const parent = await open({ title: "Parent" });
    const child = await open({ title: "Child", parent });
    await settled();
    expect(client.tasks.outbox.entries.getSnapshot()[0]).toMatchObject({ state: "refused", problem: { code: "invalid", errors: [{ pointer: "/ops/0" }] } });
    await client.tasks.outbox.retry(client.tasks.outbox.entries.getSnapshot()[0]?.cmdId ?? "");
    await settled();
    const [first] = [...service().tasks.values()].filter(({ snapshot }) => snapshot.title === "Parent");
    expect(first?.snapshot.task_id).not.toBe(parent);
    expect(service().get(child).parent).toBe(first?.snapshot.task_id);
    expect(queue()).toEqual([]);
  });

  it("of one in a batch does not hold the others up", async () => {
    const [a, b] = [await open({ title: "A" }), await open({ title: "B" })];
    await settled();
    await away(async () => {
      await client.tasks.run(a, [op.title("")]);
      await client.tasks.run(b, [op.title("B2")]);
    });
    await back();
    await settled();
    expect(service().get(b).title).toBe("B2");
    expect(queue()).toEqual(["refused title"]);
  });

  it("comes by the room as well", async () => {
    const id = await open();
    await settled();
    service().down = true;
    const { cmdId } = await client.tasks.run(id, [op.title("Mine")]);
    await settled();
    const refusal = { v: 1, "m.relates_to": { rel_type: "m.reference", event_id: "$x" }, cause: { actor: olga, cmd_id: cmdId }, outcome: "rejected", code: "forbidden" };
    scene.server.home.append(room, ivan, "org.teammessenger.task.result", refusal);
    await settled();
    expect(queue()).toEqual(["waiting title"]);
    scene.server.home.append(room, scene.server.tasks.authority, "org.teammessenger.task.result", refusal);
    await settled();
    expect(queue()).toEqual(["refused title"]);
  });

  it("because the service has forgotten the command before (a restored backup) is not the end", async () => {
    const id = await open();
    await settled();
    await away(async () => {
      await client.tasks.run(id, [op.due({ date: "2026-12-01" })]);
      await client.tasks.run(id, [op.priority("high")]);
    });
    const release = scene.server.hold(/POST \/v1\/commands/, "after");
    client.sync.retryNow();
    await until(() => service().get(id).rev === 2);
    service().ledger.clear();
    release();
    await scene.clock.advance(2_000);
    expect(service().get(id)).toMatchObject({ priority: "high", due: { date: "2026-12-01" } });
    expect(queue()).toEqual([]);
  });
});

describe("assignment", () => {
  it("is asked for, declined with a reason, and comes back", async () => {
    service().assigning = "request";
    const asker = await scene.client(ivan);
    asker.tasks.room(room.roomId).subscribe(() => undefined);
    await settled();
    const id = await open({ assignee: olga, title: "For Olga" }, asker);
    expect(shown(id, asker).assignment.state).toBe("requested");
    await settled();
    expect(client.tasks.mine.getSnapshot().requests.map((task) => task.id)).toEqual([id]);
    expect(shown(id).can).toEqual(expect.arrayContaining(["accept", "decline"]));
    await client.tasks.run(id, [op.decline("no time")]);
    expect(client.tasks.mine.getSnapshot().requests).toEqual([]);
    await settled();
    expect(shown(id, asker)).toMatchObject({ assigned_to: null, assignment: { state: "declined", reason: "no time" } });
    expect(asker.tasks.mine.getSnapshot().assignedByMe.map((task) => task.id)).toEqual([id]);
  });
});

describe("sessions", () => {
  it("end without leaving tasks or commands to the next person", async () => {
    await away(async () => {
      await open();
    });
    await client.session.logout();
    expect(client.tasks.mine.getSnapshot().assignedByMe).toEqual([]);
    expect(queue()).toEqual([]);
    expect(await store.range("outbox")).toEqual([]);
    expect(await store.range("sync")).toEqual([]);
  });

  it("are not ended by a tasks service that does not know the token", async () => {
    scene.server.answer(/\/v1\//, 401, { type: "x", title: "x", status: 401, code: "token_invalid" }, 20);
    const id = await open();
    await settled();
    expect(client.session.state.getSnapshot().kind).toBe("signedIn");
    expect(queue()).toEqual(["waiting "]);
    expect(shown(id).mark.creating).toBe(true);
  });

  it("set a room up for tasks when they make it", async () => {
    const roomId = await client.rooms.create({ name: "New" });
    await settled();
    expect(client.tasks.room(roomId).getSnapshot()).toMatchObject({ authority: "ours", enabled: true });
  });
});
