import { describe, expect, it } from "vitest";
import { preferredLanguage } from "./index";
import { en } from "./en";
import { ru } from "./ru";

type Tree = { [key: string]: string | Tree };

function leaves(tree: Tree, path = ""): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]) =>
    typeof value === "string" ? [[`${path}${key}`, value] as [string, string]] : leaves(value, `${path}${key}.`),
  );
}

const plural = /_(zero|one|two|few|many|other)$/;
const bases = (tree: Tree) => new Set(leaves(tree).map(([key]) => key.replace(plural, "")));
const holes = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1]).sort().join();

describe("the two languages", () => {
  it("say the same things", () => {
    expect([...bases(ru)].sort()).toEqual([...bases(en)].sort());
  });

  it.each([
    ["en", en, ["one", "other"]],
    ["ru", ru, ["few", "many", "one", "other"]],
  ] as const)("have every plural form of %s", (_, tree, forms) => {
    const found = new Map<string, string[]>();
    for (const [key] of leaves(tree)) {
      const match = plural.exec(key);
      if (match) found.set(key.replace(plural, ""), [...(found.get(key.replace(plural, "")) ?? []), match[1] ?? ""]);
    }
    for (const [key, kinds] of found) expect([key, kinds.sort()]).toEqual([key, [...forms]]);
  });

  it("fill the same holes", () => {
    const english = new Map(leaves(en).map(([key, text]) => [key.replace(plural, ""), holes(text)]));
    for (const [key, text] of leaves(ru)) expect([key, holes(text)]).toEqual([key, english.get(key.replace(plural, ""))]);
  });
});

describe("preferredLanguage", () => {
  it("takes the first that we speak", () => {
    expect(preferredLanguage(["de-DE", "ru-RU", "en"])).toBe("ru");
  });
  it("falls back to English", () => {
    expect(preferredLanguage(["de"])).toBe("en");
  });
});
