import { expect, it } from "vitest";
import { keepingSame, sameValue } from "./sameValue";

it("values are the same when they are all the way down", () => {
  expect(sameValue({ a: [1, { b: null }], c: "x" }, { c: "x", a: [1, { b: null }] })).toBe(true);
  for (const [a, b] of [[1, 2], [{}, null], [[1], [1, 2]], [{ a: 1 }, { a: 1, b: 1 }], [{ a: 1, b: 1 }, { a: 1 }], [{ a: undefined }, { b: undefined }], [[], {}]]) {
    expect(sameValue(a, b)).toBe(false);
  }
});

it("bytes are the same only when they are the same object", () => {
  const blob = new Blob(["x"]);
  expect(sameValue({ blob }, { blob })).toBe(true);
  expect(sameValue({ blob }, { blob: new Blob(["x"]) })).toBe(false);
});

it("a list keeps the objects that did not change, wherever they moved, and itself when none did", () => {
  const before = [{ key: "a", n: 1 }, { key: "b", n: 2 }];
  expect(keepingSame(before, before.map((each) => ({ ...each })), (each) => each.key)).toBe(before);
  const after = keepingSame(before, [{ key: "new", n: 0 }, { key: "b", n: 2 }, { key: "a", n: 9 }], (each) => each.key);
  expect(after[1]).toBe(before[1]);
  expect(after[2]).toEqual({ key: "a", n: 9 });
});
