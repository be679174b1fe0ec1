import { describe, expect, it } from "vitest";
import { eg } from "../../test/eg";
import { egTasks, ours } from "../../test/egTasks";
import { authorityOf, emptyState, isTrusted, withTaskState, workflowOf, type RoomState } from "./trust";
import { DEFAULT_WORKFLOW } from "./workflow";

const room = (...events: Parameters<typeof withTaskState>[1][]): RoomState => events.reduce(withTaskState, emptyState("!room:test"));

describe("who is believed", () => {
  it("is the account that the room and our server both name", () => {
    expect(isTrusted(ours, room(egTasks.config()), ours)).toBe(true);
    expect(isTrusted("@olga:test", room(egTasks.config()), ours)).toBe(false);
  });

  it("is nobody in a room that was not set up, or that names somebody else", () => {
    expect(isTrusted(ours, room(), ours)).toBe(false);
    const hostile = room(egTasks.config({ authority: "@olga:test" }));
    expect(isTrusted("@olga:test", hostile, ours)).toBe(false);
    expect(isTrusted(ours, hostile, ours)).toBe(false);
    expect(authorityOf(hostile, ours)).toBe("external");
  });

  it("is nobody while our server has not said whom", () => {
    expect(isTrusted(ours, room(egTasks.config()), null)).toBe(false);
  });

  it("was somebody before only if the authority itself says so", () => {
    const past = { past_authorities: ["@old:test"] };
    expect(isTrusted("@old:test", room(egTasks.config(past)), ours)).toBe(false);
    expect(isTrusted("@old:test", room(egTasks.config(past, { sender: ours })), ours)).toBe(true);
  });
});

describe("a room's task state", () => {
  it("survives any nonsense", () => {
    for (const content of [{}, { authority: 1 }, { authority: "@a:b" }, { labels: "x" }, { statuses: [] }]) {
      for (const type of ["org.teammessenger.tasks.config", "org.teammessenger.tasks.labels", "org.teammessenger.tasks.workflow"]) {
        const state = room(eg.state(type, content, { state_key: type.endsWith("workflow") ? "default" : "" }));
        expect(authorityOf(state, ours)).toBe("none");
        expect(workflowOf(state)).toBe(DEFAULT_WORKFLOW);
      }
    }
  });

  it("has the workflow that the config names", () => {
    const workflow = { ...DEFAULT_WORKFLOW, initial: "in_progress" };
    const event = eg.state("org.teammessenger.tasks.workflow", workflow as never, { state_key: "legal" });
    expect(workflowOf(room(egTasks.config({ workflow: "legal" }), event)).initial).toBe("in_progress");
    expect(workflowOf(room(egTasks.config(), event)).initial).toBe("open");
  });
});
