import { describe, expect, it } from "vitest";
import { fitInto, kindOf } from "./files";

describe("fitInto", () => {
  const box = { width: 400, height: 300 };
  it("keeps the proportions of what is too large", () => {
    expect(fitInto(1600, 900, box)).toEqual({ width: 400, height: 225 });
    expect(fitInto(900, 1800, box)).toEqual({ width: 150, height: 300 });
  });
  it("leaves small pictures small", () => {
    expect(fitInto(100, 80, box)).toEqual({ width: 100, height: 80 });
  });
  it("reserves a place for pictures of unknown size", () => {
    expect(fitInto(null, 80, box)).toEqual({ width: 300, height: 200 });
    expect(fitInto(0, 0, box)).toEqual({ width: 300, height: 200 });
  });
  it("keeps slivers visible", () => {
    expect(fitInto(4000, 10, box)).toEqual({ width: 400, height: 48 });
  });
});

describe("kindOf", () => {
  it("shows only what browsers show safely as a picture", () => {
    expect(kindOf(new File([], "a.png", { type: "image/png" }))).toBe("image");
    expect(kindOf(new File([], "a.svg", { type: "image/svg+xml" }))).toBe("file");
    expect(kindOf(new File([], "a.pdf", { type: "application/pdf" }))).toBe("file");
  });
});
