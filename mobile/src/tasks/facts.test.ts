import { wordsIn } from "../i18n";
import { found } from "./AssigneeChoices";
import { dayAhead, deadlineOf, dueText, isLate, unbroken } from "./facts";
import { draftOf } from "./NewTaskSheet";
import { taskChangeText } from "./taskChangeText";

const { t, dates } = wordsIn("en");
const NOW = new Date(2026, 10, 23, 12, 0).getTime();

describe("due dates", () => {
  it("are told by their distance, with the time of a moment", () => {
    const today = new Date();
    const inDays = (days: number): string => dayAhead(days, today.getTime());
    expect(dueText({ date: inDays(0) }, t, dates, today.getTime())).toBe("Today");
    expect(dueText({ date: inDays(1) }, t, dates, today.getTime())).toBe("Tomorrow");
    expect(dueText({ date: inDays(-1) }, t, dates, today.getTime())).toBe("Yesterday");
    const at = new Date().setHours(15, 30, 0, 0);
    expect(dueText({ at, tz: "Europe/Moscow" }, t, dates, today.getTime())).toBe("Today, 15:30");
  });

  it("are over when their day or moment is", () => {
    expect(isLate({ due: { date: "2026-11-23" }, category: "todo" }, NOW)).toBe(false);
    expect(isLate({ due: { date: "2026-11-22" }, category: "todo" }, NOW)).toBe(true);
    expect(isLate({ due: { date: "2026-11-22" }, category: "done" }, NOW)).toBe(false);
    expect(isLate({ due: { at: NOW - 1, tz: "UTC" }, category: "doing" }, NOW)).toBe(true);
    expect(isLate({ due: null, category: "todo" }, NOW)).toBe(false);
  });

  it("lie on this phone's calendar", () => {
    expect(dayAhead(0, NOW)).toBe("2026-11-23");
    expect(dayAhead(8, NOW)).toBe("2026-12-01");
    expect(new Date(deadlineOf({ date: "2026-12-01" })).getDate()).toBe(1);
  });
});

describe("a new task", () => {
  it("is what the service read, where the sheet says nothing else", () => {
    const hints = { tokens: [], due_ambiguous: false, unknown_people: [] };
    const read = { title: "Contract", due: { date: "2026-12-01" }, priority: "high", assigned_to: "@ivan:test", hints } as const;
    expect(draftOf("Contract @ivan 1.12 !high", read, "none", null, undefined)).toEqual({
      title: "Contract",
      due: { date: "2026-12-01" },
      priority: "high",
      assignee: "@ivan:test",
    });
    expect(draftOf("x", { ...read, title: " " }, "today", null, undefined)).toMatchObject({ title: "x", due: { date: dayAhead(0, Date.now()) } });
  });

  it("has all of the line as its title without the service", () => {
    expect(draftOf("  Contract tomorrow ", null, "none", null, undefined)).toEqual({ title: "Contract tomorrow" });
  });
});

describe("what happened to a task", () => {
  const workflow = { v: 1, initial: "open", statuses: [{ id: "open", category: "todo", name: { en: "Open" } }, { id: "done", category: "done", name: { en: "Done" } }], transitions: [] } as const;
  const told = (diff: readonly object[], more: object = {}): string =>
    taskChangeText({ name: "Ivan", task: "OPS-1", change: { diff, prev_rev: 1, ...more } as never, workflow, nameOf: (id) => `<${id}>` }, wordsIn("en"));

  it("is one sentence", () => {
    expect(told([], { prev_rev: null })).toBe("Ivan created OPS-1");
    expect(told([{ field: "status", from: "open", to: "done" }])).toBe("Ivan: OPS-1, Open → Done");
    expect(told([{ field: "assignee", to: "@olga:test" }, { field: "assignment", to: { state: "requested" } }])).toBe("Ivan asked <@olga:test> to take OPS-1");
    expect(told([{ field: "assignment", to: { state: "declined" } }], { reason: "no time" })).toBe("Ivan declined OPS-1: no time");
    expect(told([{ field: "due", from: { date: "2026-01-01" } }])).toBe("Ivan took the date off OPS-1");
    expect(told([{ field: "labels", to: "legal" }, { field: "checklist.x", to: null }])).toBe("Ivan changed OPS-1: Labels, Checklist");
  });
});

it("a key is not broken at its hyphen, and other words stay as they are", () => {
  expect(unbroken("Ivan: TEAM-12, Open → Done (well-known, X-1, AB-C)")).toBe("Ivan: TEAM\u201112, Open → Done (well-known, X-1, AB-C)");
});

describe("whom to assign", () => {
  const people = Array.from({ length: 30 }, (_, at) => ({ userId: `@p${at}:test`, label: `Person ${at}` }));

  it("is a list as long as one looks through, with whoever is chosen", () => {
    const { choices, more } = found(people, "", "@p20:test");
    expect(choices.map(({ label }) => label)).toEqual(["Person 20", ...people.slice(0, 8).map(({ label }) => label)]);
    expect(more).toBe(22);
  });

  it("is found by the first letters of a name", () => {
    expect(found(people, "pers 17", null)).toEqual({ choices: [people[17]], more: 0 });
    expect(found(people, "nobody", null).choices).toEqual([]);
  });
});
