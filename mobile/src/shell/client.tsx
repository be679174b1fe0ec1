import type { Client, Observable } from "@team/core";
import { createContext, use, useSyncExternalStore } from "react";

export const ClientContext = createContext<Client | null>(null);

/** Core's client of the person who is signed in. */
export function useClient(): Client {
  const client = use(ClientContext);
  if (client === null) throw new Error("There is no client outside of a session");
  return client;
}

/** The present value of something of core's; draws again when it changes. */
export function useObservable<T>(value: Observable<T>): T {
  return useSyncExternalStore(value.subscribe, value.getSnapshot, value.getSnapshot);
}
