/** Words of one kind; what is false is left out. */
export interface Run {
  readonly text: string;
  readonly bold?: true;
  readonly italic?: true;
  readonly strike?: true;
  readonly underline?: true;
  readonly code?: true;
  readonly href?: string;
  /** A person or room is mentioned. */
  readonly mention?: true;
}

export type Block =
  | { readonly kind: "paragraph" | "heading"; readonly runs: readonly Run[] }
  | { readonly kind: "quote"; readonly runs: readonly Run[] }
  | { readonly kind: "code"; readonly text: string }
  /** `marker`: "•", or "3." in a numbered list; `depth` counts from 0. */
  | { readonly kind: "item"; readonly marker: string; readonly depth: number; readonly runs: readonly Run[] };

type Style = Omit<Run, "text">;

const LONGEST = 60_000;
const DEEPEST = 60;
const TOKEN = /<!--[\s\S]*?-->|<(\/?)([a-z][a-z0-9-]*)((?:[^<>"']|"[^"<]*"|'[^'<]*')*)>|&(#?[a-z0-9]+);|[^<&]+|[<&]/gi;
/** What stands in them is never shown. */
const SILENT = new Set(["script", "style", "mx-reply", "title", "head", "template"]);
const BREAKING = new Set(["p", "div", "ul", "ol", "li", "blockquote", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "table", "tr", "hr", "details", "summary"]);
const STYLES: Readonly<Record<string, Style>> = {
  b: { bold: true }, strong: { bold: true }, i: { italic: true }, em: { italic: true },
  u: { underline: true }, s: { strike: true }, del: { strike: true }, code: { code: true },
}; // prettier-ignore
const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00a0", ndash: "–", mdash: "—", hellip: "…", laquo: "«", raquo: "»",
}; // prettier-ignore

interface Open {
  readonly tag: string;
  readonly style: Style;
  /** Of an ordered list: the number of its next item. */
  next: number;
}

/**
 * `org.matrix.custom.html` as blocks that native text can show. It is written by strangers: tags that are not known give
 * their content only, addresses are http, https, mailto or matrix, and null means "show the plain body instead".
 */
export function richText(html: string): Block[] | null {
  if (html.length > LONGEST) return null;
  const writer = new Writer();
  for (const token of html.matchAll(TOKEN)) {
    const [text, slash, tag, attributes, entity] = token;
    if (tag !== undefined) {
      const name = tag.toLowerCase();
      if (slash === "/") writer.close(name);
      else if (!writer.open(name, attributes ?? "")) return null;
    } else if (entity !== undefined) writer.write(decoded(entity) ?? text);
    else if (!text.startsWith("<!--")) writer.write(text);
  }
  return writer.end();
}

class Writer {
  readonly #blocks: Block[] = [];
  readonly #open: Open[] = [];
  #runs: Run[] = [];
  #marker: string | null = null;

  /** False when it is nested too deep. */
  open(tag: string, attributes: string): boolean {
    if (tag === "br" || tag === "hr") {
      if (tag === "hr") this.#break();
      else this.#add("\n");
      return true;
    }
    if (this.#open.length >= DEEPEST) return false;
    if (BREAKING.has(tag)) this.#break();
    if (tag === "li") this.#marker = this.#nextMarker();
    this.#open.push({ tag, style: tag === "a" ? linkStyle(attributes) : (STYLES[tag] ?? {}), next: 1 });
    return true;
  }

  close(tag: string): void {
    const at = this.#open.findLastIndex((open) => open.tag === tag);
    if (at < 0) return;
    if (BREAKING.has(tag)) this.#break();
    this.#open.length = at;
  }

  write(text: string): void {
    if (this.#open.some((open) => SILENT.has(open.tag))) return;
    this.#add(this.#inside("pre") ? text : text.replace(/[\t\n\r ]+/g, " "));
  }

  end(): Block[] {
    this.#break();
    return this.#blocks;
  }

  #add(text: string): void {
    const style = Object.assign({}, ...this.#open.map((open) => open.style)) as Style;
    this.#runs.push({ ...style, text });
  }

  #inside(...tags: string[]): boolean {
    return this.#open.some((open) => tags.includes(open.tag));
  }

  #nextMarker(): string {
    const list = this.#open.findLast((open) => open.tag === "ol" || open.tag === "ul");
    if (list?.tag !== "ol") return "•";
    return `${list.next++}.`;
  }

  #break(): void {
    const runs = trimmed(this.#runs);
    this.#runs = [];
    if (runs.length === 0) return;
    if (this.#inside("pre")) this.#blocks.push({ kind: "code", text: runs.map((run) => run.text).join("").replace(/\n+$/, "") });
    else if (this.#marker !== null) {
      const depth = this.#open.filter((open) => open.tag === "ul" || open.tag === "ol").length - 1;
      this.#blocks.push({ kind: "item", marker: this.#marker, depth: Math.max(0, depth), runs });
      this.#marker = null;
    } else if (this.#inside("blockquote")) this.#blocks.push({ kind: "quote", runs });
    else this.#blocks.push({ kind: this.#inside("h1", "h2", "h3", "h4", "h5", "h6") ? "heading" : "paragraph", runs });
  }
}

/** Without blanks at both ends; nothing when there is nothing else. */
function trimmed(runs: readonly Run[]): Run[] {
  const kept = [...runs];
  while (kept[0]?.text.trim() === "") kept.shift();
  while (kept.at(-1)?.text.trim() === "") kept.pop();
  return kept.map((run, at) => {
    const start = at === 0 ? run.text.replace(/^[ \n]+/, "") : run.text;
    return { ...run, text: at === kept.length - 1 ? start.replace(/[ \n]+$/, "") : start };
  });
}

function linkStyle(attributes: string): Style {
  const found = /\bhref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/i.exec(attributes);
  const href = (found?.[1] ?? found?.[2] ?? found?.[3] ?? "").replace(/&amp;/g, "&");
  if (/^(?:https:\/\/matrix\.to\/#\/|matrix:)/i.test(href)) return { mention: true };
  return /^(?:https?|mailto):/i.test(href) ? { href } : {};
}

function decoded(entity: string): string | null {
  const named = ENTITIES[entity.toLowerCase()];
  if (named !== undefined) return named;
  const hexadecimal = /^#x([0-9a-f]{1,6})$/i.exec(entity);
  const decimal = /^#(\d{1,7})$/.exec(entity);
  const code = hexadecimal ? parseInt(hexadecimal[1] ?? "", 16) : decimal ? Number(decimal[1]) : Number.NaN;
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : null;
}
