import { describe, expect, it } from "vitest";
import { egTasks } from "../../test/egTasks";
import type { Operation, Task } from "./contracts";
import { derivedCan, toldStanding, type StandingContext } from "./standing";
import { DEFAULT_WORKFLOW } from "./workflow";

const olga = "@olga:test";
const ivan = "@ivan:test";
const can = (me: string, fields: Partial<Task> = {}, context: Partial<StandingContext> = {}): readonly Operation[] =>
  derivedCan(egTasks.task(fields), { me, workflow: DEFAULT_WORKFLOW, config: null, admin: false, told: null, ...context });

describe("what I may probably do", () => {
  it("is everything for who wrote the task", () => {
    expect(can(olga)).toEqual(expect.arrayContaining(["set:title", "assign", "transition:done", "transition:cancelled", "move", "watch", "comment"]));
    expect(can(olga)).not.toContain("erase");
  });

  it("is the work itself for the assignee", () => {
    expect(can(ivan)).toEqual(expect.arrayContaining(["transition:in_progress", "transition:done", "item_put", "add:attachments"]));
    for (const denied of ["set:title", "assign", "transition:cancelled"] as const) expect(can(ivan)).not.toContain(denied);
  });

  it("is accepting and declining, and no work yet, for who was asked", () => {
    const asked = can(ivan, { assignment: { state: "requested" } });
    expect(asked).toEqual(["accept", "comment", "decline", "watch"]);
  });

  it("is to look and speak for everybody else", () => {
    expect(can("@eve:test")).toEqual(["comment", "watch"]);
    expect(can("@eve:test", { watchers: ["@eve:test"] })).toEqual(["comment", "unwatch"]);
  });

  it("follows the workflow and its review", () => {
    expect(can(ivan, { needs_review: true })).toContain("transition:review");
    expect(can(ivan, { needs_review: true })).not.toContain("transition:done");
    expect(can(olga, { status: "vanished" }).filter((each) => each.startsWith("transition"))).toEqual(["transition:open"]);
  });

  it("over open blockers is closing by force, for editors", () => {
    expect(can(olga, { blocked: true })).toContain("force:done");
    expect(can(olga, { blocked: true })).not.toContain("transition:done");
    expect(can(ivan, { blocked: true }).filter((each) => each.endsWith(":done"))).toEqual([]);
  });

  it("includes governing for administrators and the room's task admins, not in personal tasks", () => {
    const config = { v: 1, enabled: true, authority: "@tasks:test", prefix: "A", kind: "team", task_admins: ["@eve:test"] } as const;
    expect(can("@eve:test", {}, { config })).toEqual(expect.arrayContaining(["set:title", "erase"]));
    expect(can("@eve:test", {}, { admin: true })).toContain("erase");
    expect(can("@eve:test", { kind: "personal" }, { admin: true })).not.toContain("set:title");
  });
});

describe("what the service told", () => {
  it("carries over to the next revision", () => {
    const told = toldStanding(egTasks.task({ can: ["set:title", "erase"] }), "@boss:test");
    expect(told).toBe("governs");
    expect(can("@boss:test", { can: ["set:title", "erase"], status: "in_progress" }, { told })).toEqual(
      expect.arrayContaining(["set:title", "erase", "transition:open", "transition:cancelled"]),
    );
  });

  it("limits a guest who wrote the task", () => {
    const told = toldStanding(egTasks.task({ can: ["comment"] }), olga);
    expect(told).toBe("guest");
    expect(can(olga, { can: ["comment"] }, { told })).toEqual(["comment"]);
  });

  it("says that somebody may pass the task on", () => {
    expect(can(ivan, { can: ["delegate"] })).toContain("delegate");
    expect(can(ivan, { can: [] })).not.toContain("delegate");
  });
});
