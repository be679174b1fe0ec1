import NetInfo from "@react-native-community/netinfo";
import { createContext, use, useEffect, useState, type ReactNode } from "react";
import { useClient, useObservable } from "./client";

/** What passes sooner is not worth a word. */
const DELAY_MS = 1200;

const Context = createContext(false);

/** Whether there has been no connection for a moment: the same on every page, however long that one has been open. */
export function useOffline(): boolean {
  return use(Context);
}

export function OfflineWatch({ children }: { readonly children: ReactNode }) {
  const { kind } = useObservable(useClient().sync.state);
  const network = useNetwork();
  const offline = useDelayed(kind === "offline" || !network, DELAY_MS);
  return <Context value={offline}>{children}</Context>;
}

/** The system knows of a lost network before a waiting request does. */
function useNetwork(): boolean {
  const [connected, setConnected] = useState(true);
  useEffect(() => NetInfo.addEventListener((state) => setConnected(state.isConnected !== false)), []);
  return connected;
}

function useDelayed(wanted: boolean, ms: number): boolean {
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(wanted), wanted ? ms : 0);
    return () => clearTimeout(timer);
  }, [wanted, ms]);
  return shown && wanted;
}
