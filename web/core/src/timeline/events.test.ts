import { describe, expect, it } from "vitest";
import { eg } from "../../test/eg";
import { previewOf, readContent, redacted, relationOf } from "./events";

describe("reading a message", () => {
  it("tells caption and file name of media apart", () => {
    const info = { mimetype: "image/png", size: 5, w: 2, h: 3, thumbnail_url: "mxc://a/t", thumbnail_info: { w: 1, h: 1, mimetype: "image/jpeg" } };
    const image = readContent("m.room.message", { msgtype: "m.image", body: "Look!", filename: "cat.png", url: "mxc://a/b", info });
    expect(image).toEqual({
      type: "image",
      caption: "Look!",
      captionHtml: null,
      media: {
        mxc: "mxc://a/b",
        local: null,
        name: "cat.png",
        mimeType: "image/png",
        size: 5,
        width: 2,
        height: 3,
        durationMs: null,
        thumbnail: { mxc: "mxc://a/t", mimeType: "image/jpeg", width: 1, height: 1 },
      },
    });
    expect(readContent("m.room.message", { msgtype: "m.file", body: "a.pdf", url: "mxc://a/b" })).toMatchObject({ caption: null, media: { name: "a.pdf" } });
  });

  it("takes html only in the format that is html", () => {
    expect(readContent("m.room.message", { msgtype: "m.text", body: "b", format: "org.example", formatted_body: "<b>" })).toMatchObject({ html: null });
    expect(readContent("m.room.message", { msgtype: "m.text", body: "b", format: "org.matrix.custom.html", formatted_body: "<b>b</b>" })).toMatchObject({ html: "<b>b</b>" });
  });

  it("survives any nonsense", () => {
    for (const content of [{}, { msgtype: 1 }, { msgtype: "m.text" }, { msgtype: "m.text", body: {} }, { msgtype: "m.image", info: "x" }]) {
      expect(() => previewOf(readContent("m.room.message", content))).not.toThrow();
    }
  });
});

describe("relations", () => {
  it("are read from where each room version puts them", () => {
    expect(relationOf(eg.event({ type: "m.room.redaction", content: { redacts: "$a" } }))).toEqual({ type: "redaction", target: "$a" });
    expect(relationOf(eg.event({ type: "m.room.redaction", content: {}, redacts: "$b" }))).toEqual({ type: "redaction", target: "$b" });
    expect(relationOf(eg.reaction("$c", "👍", eg.me))).toEqual({ type: "reaction", target: "$c", key: "👍" });
    expect(relationOf(eg.text("plain"))).toBeNull();
  });

  it("of state events do not count", () => {
    const content = { "m.relates_to": { rel_type: "m.thread", event_id: "$a" } };
    expect(relationOf(eg.state("m.room.topic", content))).toBeNull();
  });
});

describe("redacting", () => {
  it("leaves what the specification keeps, and remembers our transaction", () => {
    const because = eg.event({ type: "m.room.redaction" });
    const member = eg.member("@ivan:test", "join");
    expect(redacted(member, because).content).toEqual({ membership: "join" });
    const message = eg.text("secret", { unsigned: { transaction_id: "t1", "m.relations": {} } });
    expect(redacted(message, because)).toMatchObject({ content: {}, unsigned: { transaction_id: "t1", redacted_because: because } });
  });
});
