import { describe, expect, it } from "vitest";
import { ConnectionError } from "../api/errors";
import { TaskProblem } from "../api/problem";
import { problemReason } from "./problemReason";

describe("why something was not accepted", () => {
  it("is the service's code where it has a sentence of its own", () => {
    expect(problemReason("transition_not_allowed")).toBe("transition_not_allowed");
    expect(problemReason(new TaskProblem({ status: 409, code: "blocked", message: "" }))).toBe("blocked");
  });

  it("is told together for codes that mean the same to a person", () => {
    expect(problemReason("encrypted_room_not_enabled")).toBe("encrypted");
    expect([problemReason("dependency_missing"), problemReason("dependency_rejected")]).toEqual(["dependency", "dependency"]);
  });

  it("is that the service is away when the server can't be reached", () => {
    expect(problemReason(new ConnectionError("network"))).toBe("unavailable");
  });

  it("is unknown for everything else", () => {
    expect(problemReason(new Error("a mistake of ours"))).toBe("unknown");
    expect(problemReason("a_code_of_tomorrow")).toBe("unknown");
  });
});
