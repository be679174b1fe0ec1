import { createClient, MemoryStore } from "@team/core";
import { screen, waitFor } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { realTime } from "../../core/test/fakeServer";
import { anna, FakeServer, ivan, openApp } from "../test/app";

describe("the app", () => {
  it("asks a stranger to sign in, and says when the password is wrong", async () => {
    const server = new FakeServer();
    const client = createClient({
      baseUrl: "http://fake",
      store: new MemoryStore(),
      platform: realTime,
      fetch: (url, request) => server.fetch(url, request),
    });
    const { user } = await openApp(server, { client });
    server.answer(/login/, 403, { errcode: "M_FORBIDDEN", error: "no" });
    await user.type(screen.getByLabelText("User name"), "anna");
    await user.type(screen.getByLabelText("Password"), "guess");
    await user.click(screen.getByRole("button", { name: "Sign in" }));
    expect(await screen.findByRole("alert")).toHaveTextContent("Wrong user name or password.");
    expect(screen.getByLabelText("User name")).toHaveValue("anna");
  });

  it("counts unread messages in the list and in the title", async () => {
    const server = new FakeServer();
    const room = server.home.room([anna, ivan], { name: "Launch" });
    await openApp(server);
    server.home.say(room, ivan, "one");
    server.home.say(room, ivan, "two");
    expect(await screen.findByRole("link", { name: "Launch, 2 unread messages" })).toBeVisible();
    await waitFor(() => expect(document.title).toBe("(2) Team Messenger"));
  });

  it("shows what it knows while the server is away, and says so", async () => {
    const server = new FakeServer();
    const room = server.home.room([anna, ivan], { name: "Launch" });
    await openApp(server);
    await screen.findByRole("link", { name: "Launch" });
    server.offline = true;
    server.home.typing(room, [ivan]);
    expect(await screen.findByText(/No connection/, undefined, { timeout: 5000 })).toBeVisible();
    expect(screen.getByRole("link", { name: "Launch" })).toBeVisible();
  });

  it("jumps to a conversation with Ctrl+K and a few letters", async () => {
    const server = new FakeServer();
    server.home.room([anna, ivan], { name: "Launch" });
    server.home.room([anna, ivan], { name: "Design" });
    const { user } = await openApp(server);
    await screen.findByRole("link", { name: "Design" });
    await user.keyboard("{Control>}k{/Control}");
    await user.type(await screen.findByRole("combobox", { name: "Jump to a conversation" }), "lau{Enter}");
    expect(await screen.findByRole("heading", { level: 1, name: "Launch" })).toBeVisible();
  });
});
