import { describe, expect, it } from "vitest";
import { completionAt } from "./completion";

const at = (text: string) => completionAt(text, text.length);

describe("completionAt", () => {
  it("sees a name under way", () => {
    expect(at("Hi @an")).toEqual({ kind: "mention", start: 3, query: "an" });
    expect(at("@")).toEqual({ kind: "mention", start: 0, query: "" });
    expect(at("(@Ольга Пет")).toEqual({ kind: "mention", start: 1, query: "Ольга Пет" });
  });
  it("takes mail addresses and finished names for text", () => {
    expect(at("anna@example")).toBeNull();
    expect(at("@ foo")).toBeNull();
    expect(at("@Anna  and")).toBeNull();
  });
  it("sees an emoji name of two letters or more", () => {
    expect(at("good :th")).toEqual({ kind: "emoji", start: 5, query: "th" });
    expect(at("10:30")).toBeNull();
    expect(at("note :d")).toBeNull();
  });
});
