import { describe, expect, it } from "vitest";
import { eg } from "../../test/eg";
import { layoutRows, type Row } from "./rows";

const minute = 60_000;
const noon = new Date(2026, 10, 23, 12, 0).getTime();
const shape = (rows: readonly Row[]) =>
  rows.map((row) => (row.kind === "message" ? `${row.first ? "first" : "next"}:${row.key}` : row.kind));

describe("layoutRows", () => {
  it("puts a day above the first message of each day", () => {
    const rows = layoutRows([eg.sent({ key: "a", ts: noon - 24 * 60 * minute }), eg.sent({ key: "b", ts: noon })], null);
    expect(shape(rows)).toEqual(["day", "first:a", "day", "first:b"]);
  });

  it("groups what one person says within five minutes", () => {
    const rows = layoutRows(
      [
        eg.sent({ key: "a", ts: noon }),
        eg.sent({ key: "b", ts: noon + minute }),
        eg.sent({ key: "c", ts: noon + 2 * minute, sender: "@ivan:test" }),
        eg.sent({ key: "d", ts: noon + 3 * minute }),
        eg.sent({ key: "e", ts: noon + 9 * minute }),
      ],
      null,
    );
    expect(shape(rows)).toEqual(["day", "first:a", "next:b", "first:c", "first:d", "first:e"]);
  });

  it("gives a reply its own head, so that the quote has a place", () => {
    const rows = layoutRows(
      [eg.sent({ key: "a", ts: noon }), eg.sent({ key: "b", ts: noon + 1, replyTo: { kind: "loading", eventId: "$x" } })],
      null,
    );
    expect(shape(rows)).toEqual(["day", "first:a", "first:b"]);
  });

  it("gathers consecutive changes in one row", () => {
    const rows = layoutRows(
      [
        eg.change({ type: "created" }, { key: "a", ts: noon }),
        eg.change({ type: "joined" }, { key: "b", ts: noon }),
        eg.sent({ key: "c", ts: noon }),
        eg.change({ type: "joined" }, { key: "d", ts: noon }),
      ],
      null,
    );
    expect(shape(rows)).toEqual(["day", "changes", "first:c", "changes"]);
    expect(rows[1]).toMatchObject({ items: [{ key: "a" }, { key: "b" }] });
  });

  it("draws the line of what is new above the first unread message of somebody else", () => {
    const items = [
      eg.sent({ key: "read", ts: noon }),
      eg.sent({ key: "mine", ts: noon + 1, own: true, sender: "@me:test" }),
      eg.sent({ key: "new", ts: noon + 2 }),
    ];
    expect(shape(layoutRows(items, "read"))).toEqual(["day", "first:read", "first:mine", "unread", "first:new"]);
    expect(shape(layoutRows(items, "new"))).not.toContain("unread");
    const answered = [...items, eg.sent({ key: "answer", ts: noon + 3, own: true, sender: "@me:test" })];
    expect(shape(layoutRows(answered, "read"))).not.toContain("unread");
    expect(shape(layoutRows(items, "not loaded"))).not.toContain("unread");
  });
});
