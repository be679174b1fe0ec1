/** Lines from `from` up to `to` (excluded) of the text before are `lines` now. */
interface Patch {
  readonly from: number;
  readonly to: number;
  readonly lines: readonly string[];
}

function patchOf(before: readonly string[], after: readonly string[]): Patch {
  let from = 0;
  while (from < before.length && from < after.length && before[from] === after[from]) from += 1;
  let tail = 0;
  while (tail < before.length - from && tail < after.length - from && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  return { from, to: before.length - tail, lines: after.slice(from, after.length - tail) };
}

/**
 * Pure. Two versions of a text as one, by lines: what each side changed where the other did not; where both
 * changed the same place, theirs and then mine, for a person to put in order.
 */
export function mergedText(before: string, mine: string, theirs: string): string {
  const old = before.split("\n");
  const [my, their] = [patchOf(old, mine.split("\n")), patchOf(old, theirs.split("\n"))];
  const [first, second] = my.from < their.from ? [my, their] : [their, my];
  if (first.to <= second.from && first.from !== second.from) {
    return [...old.slice(0, first.from), ...first.lines, ...old.slice(first.to, second.from), ...second.lines, ...old.slice(second.to)].join("\n");
  }
  const [from, to] = [Math.min(my.from, their.from), Math.max(my.to, their.to)];
  const around = (patch: Patch) => [...old.slice(from, patch.from), ...patch.lines, ...old.slice(patch.to, to)];
  return [...old.slice(0, from), ...around(their), ...around(my), ...old.slice(to)].join("\n");
}
