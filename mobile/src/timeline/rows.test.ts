import type { AnyItem } from "./rows";
import { rowsOf } from "./rows";

const NOON = new Date(2026, 5, 1, 12).getTime();
const MINUTE = 60_000;

function message(key: string, fields: Partial<{ sender: string; at: number; own: boolean; replyTo: object; kind: string; emote: boolean }> = {}): AnyItem {
  const { sender = "@anna:test", at = 0, own = false, replyTo = null, kind = "sent", emote = false } = fields;
  const content = { type: emote ? "emote" : "text", body: key, html: null };
  return { kind, key, ts: NOON + at, sender, senderName: sender, own, replyTo, content } as unknown as AnyItem;
}

const change = (key: string, at = 0): AnyItem => ({ kind: "change", key, ts: NOON + at, sender: "@anna:test", own: false }) as unknown as AnyItem;

/** Oldest first, in a word each. */
function told(items: readonly AnyItem[], readUpToKey: string | null = null): string[] {
  return rowsOf(items, readUpToKey)
    .reverse()
    .map((row) => {
      if (row.kind === "message") return row.first ? `${row.key}*` : row.key;
      return row.kind === "changes" ? `changes ${row.items.length}` : row.kind === "task" || row.kind === "taskChange" ? row.key : row.kind;
    });
}

describe("rows of a timeline", () => {
  it("come newest first, as an inverted list wants them", () => {
    expect(rowsOf([message("a"), message("b")], null).map((row) => row.key)).toEqual(["b", "a", "day a"]);
  });

  it("put one name over messages that follow each other soon", () => {
    const items = [message("a"), message("b", { at: MINUTE }), message("c", { at: 7 * MINUTE }), message("d", { at: 8 * MINUTE, sender: "@ivan:test" })];
    expect(told(items)).toEqual(["day", "a*", "b", "c*", "d*"]);
  });

  it("begin anew after a reply, an emote, a change and a task", () => {
    const task = { kind: "task", key: "task", ts: NOON, sender: "@anna:test", own: false } as unknown as AnyItem;
    expect(told([message("a"), message("b", { replyTo: {} }), message("c", { emote: true }), message("d")])).toEqual(["day", "a*", "b*", "c*", "d*"]);
    expect(told([message("a"), change("x"), message("b"), task, message("c")])).toEqual(["day", "a*", "changes 1", "b*", "task", "c*"]);
  });

  it("fold neighbouring changes, day by day", () => {
    expect(told([change("a"), change("b"), change("c", 24 * 60 * MINUTE)])).toEqual(["day", "changes 2", "day", "changes 1"]);
  });

  it("draw the line of what is new above the first message of somebody else", () => {
    const items = [message("a"), message("mine", { own: true, at: 1 }), change("x", 2), message("b", { at: 3 }), message("c", { at: 4 })];
    expect(told(items, "mine")).toEqual(["day", "a*", "mine", "changes 1", "unread", "b*", "c"]);
  });

  it("draw none when all is read, nothing is known, or I have answered since", () => {
    const items = [message("a"), message("b", { at: 1 }), message("mine", { own: true, at: 2 })];
    expect(told(items, "mine")).not.toContain("unread");
    expect(told(items, null)).not.toContain("unread");
    expect(told(items, "a")).not.toContain("unread");
  });
});
