/** Are two plain values equal all the way down? Other objects (bytes) are equal only to themselves. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((each, i) => sameValue(each, b[i]));
  }
  if (!isPlain(a) || !isPlain(b)) return false;
  // Run over thousands of items at each change: loops, no arrays of keys.
  for (const key in a) if (!(key in b) || !sameValue(a[key], b[key])) return false;
  for (const key in b) if (!(key in a)) return false;
  return true;
}

function isPlain(value: object): value is Record<string, unknown> {
  return Object.getPrototypeOf(value) === Object.prototype;
}

/** The new list with every element that did not change replaced by the old object; the old list if none did. */
export function keepingSame<T>(before: readonly T[], now: readonly T[], keyOf: (each: T) => string): readonly T[] {
  const old = new Map(before.map((each) => [keyOf(each), each]));
  const kept = now.map((each) => {
    const same = old.get(keyOf(each));
    return same !== undefined && sameValue(same, each) ? same : each;
  });
  return kept.length === before.length && kept.every((each, i) => each === before[i]) ? before : kept;
}
