import { describe, expect, it } from "vitest";
import { eg } from "../../test/eg";
import { contentOf, laneOf, localTargets, resumed, STALE_AFTER_MS, withTarget, type OutboxRequest } from "./entry";

const event = (content: Record<string, unknown>): OutboxRequest => ({ type: "event", eventType: "m.room.message", content });

describe("what an entry points at", () => {
  const reply = event({ body: "a", "m.relates_to": { rel_type: "m.thread", event_id: "$root", "m.in_reply_to": { event_id: "~t1" } } });
  const redaction: OutboxRequest = { type: "redaction", target: "~t1", reason: null };

  it("is found wherever it stands", () => {
    expect(localTargets(reply)).toEqual(["t1"]);
    expect(localTargets(redaction)).toEqual(["t1"]);
    expect(localTargets(event({ "m.relates_to": { rel_type: "m.replace", event_id: "~t2" } }))).toEqual(["t2"]);
    expect(localTargets(event({ body: "~t1" }))).toEqual([]);
  });

  it("gets its event id there and nowhere else", () => {
    expect(contentOf(withTarget(reply, "t1", "$1"))).toEqual({
      body: "a",
      "m.relates_to": { rel_type: "m.thread", event_id: "$root", "m.in_reply_to": { event_id: "$1" } },
    });
    expect(withTarget(redaction, "t1", "$1")).toEqual({ ...redaction, target: "$1" });
    expect(withTarget(reply, "other", "$1")).toBe(reply);
  });
});

describe("an entry found at start", () => {
  it("goes on as it was while it is fresh and of this device", () => {
    const entry = eg.entry({ attempts: 3 });
    expect(resumed(entry, "DEVICE", entry.queuedTs + STALE_AFTER_MS - 1)).toBe(entry);
  });

  it("of another device, or old, is for the person to decide; receipts of that kind are pointless", () => {
    const entry = eg.entry();
    expect(resumed(entry, "OTHER", entry.queuedTs)).toMatchObject({ state: "failed", retryable: true, error: { errcode: "SESSION_ENDED" } });
    expect(resumed(entry, "DEVICE", entry.queuedTs + STALE_AFTER_MS)).toMatchObject({ state: "failed", error: { errcode: "STALE" } });
    const receipt: OutboxRequest = { type: "receipt", receiptType: "m.read", eventId: "$1", thread: "main", fullyRead: true };
    expect(resumed(eg.entry({ kind: "receipt", request: receipt }), "OTHER", 0)).toBeNull();
  });

  it("that was acknowledged or failed stays as it is", () => {
    const sent = eg.entry({ state: "sent", eventId: "$1" });
    expect(resumed(sent, "OTHER", Number.MAX_SAFE_INTEGER)).toBe(sent);
  });
});

it("media get their addresses where the specification wants them", () => {
  const request: OutboxRequest = {
    type: "media",
    content: { msgtype: "m.image", body: "cat.png", info: { w: 1 } },
    name: "cat.png",
    mimeType: "image/png",
    mxc: "mxc://a/b",
    thumbnail: { mimeType: "image/jpeg", mxc: "mxc://a/t" },
  };
  expect(contentOf(request)).toMatchObject({ url: "mxc://a/b", info: { w: 1, thumbnail_url: "mxc://a/t" } });
  expect(contentOf({ ...request, mxc: null, thumbnail: null })).not.toHaveProperty("url");
});

it("receipts have a lane of their own in each room", () => {
  expect(laneOf(eg.entry())).not.toBe(laneOf(eg.entry({ kind: "receipt" })));
  expect(laneOf(eg.entry())).toBe(laneOf(eg.entry({ kind: "reaction" })));
});
