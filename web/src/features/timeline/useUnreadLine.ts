import type { TimelineWithTasks } from "@team/core";
import { useEffect, useRef, useState } from "react";

/**
 * Key of the item under which "new messages" is written.
 *
 * First what core remembers of the last visit. Later, when the window loses the reader's attention,
 * the item that was newest then: what comes meanwhile is new on return.
 */
export function useUnreadLine(snapshot: TimelineWithTasks): string | null {
  const [left, setLeft] = useState<string | null>(null);
  const latest = useRef<string | null>(null);
  const last = snapshot.items.at(-1)?.key ?? null;
  useEffect(() => {
    latest.current = last;
  }, [last]);
  useEffect(() => {
    const onBlur = () => setLeft(latest.current);
    window.addEventListener("blur", onBlur);
    return () => window.removeEventListener("blur", onBlur);
  }, []);
  return left ?? snapshot.readUpToKey;
}
