import { describe, expect, it } from "vitest";
import type { Workflow } from "@team/core";
import { changesOf, draftOf, idFor, isSound, mayDrop, withoutStatus, withStatus } from "./ruleDraft";

const who = ["editor"] as const;
const workflow: Workflow = {
  v: 1,
  initial: "open",
  statuses: [
    { id: "open", category: "todo", name: { en: "Open" } },
    { id: "done", category: "done", name: { en: "Done" } },
  ],
  transitions: [{ from: "open", to: "done", who }],
};
const rules = draftOf({ config: null, enabled: true, labels: [], workflow });

describe("rules of tasks that somebody changes", () => {
  it("send only what differs", () => {
    expect(changesOf(rules, rules)).toEqual({});
    const labels = [{ id: "texts", name: { en: "Texts" } }];
    expect(changesOf(rules, { ...rules, labels, announce: "none", nonMember: "reject" })).toEqual({ labels, announce: "none", non_member: "reject" });
  });

  it("name a new label by what it is called, and leave the ids of the others", () => {
    const texts = { id: "words", name: { en: "Texts" } };
    const before = { ...rules, labels: [texts] };
    const added = [texts, { id: "label", name: { en: "Needs money", ru: "Нужны деньги" } }, { id: "label_2", name: { en: "Words" } }];
    expect(changesOf(before, { ...before, labels: added }).labels?.map(({ id }) => id)).toEqual(["words", "needs_money", "words_2"]);
  });

  it("are sound with a prefix of capitals, and a name for everything", () => {
    expect(isSound({ ...rules, prefix: "OPS2" })).toBe(true);
    expect(isSound({ ...rules, prefix: "ops" })).toBe(false);
    expect(isSound({ ...rules, prefix: "OPS", labels: [{ id: "a", name: { en: " " } }] })).toBe(false);
  });

  it("give ids that can be read, and none twice", () => {
    expect(idFor("Needs money!", [])).toBe("needs_money");
    expect(idFor("Texts", ["texts"])).toBe("texts_2");
    expect(idFor("Тексты", [])).toBe("x_1");
    expect(idFor("42", [])).toMatch(/^[a-z][a-z0-9_]{0,31}$/);
  });

  it("let tasks into a new status, and out of it", () => {
    const more = withStatus(workflow, { en: "Testing" }, "doing");
    expect(more.statuses.map(({ id }) => id)).toEqual(["open", "testing", "done"]);
    const ways = more.transitions.map(({ from, to }) => `${from} ${to}`);
    expect(ways).toEqual(["open done", "open testing", "testing open", "testing done"]);
    expect(withoutStatus(more, "testing")).toEqual(workflow);
  });

  it("keep where tasks begin, and one status that means done", () => {
    const more = withStatus(workflow, { en: "Delivered" }, "done");
    expect(more.statuses.map((status) => mayDrop(more, status))).toEqual([false, true, true]);
    expect(workflow.statuses.map((status) => mayDrop(workflow, status))).toEqual([false, false]);
  });
});
