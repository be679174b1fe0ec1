import { Marked, type Token, type Tokens } from "marked";

export interface Mentionable {
  readonly userId: string;
  readonly name: string;
}

export interface Formatted {
  readonly type: "text" | "emote";
  readonly body: string;
  /** Null when it would say no more than `body`. */
  readonly html: string | null;
  readonly mentions: { readonly userIds: readonly string[]; readonly room: boolean };
}

type MentionToken = Tokens.Generic & { type: "mention"; name: string; userId: string | null };

const safeLink = /^(?:https?|mailto|matrix|tel|ftp):/i;
const wordBefore = /[\p{L}\p{N}_.]$/u;
const wordEnd = /^(?![\p{L}\p{N}_])/u;

function escapeHtml(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;");
}

/** The person named right after the "@" that `source` begins with: the longest name wins. */
function mentionAt(source: string, people: readonly Mentionable[]): Mentionable | null {
  let best: Mentionable | null = null;
  for (const person of people) {
    if (person.name.length <= (best?.name.length ?? 0)) continue;
    const there = source.slice(1, 1 + person.name.length).toLowerCase() === person.name.toLowerCase();
    if (there && wordEnd.test(source.slice(1 + person.name.length))) best = person;
  }
  return best;
}

function createParser(people: readonly Mentionable[], mayNotifyRoom: boolean): Marked {
  return new Marked({
    gfm: true,
    breaks: true,
    renderer: {
      // What looks like HTML was typed as text.
      html: ({ text }) => escapeHtml(text),
      image: ({ href, text }) => escapeHtml(text || href),
      link({ href, tokens, text }) {
        const inner = this.parser.parseInline(tokens);
        return safeLink.test(href) ? `<a href="${escapeHtml(href)}">${inner}</a>` : escapeHtml(text);
      },
      checkbox: ({ checked }) => (checked ? "☑ " : "☐ "),
    },
    extensions: [
      {
        name: "mention",
        level: "inline",
        start: (source) => {
          const at = source.indexOf("@");
          return at < 0 ? undefined : at;
        },
        tokenizer(source, before): MentionToken | undefined {
          if (!source.startsWith("@") || wordBefore.test(before.at(-1)?.raw ?? "")) return undefined;
          if (mayNotifyRoom && /^@room(?![\p{L}\p{N}_])/u.test(source)) {
            return { type: "mention", raw: "@room", name: "@room", userId: null };
          }
          const person = mentionAt(source, people);
          if (person === null) return undefined;
          return { type: "mention", raw: source.slice(0, 1 + person.name.length), name: person.name, userId: person.userId };
        },
        renderer(token) {
          const { name, userId } = token as MentionToken;
          if (userId === null) return escapeHtml(name);
          return `<a href="https://matrix.to/#/${escapeHtml(encodeURI(userId))}">${escapeHtml(name)}</a>`;
        },
      },
    ],
  });
}

/** Goes through a token and everything inside it. */
function* everyToken(tokens: readonly Token[]): Generator<Token> {
  for (const token of tokens) {
    yield token;
    const parts = token as { tokens?: Token[]; items?: Token[]; header?: { tokens: Token[] }[]; rows?: { tokens: Token[] }[][] };
    if (parts.tokens) yield* everyToken(parts.tokens);
    if (parts.items) yield* everyToken(parts.items);
    for (const cell of [...(parts.header ?? []), ...(parts.rows ?? []).flat()]) yield* everyToken(cell.tokens);
  }
}

/** True for a token that plain text says as well. */
function isPlain(token: Token): boolean {
  switch (token.type) {
    case "paragraph":
    case "text":
    case "escape":
    case "br":
    case "space":
    case "html":
      return token.type !== "escape";
    case "link":
      return (token as Tokens.Link).raw === (token as Tokens.Link).text;
    case "mention":
      return (token as MentionToken).userId === null;
    default:
      return false;
  }
}

/**
 * Turns what was typed into a message: Markdown becomes HTML, "@Name" of people in the room a mention,
 * "@room" (where allowed) a call to everybody, a leading "/me" an action.
 */
export function formatMessage(typed: string, people: readonly Mentionable[], mayNotifyRoom = false): Formatted {
  const emote = /^\/me\s+/.exec(typed);
  const body = (emote === null ? typed : typed.slice(emote[0].length)).trim();
  const parser = createParser(people, mayNotifyRoom);
  const tokens = parser.lexer(body);
  const all = [...everyToken(tokens)];
  const mentions = all.filter((token): token is MentionToken => token.type === "mention");
  const html = all.every(isPlain) ? null : unwrapped(parser.parser(tokens).trim());
  return {
    type: emote === null ? "text" : "emote",
    body,
    html,
    mentions: {
      userIds: [...new Set(mentions.flatMap((mention) => (mention.userId === null ? [] : [mention.userId])))],
      room: mentions.some((mention) => mention.userId === null),
    },
  };
}

/** A single paragraph needs no tag around it. */
function unwrapped(html: string): string {
  const inner = /^<p>([\s\S]*)<\/p>$/.exec(html)?.[1];
  return inner === undefined || inner.includes("<p>") ? html : inner;
}
