export type TextPart = { readonly kind: "text"; readonly text: string } | { readonly kind: "link"; readonly text: string; readonly href: string };

const address = /\b(?:https?:\/\/|www\.)[^\s<>"']+|\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+/giu;
const trailing = /[.,:;!?…»”"'*_~]+$/u;

/** Splits plain text into words and addresses. Punctuation after an address stays outside it. */
export function linkify(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let done = 0;
  for (const match of text.matchAll(address)) {
    const found = trimmed(match[0]);
    if (match.index > done) parts.push({ kind: "text", text: text.slice(done, match.index) });
    parts.push({ kind: "link", text: found, href: hrefOf(found) });
    done = match.index + found.length;
  }
  if (done < text.length) parts.push({ kind: "text", text: text.slice(done) });
  return parts;
}

function trimmed(found: string): string {
  let text = found.replace(trailing, "");
  // "(see https://example.org/a_(b))": a bracket belongs to the address only if it was opened there.
  while (/[)\]]$/.test(text)) {
    const [open, close] = text.endsWith(")") ? ["(", ")"] : ["[", "]"];
    if (text.split(open).length >= text.split(close).length) break;
    text = text.slice(0, -1).replace(trailing, "");
  }
  return text;
}

function hrefOf(text: string): string {
  if (/^https?:/i.test(text)) return text;
  return /^www\./i.test(text) ? `https://${text}` : `mailto:${text}`;
}

const emojiOnly = /^(?:\p{Extended_Pictographic}|\p{Emoji_Modifier}|\p{Regional_Indicator}|\u200d|\ufe0f|\s)+$/u;

/** True for one to three emoji and nothing else: they are shown large. */
export function isFewEmoji(text: string): boolean {
  if (text.length > 40 || !emojiOnly.test(text)) return false;
  const segments = [...new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(text.replace(/\s/g, ""))];
  return segments.length > 0 && segments.length <= 3;
}
