import type { Observable } from "@team/core";
import { useSyncExternalStore } from "react";

/** The present value of something of core's, drawn again when it changes. */
export function useObservable<T>(value: Observable<T>): T {
  return useSyncExternalStore(value.subscribe, value.getSnapshot);
}
