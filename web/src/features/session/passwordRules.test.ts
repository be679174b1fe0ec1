import { describe, expect, it } from "vitest";
import { passwordProblem } from "./passwordRules";

describe("passwordProblem", () => {
  it("wants eight characters", () => {
    expect(passwordProblem("семь77!")).toBe("tooShort");
    expect(passwordProblem("eight888")).toBeNull();
  });
  it("counts bytes at the upper end, as the server does", () => {
    expect(passwordProblem("я".repeat(36))).toBeNull();
    expect(passwordProblem("я".repeat(37))).toBe("tooLong");
  });
});
