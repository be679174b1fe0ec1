/** Where in the app we are. The hash of the address holds it, so that links and the back button work. */
export type Panel =
  | { readonly kind: "people" }
  | { readonly kind: "info" }
  | { readonly kind: "threads" }
  | { readonly kind: "thread"; readonly rootId: string }
  | { readonly kind: "task"; readonly taskId: string };

export const settingsSections = ["profile", "appearance", "notifications", "security", "sessions", "shortcuts"] as const;
export type SettingsSection = (typeof settingsSections)[number];

export type Route =
  | { readonly page: "home" }
  | { readonly page: "room"; readonly roomId: string; readonly panel: Panel | null; readonly eventId: string | null }
  /** My tasks, and one of them beside. */
  | { readonly page: "tasks"; readonly taskId: string | null }
  | { readonly page: "inbox" }
  /** Tasks of a room by status, or as a list; and one of them beside. */
  | { readonly page: "board" | "list"; readonly roomId: string; readonly taskId: string | null }
  | { readonly page: "explore" }
  | { readonly page: "people" }
  /** Units, roles, who reports to whom; for administrators. */
  | { readonly page: "organisation" }
  | { readonly page: "settings"; readonly section: SettingsSection | null }
  | { readonly page: "welcome"; readonly token: string };

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function parseRoute(hash: string): Route {
  const [page, first, second, third] = hash.replace(/^#?\/?/, "").split("/").map(decode);
  switch (page) {
    case "room": {
      if (!first) return { page: "home" };
      const at = { page: "room", roomId: first, panel: null, eventId: null } as const;
      if (second === "event" && third) return { ...at, eventId: third };
      if (second === "thread" && third) return { ...at, panel: { kind: "thread", rootId: third } };
      if (second === "task" && third) return { ...at, panel: { kind: "task", taskId: third } };
      if (second === "people" || second === "info" || second === "threads") return { ...at, panel: { kind: second } };
      return at;
    }
    case "tasks":
      return { page, taskId: first || null };
    case "board":
    case "list":
      return first ? { page, roomId: first, taskId: second || null } : { page: "tasks", taskId: null };
    case "inbox":
    case "explore":
    case "people":
    case "organisation":
      return { page };
    case "settings":
      return { page, section: settingsSections.find((section) => section === first) ?? null };
    case "welcome":
      return first ? { page, token: first } : { page: "home" };
    default:
      return { page: "home" };
  }
}

export function formatRoute(route: Route): string {
  const join = (...parts: string[]) => `#/${parts.map(encodeURIComponent).join("/")}`;
  switch (route.page) {
    case "home":
      return "#/";
    case "room": {
      const { roomId, panel, eventId } = route;
      if (eventId !== null) return join("room", roomId, "event", eventId);
      if (panel === null) return join("room", roomId);
      if (panel.kind === "thread") return join("room", roomId, "thread", panel.rootId);
      return panel.kind === "task" ? join("room", roomId, "task", panel.taskId) : join("room", roomId, panel.kind);
    }
    case "tasks":
      return route.taskId === null ? "#/tasks" : join("tasks", route.taskId);
    case "board":
    case "list":
      return route.taskId === null ? join(route.page, route.roomId) : join(route.page, route.roomId, route.taskId);
    case "settings":
      return route.section === null ? "#/settings" : join("settings", route.section);
    case "welcome":
      return join("welcome", route.token);
    default:
      return join(route.page);
  }
}

export function roomRoute(roomId: string, panel: Panel | null = null): Route {
  return { page: "room", roomId, panel, eventId: null };
}
