import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MemoryStore, op, type Client, type MyTasks, type NewTask, type Observable, type TaskView } from "../src/index";
import { DEFAULT_WORKFLOW } from "../src/tasks/workflow";
import { settled, until } from "./clock";
import type { FakeRoom } from "./fakeHomeserver";
import type { FakeTasks } from "./fakeTasks";
import { anna, copyOf, ivan, olga, Scene } from "./scene";

let scene: Scene;
let room: FakeRoom;
let store: MemoryStore;
let client: Client;

beforeEach(async () => {
  scene = new Scene();
  room = scene.server.tasks.setUp(scene.server.home.room([olga, ivan, anna], { name: "Operations" }));
  store = new MemoryStore();
  client = await scene.client(ivan, store);
  await settled();
});

afterEach(() => scene.end());

const service = (): FakeTasks => scene.server.tasks;
const open = (title: string, fields: Partial<NewTask> = {}, actor = olga): string =>
  service().open(actor, room, { title, assignee: ivan, ...fields }).id;
const see = <T>(value: Observable<T>): (() => T) => {
  value.subscribe(() => undefined);
  return value.getSnapshot;
};
/** The default, with one status more. */
const withWaiting = {
  ...DEFAULT_WORKFLOW,
  statuses: [...DEFAULT_WORKFLOW.statuses, { id: "waiting", category: "doing", name: { en: "Waiting" } }],
  transitions: [...DEFAULT_WORKFLOW.transitions, { from: "open", to: "waiting", who: ["editor"] }],
};
const titles = (tasks: readonly TaskView[]): string[] => tasks.map(({ title }) => title);
const groups = (mine: MyTasks): Record<string, string[]> =>
  Object.fromEntries(Object.entries(mine).flatMap(([name, tasks]) => (Array.isArray(tasks) && tasks.length > 0 ? [[name, titles(tasks as TaskView[])]] : [])));

describe("tasks by sync", () => {
  it("are there as soon as the room tells, and can be worked with", async () => {
    const id = open("Contract");
    const task = see(client.tasks.task(id));
    await settled();
    expect(task()).toMatchObject({ key: "OPS-1", title: "Contract", assigned_to: ivan, mark: { pending: [], creating: false } });
    expect(task()?.can).toEqual(service().shown(ivan, id).can);
  });

  it("show others' changes live, and each object stays until it changes", async () => {
    const [a, b] = [open("A"), open("B")];
    const [first, second] = [see(client.tasks.task(a)), see(client.tasks.task(b))];
    await settled();
    const before = second();
    service().act(olga, a, [op.title("A, better")]);
    await settled();
    expect(first()).toMatchObject({ rev: 2, title: "A, better" });
    expect(second()).toBe(before);
  });

  it("can be worked with while the service has not said what is allowed", async () => {
    service().lagging = true;
    service().extra = ["delegate"];
    const id = open("Contract");
    await settled();
    const task = see(client.tasks.task(id));
    await settled();
    expect(task()?.can).toEqual(expect.arrayContaining(["transition:in_progress", "item_put"]));
    for (const unsaid of ["set:title", "delegate"] as const) expect(task()?.can).not.toContain(unsaid);
    service().lagging = false;
    await scene.clock.advance(300);
    expect(task()?.can).toContain("delegate");
    expect(task()?.can).toEqual(service().shown(ivan, id).can);
  });

  it("go by the room's new rules at once, and by what the service says of them a moment later", async () => {
    const known = open("Contract", {}, ivan);
    const task = see(client.tasks.task(known));
    const listed = see(client.tasks.list({ roomId: room.roomId, sort: "-updated" }));
    await settled();
    expect(task()?.can).not.toContain("transition:waiting");
    service().extra = ["delegate"];
    scene.server.calls.length = 0;
    scene.server.home.append(room, olga, "org.teammessenger.tasks.workflow", withWaiting, "default");
    await settled();
    expect(task()?.can).toContain("transition:waiting");
    expect(task()?.can).not.toContain("delegate");
    await scene.clock.advance(1000);
    expect(task()?.can).toEqual(service().shown(ivan, known).can);
    expect(listed().tasks[0]?.can).toContain("delegate");
    expect(scene.server.callsTo(/GET \/v1\/tasks(\/|\?)/)).toHaveLength(2);
  });

  it("are not read again when the room says what it said before", async () => {
    see(client.tasks.task(open("Contract")));
    await settled();
    const config = scene.server.home.state(room).get("org.teammessenger.tasks.config ")?.content ?? {};
    scene.server.calls.length = 0;
    scene.server.home.append(room, olga, "org.teammessenger.tasks.config", structuredClone(config), "");
    scene.server.home.append(room, olga, "org.teammessenger.tasks.labels", { v: 1, labels: [] }, "");
    await settled();
    await scene.clock.advance(1000);
    expect(scene.server.callsTo(/GET \/v1\/tasks/)).toEqual([]);
  });

  it("are found by their key in any letter case, and asked for when unknown", async () => {
    const other = service().setUp(scene.server.home.room([ivan, olga]), { prefix: "LAW" });
    const id = service().open(olga, other, { title: "Old", assignee: null }).id;
    service().act(olga, id, [op.transition("cancelled")]);
    const late = await scene.client(anna);
    service().setUp(scene.server.home.room([anna]));
    expect(see(late.tasks.task("NOPE-1"))()).toBeUndefined();
    const key = service().get(id).key;
    const known = see(client.tasks.task(key.toLowerCase()));
    await settled();
    expect(known()).toMatchObject({ id, title: "Old" });
    expect(late.tasks.task("NOPE-1").getSnapshot()).toBeNull();
  });

  it("are on the device, also after a start without a network", async () => {
    const id = open("Contract", { due: { date: "2000-01-01" } });
    await settled();
    scene.server.offline = true;
    const next = await scene.reopen(await copyOf(store));
    await settled();
    expect(next.tasks.task(id).getSnapshot()).toMatchObject({ title: "Contract" });
    expect(groups(next.tasks.mine.getSnapshot())).toEqual({ overdue: ["Contract"] });
    expect(next.tasks.mine.getSnapshot().complete).toBe(true);
  });

  it("go with their room", async () => {
    const id = open("Contract");
    await settled();
    scene.server.home.member(room, ivan, "leave");
    await settled();
    expect(client.tasks.list({}).getSnapshot().tasks).toEqual([]);
    expect(await store.range("sync", { from: "task\n", to: "task\u000b" })).toEqual([]);
    expect(client.tasks.task(id).getSnapshot()).not.toBeTruthy();
  });

  it("move from room to room, and erased ones vanish", async () => {
    const other = service().setUp(scene.server.home.room([ivan, olga]), { prefix: "LAW" });
    const [moved, erased] = [open("Moved"), open("Erased")];
    const [first, second] = [see(client.tasks.task(moved)), see(client.tasks.task(erased))];
    await settled();
    service().act(olga, moved, [op.move(other.roomId)]);
    scene.server.home.user(olga).admin = true;
    service().erase(olga, erased);
    await settled();
    expect(first()).toMatchObject({ room_id: other.roomId, rev: 2 });
    expect(client.tasks.list({ roomId: room.roomId }).getSnapshot().tasks).toEqual([]);
    expect(second()).toBeNull();
  });
});

describe("forgeries", () => {
  const forge = (target: FakeRoom, sender: string, id: string, rev: number, title: string): void => {
    const snapshot = { ...service().get(id), rev, title };
    const rootId = service().shown(olga, id).event_id;
    const content = {
      "m.relates_to": { rel_type: "m.replace", event_id: rootId },
      "m.new_content": { "org.teammessenger.task": snapshot },
      "org.teammessenger.change": { rev, prev_rev: rev - 1, actor: olga, at: 1, diff: [], cause: { cmd_id: service().uuid(), via: "rest" } },
    };
    scene.server.home.append(target, sender, "org.teammessenger.task", content);
  };

  it("of a room's creator change nothing", async () => {
    const id = open("Contract");
    const task = see(client.tasks.task(id));
    const items = see(client.rooms.room(room.roomId).timeline.withTasks);
    await settled();
    const before = items().items.length;
    forge(room, olga, id, 2, "forged");
    forge(room, olga, id, 2_000_000_000, "forged");
    await settled();
    expect(task()).toMatchObject({ rev: 1, title: "Contract" });
    expect(items().items).toHaveLength(before);
  });

  it("do not become true by naming oneself in the room's config, or as a past authority", async () => {
    const id = open("Contract");
    const task = see(client.tasks.task(id));
    await settled();
    const config = { v: 1, enabled: true, authority: scene.server.tasks.authority, prefix: "OPS", kind: "team" };
    scene.server.home.append(room, olga, "org.teammessenger.tasks.config", { ...config, past_authorities: [olga] }, "");
    forge(room, olga, id, 5, "forged");
    await settled();
    scene.server.home.append(room, olga, "org.teammessenger.tasks.config", { ...config, authority: olga }, "");
    forge(room, olga, id, 6, "forged");
    await settled();
    expect(task()).toMatchObject({ rev: 1, title: "Contract" });
    expect(client.tasks.room(room.roomId).getSnapshot().authority).toBe("external");
  });

  it("by the authority's name in a room that is not set up do not count", async () => {
    const other = scene.server.home.room([ivan, olga]);
    scene.server.home.append(other, scene.server.tasks.authority, "org.teammessenger.task", {
      "org.teammessenger.task": { ...service().get(open("x")), task_id: "11111111-1111-5111-8111-111111111111", title: "stray" },
    });
    await settled();
    expect(titles(client.tasks.list({}).getSnapshot().tasks)).not.toContain("stray");
  });

  it("that are broken break nothing", async () => {
    const id = open("Contract");
    for (const content of [{}, { "org.teammessenger.task": 1 }, { "org.teammessenger.task": { v: 1, task_id: id, key: "A", rev: 9 } }]) {
      scene.server.home.append(room, scene.server.tasks.authority, "org.teammessenger.task", content);
    }
    await settled();
    expect(client.tasks.task(id).getSnapshot()).toMatchObject({ rev: 1 });
    expect(client.sync.state.getSnapshot().kind).toBe("live");
  });
});

describe("catching up", () => {
  it("brings what happened while away, also where the room's timeline has a gap", async () => {
    const id = open("Contract");
    await settled();
    await client.stop();
    for (let i = 0; i < 5; i += 1) service().act(olga, id, [op.title(`title ${i}`)]);
    for (let i = 0; i < 60; i += 1) scene.server.home.say(room, olga, `talk ${i}`);
    const added = open("New");
    scene.server.calls.length = 0;
    const next = await scene.reopen(await copyOf(store));
    await settled();
    expect(next.tasks.task(id).getSnapshot()).toMatchObject({ rev: 6, title: "title 4" });
    expect(next.tasks.task(added).getSnapshot()).toMatchObject({ title: "New" });
    expect(scene.server.callsTo(/GET \/v1\/tasks\?/)).toEqual([]);
  });

  it("starts anew from the lists when the position is too old", async () => {
    const [kept, erased] = [open("Kept"), open("Erased")];
    await settled();
    await client.stop();
    scene.server.home.user(olga).admin = true;
    service().erase(olga, erased);
    service().act(olga, kept, [op.title("Kept, newer")]);
    const fresh = open("Fresh");
    for (let i = 0; i < 60; i += 1) scene.server.home.say(room, olga, `talk ${i}`);
    service().forgetFeed();
    const next = await scene.reopen(await copyOf(store));
    await settled();
    expect(next.tasks.task(kept).getSnapshot()).toMatchObject({ title: "Kept, newer" });
    expect(next.tasks.task(fresh).getSnapshot()).toMatchObject({ title: "Fresh" });
    expect(next.tasks.task(erased).getSnapshot()).not.toBeTruthy();
    scene.server.calls.length = 0;
    open("Later");
    await settled();
    expect(scene.server.callsTo(/GET \/v1\/feed\?since=/).length).toBeGreaterThan(0);
    expect(scene.server.callsTo(/GET \/v1\/tasks\?/)).toEqual([]);
  });

  it("keeps what sync brought while the lists were read", async () => {
    const id = open("Contract", { assignee: null });
    await settled();
    await client.stop();
    service().forgetFeed();
    const release = scene.server.hold(/GET \/v1\/tasks\?involves/, "after");
    const next = await scene.reopen(await copyOf(store));
    service().act(olga, id, [op.title("Newer")]);
    await settled();
    release();
    await settled();
    expect(next.tasks.task(id).getSnapshot()).toMatchObject({ title: "Newer", rev: 2 });
  });

  it("waits for the service, and says so; chat goes on", async () => {
    const task = see(client.tasks.task(open("Contract")));
    await settled();
    const state = see(client.tasks.service);
    service().down = true;
    const id = open("Second");
    await settled();
    expect(state()).toMatchObject({ kind: "down", reason: "unavailable" });
    expect(client.tasks.task(id).getSnapshot()).toMatchObject({ title: "Second" });
    await client.rooms.room(room.roomId).timeline.sendText({ body: "still here" });
    await until(() => room.events.some((event) => event.content["body"] === "still here"));
    service().down = false;
    await scene.clock.advance(70_000);
    expect(state()).toEqual({ kind: "up" });
    expect(task()).toMatchObject({ title: "Contract" });
  });

  it("asks nothing of a server without tasks", async () => {
    const plain = new Scene();
    const lonely = await plain.client(ivan);
    await settled();
    expect(lonely.tasks.service.getSnapshot()).toEqual({ kind: "absent" });
    expect(plain.server.callsTo(/\/v1\//)).toEqual([]);
    await plain.end();
  });

  it("learns to believe the rooms when the server begins to name an authority", async () => {
    const later = new Scene();
    const place = later.server.tasks.setUp(later.server.home.room([olga, ivan]));
    later.server.home.authority = null;
    const early = await later.client(ivan);
    const id = later.server.tasks.open(olga, place, { title: "Contract", assignee: ivan }).id;
    await settled();
    expect(early.tasks.mine.getSnapshot().noDate).toEqual([]);
    later.server.tasks.present();
    later.server.offline = true;
    early.sync.retryNow();
    await later.clock.advance(6_000);
    early.sync.retryNow();
    await later.clock.advance(1_000);
    later.server.offline = false;
    await later.clock.advance(60_000);
    expect(titles(early.tasks.mine.getSnapshot().noDate)).toEqual(["Contract"]);
    expect(early.tasks.task(id).getSnapshot()).toBeTruthy();
    await later.end();
  });
});

describe("an administrator", () => {
  it("sees a task of a room that they are not in, live while they look", async () => {
    const boss = "@boss:test";
    scene.server.home.user(boss).admin = true;
    const admin = await scene.client(boss);
    const [looked, other] = [open("Looked at"), open("Not looked at")];
    const stop = admin.tasks.task(looked).subscribe(() => undefined);
    await settled();
    service().act(olga, looked, [op.title("Changed")]);
    service().act(olga, other, [op.title("Changed too")]);
    await scene.clock.advance(6_000);
    expect(admin.tasks.task(looked).getSnapshot()).toMatchObject({ title: "Changed" });
    expect(admin.tasks.task(looked).getSnapshot()?.can).toContain("erase");
    expect(admin.tasks.task(other).getSnapshot()).toBeUndefined();
    stop();
    await scene.clock.advance(6_000);
    scene.server.calls.length = 0;
    await scene.clock.advance(30_000);
    expect(scene.server.callsTo(/\/v1\/feed/)).toEqual([]);
  });
});

describe("views", () => {
  it("of my tasks follow the day", async () => {
    const tomorrow = new Date(scene.clock.time + 86_400_000).toISOString().slice(0, 10);
    open("Tomorrow", { due: { date: tomorrow } });
    open("Soon", { due: { at: scene.clock.time + 90_000, tz: "UTC" } });
    open("Some day");
    service().open(ivan, room, { title: "For Anna", assignee: anna });
    const mine = see(client.tasks.mine);
    await settled();
    expect(groups(mine())).toEqual({ today: ["Soon"], upcoming: ["Tomorrow"], noDate: ["Some day"], assignedByMe: ["For Anna"] });
    await scene.clock.advance(180_000);
    expect(groups(mine())).toMatchObject({ overdue: ["Soon"] });
    scene.clock.time += 36 * 3_600_000; // The device slept.
    await scene.clock.advance(60_000);
    expect(groups(mine()).upcoming).toBeUndefined();
  });

  it("of a list show this device's tasks first, then the service's pages", async () => {
    for (let i = 0; i < 60; i += 1) service().open(olga, room, { title: `Task ${String(i).padStart(2, "0")}`, assignee: null });
    await settled();
    await client.stop();
    const fresh = await scene.client(anna);
    await settled();
    const list = fresh.tasks.list({ roomId: room.roomId, sort: "created" });
    const seen = see(list);
    const before = seen();
    await settled();
    expect(before.tasks.length).toBeLessThan(60);
    expect(seen().extent).toBe("some");
    await list.loadMore();
    expect(seen()).toMatchObject({ extent: "all" });
    expect(seen().tasks).toHaveLength(60);
    expect(fresh.tasks.list({ sort: "created", roomId: room.roomId })).toBe(list);
  });

  it("of a search also show what only the service finds", async () => {
    service().open(olga, room, { title: "Stemmed*", assignee: null });
    const fresh = await scene.client(anna);
    const found = see(fresh.tasks.list({ text: "договоры" }));
    await settled();
    expect(titles(found().tasks)).toEqual(["Stemmed*"]);
  });

  it("of a board stand by status and rank", async () => {
    const [a, b, c] = [open("A"), open("B"), open("C")];
    service().act(ivan, b, [op.transition("in_progress")]);
    service().act(olga, c, [op.transition("cancelled")]);
    const board = see(client.tasks.board(room.roomId));
    await settled();
    const columns = (): Record<string, string[]> => Object.fromEntries(board().columns.map((column) => [column.status.id, titles(column.tasks)]));
    expect(columns()).toEqual({ open: ["A"], in_progress: ["B"], review: [], done: [], cancelled: ["C"] });
    const before = board();
    service().act(ivan, a, [op.transition("in_progress")]);
    await settled();
    expect(columns()).toMatchObject({ open: [], in_progress: ["A", "B"] });
    expect(board().columns[3]).toBe(before.columns[3]);
  });

  it("of a room tell its rules and my rights", async () => {
    service().assigning = "request";
    const rules = see(client.tasks.room(room.roomId));
    await settled();
    expect(rules()).toMatchObject({ authority: "ours", enabled: true, obstacle: null, rights: { create: true } });
    expect(rules().rights?.assignees).toContainEqual({ user_id: olga, mode: "request" });
  });

  it("of a room are asked for once I am in it", async () => {
    const { home } = scene.server;
    const other = home.room([olga], { name: "Other" });
    home.member(other, ivan, "invite", olga);
    await settled();
    const rules = see(client.tasks.room(other.roomId));
    await settled();
    expect(scene.server.callsTo(/tasks-config/)).toHaveLength(0);
    home.member(other, ivan, "join");
    await settled();
    await scene.clock.advance(5_000);
    expect(rules().rights).toMatchObject({ create: expect.any(Boolean) as unknown });
  });

  it("of the inbox count what is unread, here at once and there when possible", async () => {
    const task = service().shown(olga, open("Contract"));
    const notice = service().notify(ivan, "assigned", task, olga);
    const inbox = see(client.tasks.inbox);
    await scene.clock.advance(2_000);
    expect(inbox()).toMatchObject({ unread: 1, items: [{ kind: "assigned", read_at: null }] });
    service().down = true;
    await client.tasks.inbox.markRead([notice.id]);
    expect(inbox()).toMatchObject({ unread: 0 });
    const left = await copyOf(store);
    await client.stop();
    service().down = false;
    const next = await scene.reopen(left);
    await settled();
    expect(next.tasks.inbox.getSnapshot()).toMatchObject({ unread: 0 });
    expect(service().notices.get(ivan)?.[0]?.read_at).not.toBeNull();
  });

  it("of a message carry the badge of what was made from it", async () => {
    const message = scene.server.home.say(room, ivan, "We need a contract");
    const badges = see(client.tasks.badges(room.roomId, message.event_id));
    const id = open("Contract", { source: { room_id: room.roomId, event_id: message.event_id } });
    await settled();
    expect(badges()).toMatchObject([{ taskId: id, key: "OPS-1", status: { id: "open" } }]);
    const before = badges();
    scene.server.home.say(room, ivan, "talk");
    await settled();
    expect(badges()).toBe(before);
    service().act(ivan, id, [op.transition("in_progress")]);
    await settled();
    expect(badges()).toMatchObject([{ status: { id: "in_progress" } }]);
  });

  it("of people know a name for anybody", async () => {
    const [member, stranger] = [see(client.tasks.person(olga)), see(client.tasks.person("@petr:test"))];
    scene.server.home.user("@petr:test");
    await settled();
    expect(member()).toMatchObject({ name: "Olga" });
    expect(stranger()).toMatchObject({ name: "Petr" });
  });
});

describe("a timeline with tasks", () => {
  it("has a card and a line for each change, with comments in its thread", async () => {
    const id = open("Contract");
    service().act(ivan, id, [op.transition("in_progress")]);
    scene.server.home.say(room, olga, "well done", {
      "m.relates_to": { rel_type: "m.thread", event_id: service().shown(olga, id).event_id, is_falling_back: true },
    });
    const { timeline } = client.rooms.room(room.roomId);
    const full = see(timeline.withTasks);
    await settled();
    const items = full().items.filter((item) => item.kind === "task" || item.kind === "taskChange");
    expect(items).toMatchObject([
      { kind: "task", sender: olga, senderName: "Olga", task: { key: "OPS-1", status: "in_progress" }, status: { id: "in_progress" }, thread: { count: 1 } },
      { kind: "taskChange", own: true, senderName: "Ivan", taskKey: "OPS-1", change: { diff: [{ field: "status", from: "open", to: "in_progress" }] } },
    ]);
    expect(timeline.getSnapshot().items.map(({ kind }) => kind)).not.toContain("task");
    const root = service().shown(olga, id).event_id;
    const comments = see(client.rooms.room(room.roomId).thread(root).withTasks);
    await settled();
    expect(comments().items.map(({ kind }) => kind)).toEqual(["task", "sent"]);
    expect(await timeline.loadUntil(root)).toBe(true);
  });

  it("draws the card as the task is now, and leaves moves on the board out", async () => {
    const id = open("Contract");
    const full = see(client.rooms.room(room.roomId).timeline.withTasks);
    await settled();
    service().act(olga, id, [op.rank({ after: open("Other") })]);
    await settled();
    const lines = full().items.filter((item) => item.kind === "taskChange");
    expect(lines).toEqual([]);
    expect(full().items.find((item) => item.kind === "task" && item.task.id === id)).toMatchObject({ task: { rev: 2 } });
  });

  it("hides the messages kept for other clients", async () => {
    scene.server.home.say(room, scene.server.tasks.authority, "☑ OPS-1 Contract", { "org.teammessenger.card": { task_id: "x", rev: 1 } });
    scene.server.home.say(room, olga, "not hidden", { "org.teammessenger.card": { task_id: "x", rev: 1 } });
    const items = see(client.rooms.room(room.roomId).timeline);
    await settled();
    const said = items().items.flatMap((item) => (item.kind === "sent" && "body" in item.content ? [item.content.body] : []));
    expect(said).toEqual(["not hidden"]);
  });
});
