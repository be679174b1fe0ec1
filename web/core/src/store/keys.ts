import type { StoreRange } from "./store";

/** Sorts below every character of an identifier. */
const SEPARATOR = "\n";
const AFTER_SEPARATOR = "\u000b";

/** A key of several parts; those that share their first parts lie together. */
export function storeKey(...parts: readonly string[]): string {
  return parts.join(SEPARATOR);
}

/** All keys that start with these parts and have more. */
export function under(...parts: readonly string[]): Required<Pick<StoreRange, "from" | "to">> {
  const prefix = parts.join(SEPARATOR);
  return { from: prefix + SEPARATOR, to: prefix + AFTER_SEPARATOR };
}

export function lastPart(key: string): string {
  return key.slice(key.lastIndexOf(SEPARATOR) + 1);
}
