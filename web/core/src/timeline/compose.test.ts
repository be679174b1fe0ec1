import { describe, expect, it } from "vitest";
import { editContent, mediaContent, rewrittenContent, textContent, type Placement } from "./compose";

const nowhere: Placement = { replyTo: null, replyToSender: null, thread: null, me: "@anna:test" };

describe("composing", () => {
  it("names whom a message mentions, and always says so", () => {
    expect(textContent({ body: "hi" }, nowhere)).toEqual({ msgtype: "m.text", body: "hi", "m.mentions": {} });
    const mentions = { userIds: ["@ivan:test"], room: true };
    expect(textContent({ body: "hi", mentions }, nowhere)["m.mentions"]).toEqual({ user_ids: ["@ivan:test"], room: true });
  });

  it("mentions whom a reply answers, but not oneself", () => {
    const reply = { ...nowhere, replyTo: "$1", replyToSender: "@ivan:test" };
    expect(textContent({ body: "yes" }, reply)).toMatchObject({
      "m.mentions": { user_ids: ["@ivan:test"] },
      "m.relates_to": { "m.in_reply_to": { event_id: "$1" } },
    });
    expect(textContent({ body: "yes" }, { ...reply, replyToSender: "@anna:test" })["m.mentions"]).toEqual({});
  });

  it("makes a thread look like replies to old clients, and real replies in it real", () => {
    const thread = { rootId: "$root", latest: "$last" };
    expect(textContent({ body: "a" }, { ...nowhere, thread })["m.relates_to"]).toEqual({
      rel_type: "m.thread",
      event_id: "$root",
      is_falling_back: true,
      "m.in_reply_to": { event_id: "$last" },
    });
    expect(textContent({ body: "a" }, { ...nowhere, thread, replyTo: "$x" })["m.relates_to"]).toMatchObject({
      is_falling_back: false,
      "m.in_reply_to": { event_id: "$x" },
    });
  });

  it("edits with a fallback for old clients", () => {
    expect(editContent("$1", { body: "new", html: "<b>new</b>" }, "@anna:test")).toMatchObject({
      body: "* new",
      formatted_body: "* <b>new</b>",
      "m.new_content": { body: "new", formatted_body: "<b>new</b>" },
      "m.relates_to": { rel_type: "m.replace", event_id: "$1" },
    });
  });

  it("rewrites an unsent message in place, where it stood", () => {
    const before = textContent({ body: "a" }, { ...nowhere, replyTo: "$1" });
    expect(rewrittenContent(before, { body: "b" }, "@anna:test")).toMatchObject({ body: "b", "m.relates_to": before["m.relates_to"] });
  });

  it("describes media, with a caption only where there is one", () => {
    const media = { type: "image", blob: {}, name: "cat.png", mimeType: "image/png", size: 9, width: 1, height: 2 } as const;
    expect(mediaContent(media, nowhere)).toMatchObject({ body: "cat.png", filename: "cat.png", info: { mimetype: "image/png", size: 9, w: 1, h: 2 } });
    expect(mediaContent({ ...media, caption: " Look " }, nowhere)).toMatchObject({ body: "Look", filename: "cat.png" });
  });
});
