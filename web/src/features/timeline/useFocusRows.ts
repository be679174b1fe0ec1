import { useCallback, type KeyboardEvent, type RefObject } from "react";

/** Arrow keys, Home and End move the focus from message to message. */
export function useFocusRows(content: RefObject<HTMLElement | null>): (event: KeyboardEvent) => void {
  return useCallback(
    (event) => {
      if (!["ArrowUp", "ArrowDown", "Home", "End"].includes(event.key)) return;
      if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
      const focused = document.activeElement;
      const row = focused instanceof HTMLElement ? focused.closest<HTMLElement>("[data-message]") : null;
      if (row === null || focused !== row) return;
      const all = [...(content.current?.querySelectorAll<HTMLElement>("[data-message]") ?? [])];
      const at = all.indexOf(row);
      const next = { ArrowUp: all[at - 1], ArrowDown: all[at + 1], Home: all[0], End: all.at(-1) }[event.key];
      if (next === undefined) return;
      event.preventDefault();
      next.focus({ preventScroll: true });
      next.scrollIntoView({ block: "nearest" });
    },
    [content],
  );
}
