import { useIsFocused } from "expo-router";
import { useEffect, useState } from "react";
import { AppState } from "react-native";

/** True while this page is on top and the app in front. */
export function useAttention(): boolean {
  const onTop = useIsFocused();
  const [inFront, setInFront] = useState(AppState.currentState !== "background");
  useEffect(() => {
    const watch = AppState.addEventListener("change", (state) => setInFront(state === "active"));
    return () => watch.remove();
  }, []);
  return onTop && inFront;
}
