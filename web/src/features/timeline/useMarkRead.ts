import type { Timeline } from "@team/core";
import { useEffect, useState } from "react";
import type { AnyItem } from "./rows";

/** True while the reader looks at this window. */
export function useAttention(): boolean {
  const [attentive, setAttentive] = useState(() => document.visibilityState === "visible" && document.hasFocus());
  useEffect(() => {
    const look = () => setAttentive(document.visibilityState === "visible" && document.hasFocus());
    window.addEventListener("focus", look);
    window.addEventListener("blur", look);
    document.addEventListener("visibilitychange", look);
    return () => {
      window.removeEventListener("focus", look);
      window.removeEventListener("blur", look);
      document.removeEventListener("visibilitychange", look);
    };
  }, []);
  return attentive;
}

/** Says that all is read while the newest message is in view and somebody looks. */
export function useMarkRead(timeline: Timeline, items: readonly AnyItem[], atEnd: boolean): void {
  const attentive = useAttention();
  const last = items.findLast((item) => item.kind !== "sending" && item.kind !== "failed")?.key ?? null;
  useEffect(() => {
    if (!attentive || !atEnd || last === null) return undefined;
    const timer = setTimeout(() => void timeline.markRead(), 250);
    return () => clearTimeout(timer);
  }, [timeline, attentive, atEnd, last]);
}
