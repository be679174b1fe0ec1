import { useEffect } from "react";
import { useClient } from "./client";
import { parseRoute, roomRoute } from "./route";
import { navigate } from "./useRoute";

/** True on Apple's systems, where Command stands for Control. */
export const isApple = /Mac|iPhone|iPad/.test(navigator.platform);
export const commandKey = isApple ? "⌘" : "Ctrl";

/** Ctrl/Cmd+K: quick switcher. Alt+↑/↓: the conversation above or below; with Shift: only unread ones. */
export function useGlobalKeys(openSwitcher: () => void): void {
  const client = useClient();
  useEffect(() => {
    const step = (by: 1 | -1, unreadOnly: boolean) => {
      const joined = client.rooms.list.getSnapshot().joined.filter(({ kind }) => kind === "room");
      const route = parseRoute(window.location.hash);
      const here = joined.findIndex((room) => route.page === "room" && room.roomId === route.roomId);
      for (let tried = 1; tried <= joined.length; tried += 1) {
        const start = here < 0 && by < 0 ? 0 : here;
        const room = joined[(((start + by * tried) % joined.length) + joined.length) % joined.length];
        if (room && (!unreadOnly || room.unreadCount > 0 || room.hasUnread)) {
          navigate(roomRoute(room.roomId));
          return;
        }
      }
    };
    const onKey = (event: KeyboardEvent) => {
      const command = isApple ? event.metaKey : event.ctrlKey;
      if (command && !event.shiftKey && !event.altKey && event.code === "KeyK") {
        event.preventDefault();
        openSwitcher();
      } else if (event.altKey && !command && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
        event.preventDefault();
        step(event.key === "ArrowUp" ? -1 : 1, event.shiftKey);
      }
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [client, openSwitcher]);
}
