import { describe, expect, it } from "vitest";
import { egTasks } from "../../test/egTasks";
import type { Task } from "./contracts";
import { groupOf, myTasks, NO_TASKS } from "./mine";

const now = new Date(2026, 10, 23, 12, 0).getTime();
const ivan = "@ivan:test";
const olga = "@olga:test";
const group = (fields: Partial<Task>, me = ivan): string | null => groupOf(egTasks.task(fields), me, now);

describe("my tasks", () => {
  it("stand by their dates, in the day of this device", () => {
    expect(group({})).toBe("noDate");
    expect(group({ due: { date: "2026-11-22" } })).toBe("overdue");
    expect(group({ due: { at: now - 1, tz: "UTC" } })).toBe("overdue");
    expect(group({ due: { date: "2026-11-23" } })).toBe("today");
    expect(group({ due: { at: now + 1, tz: "UTC" } })).toBe("today");
    expect(group({ due: { date: "2026-11-24" } })).toBe("upcoming");
  });

  it("are requests until I accept them", () => {
    expect(group({ assignment: { state: "requested" }, due: { date: "2026-11-22" } })).toBe("requests");
  });

  it("that I gave to others are apart, with those that came back", () => {
    expect(group({}, olga)).toBe("assignedByMe");
    expect(group({ assigned_to: null, assignment: { state: "declined" } }, olga)).toBe("assignedByMe");
    expect(group({ assigned_to: null, assignment: { state: "none" } }, olga)).toBeNull();
  });

  it("are my notes too", () => {
    expect(group({ kind: "personal", creator: ivan, assigned_to: null, assignment: { state: "none" } })).toBe("noDate");
  });

  it("are neither closed nor other people's", () => {
    expect(group({ category: "done" })).toBeNull();
    expect(group({}, "@eve:test")).toBeNull();
  });

  it("keep their lists until they change", () => {
    const tasks = [egTasks.view(), egTasks.view({ id: "2", due: { date: "2026-11-23" } })];
    const before = myTasks(NO_TASKS, tasks, ivan, now, true);
    expect(myTasks(before, tasks, ivan, now, true)).toBe(before);
    const after = myTasks(before, [tasks[0] as never], ivan, now, true);
    expect(after.noDate).toBe(before.noDate);
    expect(after.today).toEqual([]);
  });
});
