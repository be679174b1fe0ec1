import type { Client } from "@team/core";
import { createContext, useContext, useMemo } from "react";
import type { ReactNode } from "react";
import { MediaCache } from "../platform/mediaCache";

type Context = { client: Client; media: MediaCache };

const ClientContext = createContext<Context | null>(null);

export function ClientProvider({ client, children }: { client: Client; children: ReactNode }) {
  const value = useMemo(() => ({ client, media: new MediaCache(client.media) }), [client]);
  return <ClientContext.Provider value={value}>{children}</ClientContext.Provider>;
}

function useContextValue(): Context {
  const value = useContext(ClientContext);
  if (value === null) throw new Error("useClient needs a ClientProvider above it");
  return value;
}

export function useClient(): Client {
  return useContextValue().client;
}

export function useMediaCache(): MediaCache {
  return useContextValue().media;
}
