import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import type { UserEvent } from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { anna, FakeServer, ivan, openApp, roomHash } from "../../test/app";

async function inRoom() {
  const server = new FakeServer();
  const room = server.home.room([anna, ivan], { name: "Launch" });
  server.home.say(room, ivan, "Good morning");
  const app = await openApp(server, { hash: roomHash(room.roomId) });
  const field = await screen.findByRole("textbox", { name: "Message" });
  return { server, room, field, ...app };
}

const message = async (text: string) => (await screen.findByText(text)).closest<HTMLElement>("article") ?? expect.fail("no message");
/** Points at a message and takes one of its actions. (user-event's way to the button would leave the message in between.) */
async function act(user: UserEvent, row: HTMLElement, action: string): Promise<void> {
  await user.hover(row);
  fireEvent.click(within(row).getByRole("button", { name: action }));
}

const said = (server: FakeServer) => server.callsTo(/PUT .*\/send\/m\.room\.message/).map((call) => call.body as Record<string, unknown>);

describe("a conversation", () => {
  it("shows what others say, and sends what I write with Enter", async () => {
    const { server, user, field } = await inRoom();
    expect(await message("Good morning")).toHaveAccessibleName(/Message from/);
    await user.type(field, "Hello **you**{Enter}");
    expect(field).toHaveValue("");
    await waitFor(async () => expect((await screen.findByText("you")).closest("article")).toHaveAttribute("data-state", "sent"));
    expect(said(server)).toEqual([
      expect.objectContaining({ msgtype: "m.text", body: "Hello **you**", formatted_body: "Hello <strong>you</strong>" }),
    ]);
  });

  it("starts a new line with Shift+Enter", async () => {
    const { server, user, field } = await inRoom();
    await user.type(field, "one{Shift>}{Enter}{/Shift}two");
    expect(field).toHaveValue("one\ntwo");
    expect(said(server)).toEqual([]);
  });

  it("edits my last message after ArrowUp, and leaves it alone after Escape", async () => {
    const { server, user, field } = await inRoom();
    await user.type(field, "first{Enter}");
    await waitFor(async () => expect(await message("first")).toHaveAttribute("data-state", "sent"));
    await user.type(field, "{ArrowUp}");
    expect(field).toHaveValue("first");
    await user.type(field, "{Escape}");
    expect(field).toHaveValue("");
    await user.type(field, "{ArrowUp} and last{Enter}");
    expect(await screen.findByText("first and last")).toBeVisible();
    await waitFor(() => expect(said(server)[1]?.["m.relates_to"]).toMatchObject({ rel_type: "m.replace" }));
    expect(field).toHaveValue("");
  });

  it("answers a message, with the quote above", async () => {
    const { server, user, field } = await inRoom();
    const original = await message("Good morning");
    await act(user, original, "Reply");
    await user.type(field, "Same to you{Enter}");
    expect(await screen.findByRole("button", { name: /In reply to .*: Good morning/ })).toBeVisible();
    await waitFor(() => expect(said(server)[0]?.["m.relates_to"]).toHaveProperty("m.in_reply_to"));
  });

  it("gives an unsent text back after a look elsewhere", async () => {
    const { room, user, field } = await inRoom();
    await user.type(field, "half a thou");
    window.location.hash = "#/explore";
    await waitFor(() => expect(screen.queryByRole("textbox", { name: "Message" })).toBeNull());
    window.location.hash = roomHash(room.roomId);
    expect(await screen.findByRole("textbox", { name: "Message" })).toHaveValue("half a thou");
  });

  it("keeps what I was writing while I edit something older", async () => {
    const { user, field } = await inRoom();
    await user.type(field, "old{Enter}");
    await waitFor(async () => expect(await message("old")).toHaveAttribute("data-state", "sent"));
    await user.type(field, "new thought");
    const old = await message("old");
    await act(user, old, "Edit");
    expect(field).toHaveValue("old");
    await user.type(field, "er{Enter}");
    expect(field).toHaveValue("new thought");
  });

  it("says what was refused, and offers to send it again or not at all", async () => {
    const { server, user, field } = await inRoom();
    server.answer(/\/send\/m\.room\.message/, 403, { errcode: "M_FORBIDDEN", error: "no" });
    await user.type(field, "Refused{Enter}");
    const failed = await message("Refused");
    await within(failed).findByText("Not sent");
    await user.click(within(failed).getByRole("button", { name: "Send again" }));
    await waitFor(async () => expect(await message("Refused")).toHaveAttribute("data-state", "sent"));
  });

  it("completes a name after @ and mentions that person", async () => {
    const { server, user, field } = await inRoom();
    await user.type(field, "@iv");
    await screen.findByRole("option", { name: /ivan/i });
    await user.keyboard("{Enter}");
    await user.type(field, "look{Enter}");
    await waitFor(() => expect(said(server)[0]?.["m.mentions"]).toEqual({ user_ids: [ivan] }));
  });
});
