import { describe, expect, it } from "vitest";
import { allEmoji, findEmoji } from "./data";

describe("emoji", () => {
  it("are each there once", () => {
    expect(new Set(allEmoji.map((one) => one.emoji)).size).toBe(allEmoji.length);
  });
  it("are found in both languages", () => {
    expect(findEmoji("thumbs").map((one) => one.emoji)).toContain("👍");
    expect(findEmoji("ракета")[0]?.emoji).toBe("🚀");
    expect(findEmoji("отч").map((one) => one.emoji)).toContain("📊");
  });
  it("find nothing for nothing", () => {
    expect(findEmoji("  ")).toEqual([]);
  });
});
