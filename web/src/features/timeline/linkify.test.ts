import { describe, expect, it } from "vitest";
import { isFewEmoji, linkify } from "./linkify";

const links = (text: string) => linkify(text).flatMap((part) => (part.kind === "link" ? [part.href] : []));

describe("linkify", () => {
  it.each([
    ["See https://example.org.", ["https://example.org"]],
    ["(https://example.org/a_(b))", ["https://example.org/a_(b)"]],
    ["www.example.org, anna@example.org!", ["https://www.example.org", "mailto:anna@example.org"]],
    ["Откройте «https://пример.рф/путь»", ["https://пример.рф/путь"]],
    ["javascript:alert(1)", []],
    ["@anna:example.org", []],
  ])("finds addresses in %s", (text, found) => {
    expect(links(text)).toEqual(found);
  });

  it("loses no letter", () => {
    const text = "a https://b.example, c (www.d.example) e@f.example.";
    expect(linkify(text).map((part) => part.text).join("")).toBe(text);
  });
});

describe("isFewEmoji", () => {
  it.each([
    ["👍", true],
    ["👨‍👩‍👧 🇩🇪 👍🏽", true],
    ["😀😀😀😀", false],
    ["ok 👍", false],
    ["123", false],
    ["", false],
  ])("%s: %s", (text, few) => {
    expect(isFewEmoji(text)).toBe(few);
  });
});
