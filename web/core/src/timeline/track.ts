/**
 * Where each stored event lies.
 *
 * A room's history is kept in segments. Within a segment nothing is missing; a limited sync starts a new
 * one. Each segment remembers how to go on before its first event: a server token, or, once
 * back-pagination has met the events of an older segment, that segment. Places sort as text:
 * segment, then position in it.
 */
export interface Segment {
  readonly id: number;
  /** Position of the first event; grows downwards with back-pagination. */
  readonly first: number;
  /** Position after the last event. */
  readonly next: number;
  /** Token for /messages; null: nothing lies before it. */
  readonly prevBatch: string | null;
  /** The segment that lies directly before this one, once known; goes before `prevBatch`. */
  readonly older: number | null;
}

/** Segments, oldest first. */
export interface Track {
  readonly segments: readonly Segment[];
}

export const emptyTrack: Track = { segments: [] };

/** How many pieces of history are worth keeping; the oldest go first. */
export const MAX_SEGMENTS = 8;

const MIDDLE = 50_000_000;

/** The key of an event's row within its room. */
export function placeOf(segment: number, position: number): string {
  return `${String(segment).padStart(6, "0")}:${String(MIDDLE + position).padStart(8, "0")}`;
}

export function segmentOf(place: string): number {
  return Number(place.slice(0, 6));
}

export function newestSegment(track: Track): Segment | null {
  return track.segments.at(-1) ?? null;
}

export function findSegment(track: Track, id: number): Segment | null {
  return track.segments.find((segment) => segment.id === id) ?? null;
}

/** Room for `count` live events: in the newest segment, or in a new one after a gap. */
export function extended(
  track: Track,
  count: number,
  gap: { readonly prevBatch: string | null } | null,
): { readonly track: Track; readonly places: readonly string[]; readonly dropped: readonly Segment[] } {
  const newest = newestSegment(track);
  if (newest !== null && gap === null) {
    const grown = { ...newest, next: newest.next + count };
    return { track: replaced(track, grown), places: positions(newest.id, newest.next, count), dropped: [] };
  }
  const id = (newest?.id ?? -1) + 1;
  const fresh: Segment = { id, first: 0, next: count, prevBatch: gap?.prevBatch ?? null, older: null };
  const segments = [...track.segments, fresh];
  const kept = segments.slice(-MAX_SEGMENTS);
  const dropped = segments.slice(0, segments.length - kept.length);
  return { track: { segments: withoutLinksTo(kept, dropped) }, places: positions(id, 0, count), dropped };
}

/** Room for `count` older events before a segment's first; `end` is how to go on from there. */
export function prepended(
  track: Track,
  segment: Segment,
  count: number,
  end: { readonly prevBatch: string | null; readonly older: number | null },
): { readonly track: Track; readonly places: readonly string[] } {
  const first = segment.first - count;
  return { track: replaced(track, { ...segment, first, ...end }), places: positions(segment.id, first, count) };
}

function positions(segment: number, from: number, count: number): string[] {
  return Array.from({ length: count }, (_, i) => placeOf(segment, from + i));
}

function replaced(track: Track, segment: Segment): Track {
  return { segments: track.segments.map((each) => (each.id === segment.id ? segment : each)) };
}

/** A segment that led on to a dropped one goes on by its own token again. */
function withoutLinksTo(segments: readonly Segment[], dropped: readonly Segment[]): readonly Segment[] {
  const gone = dropped.map((segment) => segment.id);
  return segments.map((each) => (each.older !== null && gone.includes(each.older) ? { ...each, older: null } : each));
}

/** The segments that follow each other without a gap up to the newest, newest first. */
export function chain(track: Track): readonly Segment[] {
  const found: Segment[] = [];
  for (let segment = newestSegment(track); segment !== null && !found.includes(segment); ) {
    found.push(segment);
    segment = segment.older === null ? null : findSegment(track, segment.older);
  }
  return found;
}
