import { describe, expect, it } from "vitest";
import { formatRoute, parseRoute, roomRoute, type Route } from "./route";

const routes: Route[] = [
  { page: "home" },
  { page: "explore" },
  { page: "people" },
  { page: "settings", section: null },
  { page: "settings", section: "sessions" },
  { page: "welcome", token: "a+b/c=" },
  roomRoute("!room:example.org"),
  roomRoute("!room:example.org", { kind: "people" }),
  roomRoute("!a/b", { kind: "thread", rootId: "$event/with/slashes" }),
  { page: "room", roomId: "!r", panel: null, eventId: "$e" },
];

describe("routes", () => {
  it.each(routes)("come back from the address as they went in: %j", (route) => {
    expect(parseRoute(formatRoute(route))).toEqual(route);
  });

  it("lead home when the address makes no sense", () => {
    for (const hash of ["", "#", "#/room", "#/welcome/", "#/nothing/here", "#/%E0%A4%A"]) {
      expect(parseRoute(hash)).toEqual({ page: "home" });
    }
  });
});
