import { describe, expect, it } from "vitest";
import { colourIndex, initials } from "./initials";

describe("initials", () => {
  it("takes the first letters of the first two words", () => {
    expect(initials("Ольга Петрова Ивановна")).toBe("ОП");
  });
  it("takes one letter of a single word", () => {
    expect(initials("@anna:example.org")).toBe("A");
  });
  it("passes over emoji and brackets", () => {
    expect(initials("🚀 (Launch) team")).toBe("LT");
  });
  it("shows a question mark where there is no letter", () => {
    expect(initials("…")).toBe("?");
  });
});

describe("colourIndex", () => {
  it("stays within the palette", () => {
    const indexes = Array.from({ length: 200 }, (_, n) => colourIndex(`@user${n}:example.org`));
    expect(Math.min(...indexes)).toBe(1);
    expect(Math.max(...indexes)).toBe(8);
  });
});
