/**
 * Places on a board, made here only until the service gives its own: any string between the two. Tasks
 * without a place stand behind all others, in the order in which they were opened.
 */
export function placeOf(task: { readonly rank: string | null; readonly created_at: number; readonly id: string }): string {
  return task.rank ?? `~${String(task.created_at).padStart(14, "0")}${task.id}`;
}

/** "!", the lowest digit: no rank ends in it, so there is always room before a rank. */
const LOWEST = 0x21;
const BEYOND = 0x7f;

/** A string of printable ASCII greater than `after` and less than `before`; null is an open end. */
export function between(after: string | null, before: string | null): string {
  const low = after ?? "";
  // Out of order (others moved meanwhile): right behind `after`.
  let high = before !== null && before > low ? before : null;
  let found = "";
  for (let i = 0; ; i += 1) {
    const floor = i < low.length ? low.charCodeAt(i) : LOWEST;
    const ceiling = high === null ? BEYOND : i < high.length ? high.charCodeAt(i) : LOWEST;
    if (ceiling - floor > 1) return found + String.fromCharCode((floor + ceiling) >> 1);
    found += String.fromCharCode(floor);
    // Anything that goes on from the lower one is below the higher one.
    if (ceiling - floor === 1) high = null;
  }
}
