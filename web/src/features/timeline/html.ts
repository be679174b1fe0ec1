import DOMPurify from "dompurify";

/** The tags that the specification recommends to allow in `org.matrix.custom.html` (client-server-api, m.room.message). */
const tags = [
  "del", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "p", "a", "ul", "ol", "sup", "sub", "li", "b", "i", "u",
  "strong", "em", "s", "code", "hr", "br", "div", "table", "thead", "tbody", "tr", "th", "td", "caption", "pre", "span",
  "details", "summary",
]; // prettier-ignore
const schemes = /^(?:https?|ftp|mailto|magnet|matrix|tel):/i;
const depth = 100;

const purifier = DOMPurify(window);

purifier.addHook("afterSanitizeAttributes", (node) => {
  if (node.tagName === "A") {
    const href = node.getAttribute("href") ?? "";
    const person = mentionedUser(href);
    if (person !== null) {
      node.setAttribute("data-mention", person);
      node.removeAttribute("target");
    } else if (schemes.test(href)) {
      node.setAttribute("target", "_blank");
      node.setAttribute("rel", "noopener noreferrer nofollow");
    } else {
      node.removeAttribute("href");
    }
  }
  const language = node.getAttribute("class");
  if (language !== null && !(node.tagName === "CODE" && /^language-[\w+-]+$/.test(language))) node.removeAttribute("class");
});

/** The user id in a matrix.to or matrix: link to a person; null for any other address. */
export function mentionedUser(href: string): string | null {
  const match = /^https:\/\/matrix\.to\/#\/(@[^?]+)/.exec(href) ?? /^https:\/\/matrix\.to\/#\/(%40[^?]+)/i.exec(href);
  if (match?.[1] !== undefined) {
    try {
      return decodeURIComponent(match[1]);
    } catch {
      return null;
    }
  }
  const uri = /^matrix:u\/([^?/]+)/.exec(href);
  return uri?.[1] === undefined ? null : `@${uri[1]}`;
}

/**
 * HTML of a stranger, made safe to insert: only the specification's tags, no styles, no scripts, no pictures
 * from elsewhere, links that open a new window. The fallback quote of old replies is left out.
 */
export function sanitise(html: string): string {
  const without = html.replace(/<mx-reply>[\s\S]*?<\/mx-reply>/gi, "");
  const clean = purifier.sanitize(without, {
    ALLOWED_TAGS: tags,
    ALLOWED_ATTR: ["href", "class", "start", "data-mention"],
    ADD_URI_SAFE_ATTR: ["start"],
    ALLOW_DATA_ATTR: false,
    ALLOWED_URI_REGEXP: schemes,
    FORBID_CONTENTS: ["script", "style", "mx-reply", "title", "textarea", "noscript", "template"],
  });
  return nestedDeeper(clean, depth) ? purifier.sanitize(clean, { ALLOWED_TAGS: [] }) : clean;
}

function nestedDeeper(html: string, limit: number): boolean {
  let open = 0;
  for (const [tag] of html.matchAll(/<\/?[a-z][^>]*>/gi)) {
    if (/^<(?:br|hr)\b/i.test(tag)) continue;
    open += tag.startsWith("</") ? -1 : 1;
    if (open > limit) return true;
  }
  return false;
}
