import { expect, it } from "vitest";
import { mergedText } from "./merge";

it("joins changes of different lines", () => {
  expect(mergedText("one\ntwo\nthree", "ONE\ntwo\nthree", "one\ntwo\nTHREE")).toBe("ONE\ntwo\nTHREE");
  expect(mergedText("one\ntwo\nthree", "one\ntwo\nthree\nfour", "zero\ntwo\nthree")).toBe("zero\ntwo\nthree\nfour");
});

it("keeps both versions of a line that both changed, and loses nothing", () => {
  expect(mergedText("one\ntwo", "one\nmine", "one\ntheirs")).toBe("one\ntheirs\nmine");
  expect(mergedText("", "mine", "theirs")).toBe("theirs\nmine");
  expect(mergedText("one", "one\nmine", "one\ntheirs")).toBe("one\ntheirs\nmine");
});

it("leaves alone what one side left as it was", () => {
  expect(mergedText("one\ntwo", "one\ntwo", "one\nthree")).toBe("one\nthree");
  expect(mergedText("one\ntwo", "three\ntwo", "one\ntwo")).toBe("three\ntwo");
});
