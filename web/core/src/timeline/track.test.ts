import { describe, expect, it } from "vitest";
import { chain, emptyTrack, extended, MAX_SEGMENTS, newestSegment, placeOf, prepended, type Track } from "./track";

function limited(track: Track, count: number, token: string): Track {
  return extended(track, count, { prevBatch: token }).track;
}

describe("the track of a room", () => {
  it("gives places that sort as the events do", () => {
    const first = extended(emptyTrack, 2, { prevBatch: "p0" });
    const more = extended(first.track, 1, null);
    const older = prepended(more.track, newestSegment(more.track) ?? fail(), 2, { prevBatch: "p1", older: null });
    const gap = extended(older.track, 1, { prevBatch: "p2" });
    const order = [...older.places, ...first.places, ...more.places, ...gap.places];
    expect([...order].sort()).toEqual(order);
    expect(new Set(order).size).toBe(6);
  });

  it("starts a segment at a gap and goes on in it afterwards", () => {
    const track = extended(limited(limited(emptyTrack, 3, "a"), 2, "b"), 4, null).track;
    expect(track.segments).toMatchObject([
      { id: 0, first: 0, next: 3, prevBatch: "a" },
      { id: 1, first: 0, next: 6, prevBatch: "b" },
    ]);
  });

  it("follows the chain of segments that have met", () => {
    const two = limited(limited(emptyTrack, 1, "a"), 1, "b");
    expect(chain(two).map(({ id }) => id)).toEqual([1]);
    const met = prepended(two, newestSegment(two) ?? fail(), 3, { prevBatch: "b", older: 0 }).track;
    expect(chain(met).map(({ id }) => id)).toEqual([1, 0]);
  });

  it("lets the oldest segments go, and finds back by the token", () => {
    let track = limited(emptyTrack, 1, "t0");
    track = limited(track, 1, "t1");
    track = prepended(track, newestSegment(track) ?? fail(), 1, { prevBatch: "t1", older: 0 }).track;
    for (let i = 2; i < MAX_SEGMENTS; i += 1) track = limited(track, 1, `t${i}`);
    const { track: after, dropped } = extended(track, 1, { prevBatch: "last" });
    expect(dropped.map(({ id }) => id)).toEqual([0]);
    expect(after.segments[0]).toMatchObject({ id: 1, older: null, prevBatch: "t1" });
  });

  it("keeps its order at both ends of its range", () => {
    expect(placeOf(0, -49_999_999) < placeOf(0, 0)).toBe(true);
    expect(placeOf(999_998, 49_999_999) < placeOf(999_999, -49_999_999)).toBe(true);
  });
});

function fail(): never {
  throw new Error("no segment");
}
