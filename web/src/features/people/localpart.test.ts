import { describe, expect, it } from "vitest";
import { isLocalpart, localpartFor } from "./localpart";

describe("localpartFor", () => {
  it.each([
    ["Ольга Петрова", "olga.petrova"],
    ["Щукин Юрий Ёжикович", "shchukin.yuriy.ezhikovich"],
    ["  José  Müller-Łęcki ", "jose.muller-lecki"],
    ["O'Brien (Ops)", "obrien.ops"],
    ["王", ""],
  ])("%s: %s", (name, localpart) => {
    expect(localpartFor(name)).toBe(localpart);
  });
});

describe("isLocalpart", () => {
  it("takes what the specification allows in new user ids", () => {
    expect(isLocalpart("olga.petrova_2=x/y+z")).toBe(true);
    expect(isLocalpart("olga.petrova-2")).toBe(true);
    expect(isLocalpart("Olga")).toBe(false);
    expect(isLocalpart("")).toBe(false);
  });
});
