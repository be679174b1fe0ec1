import { useCallback, useEffect, useLayoutEffect, useRef, useState, type RefObject } from "react";

/** Nearer to the end than this counts as "at the end". */
const endSlack = 48;

type Anchor = { key: string; offset: number };

export interface TimelineScroll {
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly content: RefObject<HTMLDivElement | null>;
  readonly atEnd: boolean;
  /** To the newest message. */
  toEnd(smooth?: boolean): void;
  /** Brings the row into view, a third from the top; false when it is not drawn. */
  toRow(key: string): boolean;
}

/**
 * Keeps what one reads where it is, whatever happens above, below or inside it.
 *
 * At the end the list sticks to the end. Elsewhere the topmost visible row keeps its place on the screen
 * while older messages come in above, pictures load, or the window changes. `rows` is anything that changes
 * when rows do.
 */
export function useTimelineScroll(rows: unknown): TimelineScroll {
  const scroller = useRef<HTMLDivElement | null>(null);
  const content = useRef<HTMLDivElement | null>(null);
  const sticky = useRef(true);
  const anchor = useRef<Anchor | null>(null);
  const [atEnd, setAtEnd] = useState(true);

  const remember = useCallback(() => {
    const box = scroller.current;
    if (box === null) return;
    sticky.current = box.scrollHeight - box.scrollTop - box.clientHeight < endSlack;
    setAtEnd(sticky.current);
    anchor.current = null;
    const top = box.getBoundingClientRect().top;
    for (const row of rowsOf(content.current)) {
      const place = row.getBoundingClientRect();
      if (place.bottom > top) {
        anchor.current = { key: row.dataset["row"] ?? "", offset: place.top - top };
        return;
      }
    }
  }, []);

  const restore = useCallback(() => {
    const box = scroller.current;
    if (box === null) return;
    if (sticky.current) {
      box.scrollTop = box.scrollHeight;
      return;
    }
    const kept = anchor.current;
    if (kept === null) return;
    const row = findRow(content.current, kept.key);
    if (row === null) return;
    const moved = row.getBoundingClientRect().top - box.getBoundingClientRect().top - kept.offset;
    if (Math.abs(moved) >= 1) box.scrollTop += moved;
  }, []);

  useLayoutEffect(restore, [rows, restore]);

  useEffect(() => {
    const box = scroller.current;
    const inner = content.current;
    if (box === null || inner === null) return undefined;
    const observer = new ResizeObserver(restore);
    observer.observe(box);
    observer.observe(inner);
    box.addEventListener("scroll", remember, { passive: true });
    return () => {
      observer.disconnect();
      box.removeEventListener("scroll", remember);
    };
  }, [remember, restore]);

  const toEnd = useCallback((smooth = false) => {
    const box = scroller.current;
    if (box === null) return;
    if (smooth && box.scrollHeight - box.scrollTop < 4 * box.clientHeight) {
      box.scrollTo({ top: box.scrollHeight, behavior: "smooth" });
      return;
    }
    sticky.current = true;
    setAtEnd(true);
    box.scrollTop = box.scrollHeight;
  }, []);

  const toRow = useCallback(
    (key: string) => {
      const box = scroller.current;
      const row = findRow(content.current, key);
      if (box === null || row === null) return false;
      const place = row.getBoundingClientRect().top - box.getBoundingClientRect().top;
      box.scrollTop += place - box.clientHeight / 3;
      remember();
      return true;
    },
    [remember],
  );

  return { scroller, content, atEnd, toEnd, toRow };
}

function rowsOf(content: HTMLElement | null): Iterable<HTMLElement> {
  return content?.querySelectorAll<HTMLElement>("[data-row]") ?? [];
}

function findRow(content: HTMLElement | null, key: string): HTMLElement | null {
  return content?.querySelector<HTMLElement>(`[data-row="${CSS.escape(key)}"]`) ?? null;
}
