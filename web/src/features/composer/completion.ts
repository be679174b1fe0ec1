/** What stands before the caret and wants to be completed. */
export interface CompletionQuery {
  readonly kind: "mention" | "emoji";
  /** Where the sign stands in the text. */
  readonly start: number;
  readonly query: string;
}

const mention = /(?:^|[\s([{"'«])@([\p{L}\p{N}_.\- ]{0,30})$/u;
const emoji = /(?:^|[\s([{"'«]):([\p{L}_+\-\d]{2,20})$/u;

/** The mention ("@an") or emoji (":thu") under way at the caret; null when there is none. */
export function completionAt(text: string, caret: number): CompletionQuery | null {
  const before = text.slice(Math.max(0, caret - 40), caret);
  const who = mention.exec(before)?.[1];
  // Two spaces, or a space after nothing, end the name.
  if (who !== undefined && !who.startsWith(" ") && !who.includes("  ")) {
    return { kind: "mention", start: caret - who.length - 1, query: who };
  }
  const which = emoji.exec(before)?.[1];
  return which === undefined ? null : { kind: "emoji", start: caret - which.length - 1, query: which };
}
