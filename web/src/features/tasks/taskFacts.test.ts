import { describe, expect, it } from "vitest";
import { callOf, fieldsOfWhen, isLate, whenOfFields } from "./taskFacts";

describe("a due date in its fields", () => {
  it("is a day without a time, a moment with one, and nothing without a day", () => {
    expect(whenOfFields("2026-12-01", "")).toEqual({ date: "2026-12-01" });
    expect(whenOfFields("", "12:00")).toBeNull();
    expect(whenOfFields("2026-12-01", "15:30")).toMatchObject({ at: new Date(2026, 11, 1, 15, 30).getTime() });
  });

  it("comes back as it was written", () => {
    for (const [date, time] of [["2026-12-01", ""], ["2026-02-03", "09:05"], ["", ""]] as const) {
      expect(fieldsOfWhen(whenOfFields(date, time))).toEqual({ date, time });
    }
  });
});

describe("a task", () => {
  it("is late when its day is over, unless it is closed", () => {
    const due = { date: "2020-01-01" };
    expect(isLate({ due, category: "todo" })).toBe(true);
    expect(isLate({ due, category: "done" })).toBe(false);
    expect(isLate({ due: { date: "2999-01-01" }, category: "todo" })).toBe(false);
  });

  it("is called by its title until it has a key", () => {
    expect(callOf({ key: "", title: "Contract" })).toBe("Contract");
    expect(callOf({ key: "OPS-1", title: "Contract" })).toBe("OPS-1");
  });
});
