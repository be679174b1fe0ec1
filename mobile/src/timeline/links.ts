export interface TextPart {
  readonly text: string;
  /** Where a touch leads; null for plain words. */
  readonly href: string | null;
}

const ADDRESS = /\b(?:https?:\/\/|www\.)[^\s<>"]+/gi;
const AFTERWARDS = /[.,:;!?…»”"'*_~]+$/;

/** Splits plain text into words and web addresses; punctuation behind an address is none of it. */
export function linked(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let done = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const address = trimmed(match[0]);
    if (match.index > done) parts.push({ text: text.slice(done, match.index), href: null });
    parts.push({ text: address, href: /^www\./i.test(address) ? `https://${address}` : address });
    done = match.index + address.length;
  }
  if (done < text.length) parts.push({ text: text.slice(done), href: null });
  return parts;
}

function trimmed(found: string): string {
  const text = found.replace(AFTERWARDS, "");
  const unopened = text.endsWith(")") && text.split("(").length < text.split(")").length;
  return unopened ? trimmed(text.slice(0, -1)) : text;
}
