import { describe, expect, it } from "vitest";
import { egTasks } from "../../test/egTasks";
import { applied, opened, type ApplyContext } from "./apply";
import type { ItemDraft, Op, Task } from "./contracts";
import { op } from "./ops";
import { DEFAULT_WORKFLOW } from "./workflow";

const me = "@ivan:test";
const around: ApplyContext = { me, at: 5_000, workflow: DEFAULT_WORKFLOW, modeOf: () => "direct", neighbour: () => null };
const after = (ops: readonly Op[], fields: Partial<Task> = {}, context: Partial<ApplyContext> = {}): Task =>
  applied(egTasks.task(fields), ops, { ...around, ...context });

describe("what a command will do", () => {
  it("sets fields, and clears them with null", () => {
    expect(after([op.title("New"), op.due({ date: "2026-12-01" })])).toMatchObject({ title: "New", due: { date: "2026-12-01" }, updated_at: 5_000 });
    expect(after([op.due(null), op.description("")], { due: { date: "2026-12-01" }, description: "x" })).toMatchObject({ due: null, description: null });
    expect(after([op.fields({ a: 1, b: null })], { fields: { b: "x", c: true } }).fields).toEqual({ a: 1, c: true });
  });

  it("leaves a task that it does not change the same object", () => {
    const task = egTasks.task();
    expect(applied(task, [op.erase()], around)).toBe(task);
  });

  it("puts each member once into a set", () => {
    expect(after([op.addLabel("a"), op.addLabel("a"), op.addLabel("b"), op.removeLabel("a")]).labels).toEqual(["b"]);
    const link = { rel: "url", url: "https://a.example" } as const;
    expect(after([op.addLink(link), op.addLink({ ...link, title: "the same" })]).links).toEqual([link]);
  });

  it("keeps the checklist in order", () => {
    const [a, b, c] = ["aaaaaa", "bbbbbb", "cccccc"].map((id) => ({ id, text: id })) as [ItemDraft, ItemDraft, ItemDraft];
    const list = (ops: readonly Op[]): string[] => after(ops).checklist.map((item) => `${item.text}${item.done ? "+" : ""}`);
    const base = [op.putItem(a), op.putItem(b), op.putItem(c)];
    expect(list(base)).toEqual(["aaaaaa", "bbbbbb", "cccccc"]);
    expect(list([...base, op.putItem(c, null), op.checkItem("bbbbbb", true)])).toEqual(["cccccc", "aaaaaa", "bbbbbb+"]);
    expect(list([...base, op.putItem({ id: "aaaaaa", text: "x" }, "bbbbbb")])).toEqual(["bbbbbb", "x", "cccccc"]);
    expect(list([...base, op.putItem({ id: "bbbbbb", text: "x" }), op.removeItem("aaaaaa")])).toEqual(["x", "cccccc"]);
  });

  it("closes and opens by what a status means", () => {
    expect(after([op.transition("done")])).toMatchObject({ status: "done", category: "done", closed_at: 5_000 });
    const done = { status: "done", category: "done", closed_at: 7 } as const;
    expect(after([op.transition("open")], done)).toMatchObject({ category: "todo", closed_at: null });
  });

  it("assigns, asks, accepts and declines", () => {
    const editor = { can: ["assign"] } as const;
    expect(after([op.assign("@petr:test")], editor)).toMatchObject({ assigned_to: "@petr:test", assigner: me, assignment: { state: "active" } });
    expect(after([op.assign("@petr:test")], editor, { modeOf: () => "request" }).assignment.state).toBe("requested");
    expect(after([op.assign("@petr:test", { request: true })], editor).assignment.state).toBe("requested");
    expect(after([op.assign(me, { request: true })], { ...editor, assigned_to: null }).assignment.state).toBe("active");
    expect(after([op.assign(null)])).toMatchObject({ assigned_to: null, assignment: { state: "none" }, assigner: "@olga:test" });
    expect(after([op.accept()], { assignment: { state: "requested" } }).assignment.state).toBe("active");
    expect(after([op.decline("no time")])).toMatchObject({ assigned_to: null, assignment: { state: "declined", reason: "no time" } });
  });

  it("stands between its neighbours", () => {
    const ranks: Record<string, string> = { a: "V00001", b: "V00002" };
    const neighbour = (id: string): Task => egTasks.task({ id, rank: ranks[id] ?? null });
    const place = after([op.rank({ after: "a", before: "b" })], {}, { neighbour }).rank ?? "";
    expect(place > "V00001" && place < "V00002").toBe(true);
  });
});

describe("a task that is opened", () => {
  it("is mine, and whole", () => {
    const task = opened("id", "!room:test", { title: "T", assignee: "@petr:test", labels: ["a"] }, { ...around, modeOf: () => "request" });
    expect(task).toMatchObject({ key: "", rev: 0, title: "T", creator: me, assigned_to: "@petr:test", assignment: { state: "requested" }, status: "open", labels: ["a"], kind: "team" });
  });

  it("is personal without a room, unless it is for somebody else", () => {
    expect(opened("id", null, { title: "T" }, around).kind).toBe("personal");
    expect(opened("id", null, { title: "T", assignee: "@petr:test" }, around).kind).toBe("team");
  });
});
