import NetInfo from "@react-native-community/netinfo";
import type { Fetch, Platform } from "@team/core";
import { AppState, Platform as System } from "react-native";

/** The one place that lends the network to core. */
export const phoneFetch: Fetch = (url, request) =>
  fetch(url, { ...(request as RequestInit), credentials: "omit", cache: "no-store" });

/** Timers, the network's state and the app's coming to the front. */
export function phonePlatform(): Platform {
  let online = true;
  return {
    setTimer(ms, run) {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
    isOnline: () => online,
    onConnectivity(changed) {
      const endNetwork = NetInfo.addEventListener((state) => {
        const before = online;
        online = state.isConnected !== false;
        if (online !== before) changed();
      });
      const appState = AppState.addEventListener("change", (state) => {
        if (state === "active") changed();
      });
      return () => {
        endNetwork();
        appState.remove();
      };
    },
    log(level, message, details) {
      if (level === "error") console.error(message, details);
      else if (level === "warn") console.warn(message, details);
    },
    deviceName: System.select({ android: "Team Messenger, Android", ios: "Team Messenger, iPhone", default: "Team Messenger, phone" }),
  };
}
