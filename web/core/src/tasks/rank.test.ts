import { describe, expect, it } from "vitest";
import { between, placeOf } from "./rank";

describe("a place between two", () => {
  it("always exists, however often one goes between", () => {
    for (const [low, high] of [["V00000", "V00001"], ["", "A"], ["a", "a1"], ["Zz", "a"]] as const) {
      let [left, right] = [low, high] as [string, string];
      for (let i = 0; i < 200; i += 1) {
        const place = between(left, right);
        expect(left < place && place < right).toBe(true);
        if (i % 3 === 0) right = place;
        else left = place;
      }
    }
  });

  it("has open ends", () => {
    expect(between("V00000", null) > "V00000").toBe(true);
    expect(between(null, "V00000") < "V00000").toBe(true);
    expect(between(null, null)).not.toBe("");
  });

  it("is behind the first when others moved them out of order", () => {
    expect(between("b", "a") > "b").toBe(true);
  });

  it("is behind all others for a task without a rank, the oldest first", () => {
    const place = (rank: string | null, created: number): string => placeOf({ rank, created_at: created, id: "x" });
    expect([place("zz", 0), place(null, 5), place(null, 50)]).toEqual([place("zz", 0), place(null, 5), place(null, 50)].sort());
  });
});
