import { useEffect, useState, type ReactElement } from "react";
import { RefreshControl, type RefreshControlProps } from "react-native";
import { usePalette } from "../theme";
import { useClient } from "./client";

/** How long the sign stays after the pull: sync answers at once when there is a connection. */
const SHOWN_MS = 900;

/** Pulling a list down asks the server at once instead of waiting for the next attempt. */
export function usePullToRefresh(more?: () => void): ReactElement<RefreshControlProps> {
  const client = useClient();
  const palette = usePalette();
  const [refreshing, setRefreshing] = useState(false);
  useEffect(() => {
    if (!refreshing) return undefined;
    const timer = setTimeout(() => setRefreshing(false), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [refreshing]);
  const pulled = (): void => {
    setRefreshing(true);
    client.sync.retryNow();
    more?.();
  };
  return (
    <RefreshControl refreshing={refreshing} onRefresh={pulled} colors={[palette.accent]} tintColor={palette.accent} progressBackgroundColor={palette.raised} />
  );
}
