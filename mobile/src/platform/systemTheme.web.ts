import { useSyncExternalStore } from "react";

// Always a query of its own: Chromium tells one that somebody has read since the change of no change, and React Native
// for the web reads its only one whenever it draws.
const query = (): MediaQueryList => matchMedia("(prefers-color-scheme: dark)");
const isDark = (): boolean => query().matches;

function subscribe(changed: () => void): () => void {
  const watched = query();
  watched.addEventListener("change", changed);
  return () => watched.removeEventListener("change", changed);
}

/** Whether the phone itself is dark at present. */
export function useSystemDark(): boolean {
  return useSyncExternalStore(subscribe, isDark);
}
