import { describe, expect, it } from "vitest";
import { egTasks } from "../../test/egTasks";
import type { Task } from "./contracts";
import type { TaskQuery } from "./model";
import { matches, orderOf, queryName, restQuery } from "./query";

const now = new Date(2026, 10, 23, 12, 0).getTime();
const fits = (query: TaskQuery, fields: Partial<Task> = {}): boolean => matches(egTasks.task(fields), query, { me: "@ivan:test", now });

describe("filters", () => {
  it.each<[TaskQuery, Partial<Task>, boolean]>([
    [{}, {}, true],
    [{ roomId: "!room:test" }, {}, true],
    [{ roomId: "!other:test" }, {}, false],
    [{ assignedTo: ["me"] }, {}, true],
    [{ assignedTo: ["@olga:test"] }, {}, false],
    [{ assignedTo: ["none", "@olga:test"] }, { assigned_to: null }, true],
    [{ creator: ["me"] }, {}, false],
    [{ involves: "me" }, { assigned_to: null }, false],
    [{ involves: "me" }, { assigned_to: null, watchers: ["@ivan:test"] }, true],
    [{ assignment: ["requested"] }, {}, false],
    [{ status: ["open"] }, {}, true],
    [{ status: ["category:open"] }, { status: "x", category: "review" }, true],
    [{ status: ["category:open"] }, { status: "done", category: "done" }, false],
    [{ status: ["category:done", "open"] }, { status: "done", category: "done" }, true],
    [{ label: ["a", "b"] }, { labels: ["b", "c"] }, true],
    [{ label: ["a"] }, { labels: [] }, false],
    [{ priorityAtLeast: "high" }, { priority: "urgent" }, true],
    [{ priorityAtLeast: "high" }, { priority: "normal" }, false],
    [{ dueFrom: "2026-11-23", dueBefore: "2026-11-24" }, { due: { date: "2026-11-23" } }, true],
    [{ dueFrom: "2026-11-23", dueBefore: "2026-11-24" }, { due: { at: now, tz: "UTC" } }, true],
    [{ dueBefore: "2026-11-23" }, { due: { date: "2026-11-23" } }, false],
    [{ dueBefore: "2026-11-23" }, {}, false],
    [{ noDue: true }, {}, true],
    [{ overdue: true }, { due: { date: "2026-11-22" } }, true],
    [{ overdue: true }, { due: { date: "2026-11-23" } }, false],
    [{ overdue: true }, { due: { at: now - 1, tz: "UTC" } }, true],
    [{ overdue: true }, { due: { date: "2026-11-22" }, category: "done" }, false],
    [{ blocked: true }, { blocked: true }, true],
    [{ parent: "none" }, {}, true],
    [{ parent: "p" }, { parent: "p" }, true],
    [{ text: "ops contr" }, {}, true],
    [{ text: "договор" }, { description: "Наш ДОГОВОР" }, true],
    [{ text: "contract x" }, {}, false],
  ])("%j", (query, fields, expected) => {
    expect(fits(query, fields)).toBe(expected);
  });

  it("go to the service under its own names", () => {
    expect(restQuery({ assignedTo: ["me"], dueFrom: "2026-01-01", text: "a", status: ["open", "done"] })).toMatchObject({
      assigned_to: ["me"],
      due_after: "2026-01-01",
      q: "a",
      status: ["open", "done"],
    });
  });

  it("that say the same are the same list", () => {
    expect(queryName({ roomId: "a", text: "b" })).toBe(queryName({ text: "b", roomId: "a" }));
  });
});

describe("order", () => {
  const sorted = (sort: string | undefined, tasks: readonly Partial<Task>[]): string[] =>
    tasks.map((fields) => egTasks.task({ ...fields, id: fields.title ?? "" })).sort(orderOf(sort)).map(({ title }) => title);

  it("by default is what is due first, then what weighs more", () => {
    const tasks = [
      { title: "no date" },
      { title: "day", due: { date: "2026-11-23" } },
      { title: "moment", due: { at: now, tz: "UTC" } },
      { title: "urgent day", due: { date: "2026-11-23" }, priority: "urgent" },
      { title: "before", due: { date: "2026-11-22" } },
    ] as const;
    expect(sorted(undefined, tasks)).toEqual(["before", "moment", "urgent day", "day", "no date"]);
  });

  it("of keys is that of their numbers", () => {
    const tasks = [{ title: "b", key: "OPS-10" }, { title: "a", key: "OPS-9" }, { title: "c", key: "ABC-99" }, { title: "new", key: "" }];
    expect(sorted("key", tasks)).toEqual(["c", "a", "b", "new"]);
    expect(sorted("-key", tasks)).toEqual(["new", "b", "a", "c"]);
  });

  it("never depends on how they came: the id breaks ties", () => {
    expect(sorted("updated", [{ title: "b" }, { title: "a" }])).toEqual(sorted("updated", [{ title: "a" }, { title: "b" }]));
  });
});
