/** One or two letters that stand for a name: of the first two words, or the first letter. Ids lose their sigil. */
export function initials(name: string): string {
  const words = name
    .replace(/^[@#!+]([^:]*):.*$/, "$1")
    .split(/[\s._-]+/)
    .map((word) => [...word].find((char) => /[\p{L}\p{N}]/u.test(char)))
    .filter((char): char is string => char !== undefined);
  return words.slice(0, 2).join("").toUpperCase() || "?";
}

/** A number 1 to 8, always the same for one id. */
export function colourIndex(id: string): number {
  let hash = 0;
  for (let at = 0; at < id.length; at += 1) hash = (hash * 31 + id.charCodeAt(at)) | 0;
  return (Math.abs(hash) % 8) + 1;
}
