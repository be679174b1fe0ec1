/** One or two letters that stand for a name: of its first two words. Ids lose their sigil and server. */
export function initials(name: string): string {
  const words = name.replace(/^[@#!+]([^:]*):.*$/, "$1").split(/[\s._-]+/);
  const letters = words.flatMap((word) => [...word].find((char) => /[\p{L}\p{N}]/u.test(char)) ?? []);
  return letters.slice(0, 2).join("").toUpperCase() || "?";
}

/** 0 to 7, always the same for one id, and the same as in the web client. */
export function colourOf(id: string): number {
  let hash = 0;
  for (let at = 0; at < id.length; at += 1) hash = (hash * 31 + id.charCodeAt(at)) | 0;
  return Math.abs(hash) % 8;
}
