import { Fragment, useMemo, type ReactNode } from "react";
import { useOwnUserId } from "../../app/ownUser";
import { linkify } from "./linkify";
import { sanitise } from "./html";
import styles from "./RichText.module.css";

/** Text of a message: sanitised HTML, or plain text with its addresses made links. `after` stands on its last line. */
export function RichText({ body, html, after }: { body: string; html: string | null; after?: ReactNode }) {
  const ownId = useOwnUserId();
  const clean = useMemo(() => (html === null ? null : prepare(html, ownId)), [html, ownId]);
  if (clean === null) {
    return (
      <span className={styles.plain}>
        {linkify(body).map((part, at) =>
          part.kind === "link" ? (
            <a key={at} href={part.href} target="_blank" rel="noopener noreferrer nofollow">
              {part.text}
            </a>
          ) : (
            <Fragment key={at}>{part.text}</Fragment>
          ),
        )}
        {after}
      </span>
    );
  }
  return (
    <>
      <div className={styles.rich} dangerouslySetInnerHTML={{ __html: clean }} />
      {after}
    </>
  );
}

/** Sanitised; mentions look like names, addresses in its text become links. */
function prepare(html: string, ownId: string): string {
  const holder = document.createElement("template");
  holder.innerHTML = sanitise(html);
  for (const link of holder.content.querySelectorAll<HTMLElement>("a[data-mention]")) {
    const name = document.createElement("span");
    name.className = styles["mention"] ?? "";
    if (link.dataset["mention"] === ownId) name.classList.add(styles["me"] ?? "me");
    name.title = link.dataset["mention"] ?? "";
    name.textContent = link.textContent?.startsWith("@") ? link.textContent : `@${link.textContent ?? ""}`;
    link.replaceWith(name);
  }
  const walker = document.createTreeWalker(holder.content, NodeFilter.SHOW_TEXT);
  const texts: Text[] = [];
  while (walker.nextNode()) texts.push(walker.currentNode as Text);
  for (const text of texts) {
    if (text.parentElement?.closest("a, code, pre")) continue;
    const parts = linkify(text.data);
    if (!parts.some((part) => part.kind === "link")) continue;
    text.replaceWith(
      ...parts.map((part) => {
        if (part.kind === "text") return part.text;
        const link = document.createElement("a");
        link.href = part.href;
        link.target = "_blank";
        link.rel = "noopener noreferrer nofollow";
        link.textContent = part.text;
        return link;
      }),
    );
  }
  return holder.innerHTML;
}
