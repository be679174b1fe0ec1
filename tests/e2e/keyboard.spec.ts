import type { Locator } from "@playwright/test";
import { expect, test } from "./harness/test.ts";

/** A few presses of a key lead there. */
async function pressUntilFocused(key: string, goal: Locator): Promise<void> {
  const isThere = (): Promise<boolean> => goal.evaluate((element) => element === document.activeElement);
  for (let presses = 0; presses < 6 && !(await isThere()); presses += 1) await goal.page().keyboard.press(key);
  await expect(goal).toBeFocused();
}

test("with the keyboard alone one signs in, jumps to a room, writes, edits and answers", async ({ team, enter, newBrowser }) => {
  const ivan = await enter(team.ivan);
  await ivan.newRoom("Piano");
  await ivan.say("Do you hear me?");
  await ivan.newRoom("Violin");
  await ivan.page.getByRole("button", { name: "Members" }).click();

  const page = await newBrowser();
  const keys = page.keyboard;
  await expect(page.getByLabel("User name")).toBeFocused();
  await keys.type(team.ivan.user);
  await keys.press("Tab");
  await keys.type(team.ivan.password);
  await keys.press("Enter");
  const main = page.getByRole("main");
  await expect(main.getByText("Good to see you")).toBeVisible();

  await keys.press("Control+k");
  await expect(page.getByRole("combobox", { name: "Jump to a conversation" })).toBeFocused();
  await keys.type("pian");
  await expect(page.getByRole("option", { name: "Piano" })).toBeVisible();
  await keys.press("Enter");
  await expect(page.getByRole("heading", { level: 1, name: "Piano" })).toBeVisible();

  // The field to write in has the focus. Shift+Enter makes a line, Enter sends.
  const composer = main.getByRole("textbox", { name: "Message", exact: true });
  await expect(composer).toBeFocused();
  await keys.type("First line");
  await keys.press("Shift+Enter");
  await keys.type("secnd line");
  await keys.press("Enter");
  const mine = main.getByRole("article").filter({ hasText: "First line" });
  await expect(mine).toContainText("secnd line");

  // Arrow up edits the last message, Escape leaves it as it was.
  await expect(mine.getByRole("img", { name: "Sending…" })).toBeHidden();
  await keys.press("ArrowUp");
  await expect(composer).toHaveValue("First line\nsecnd line");
  await keys.press("Escape");
  await expect(composer).toHaveValue("");
  await keys.press("ArrowUp");
  await keys.press("Control+a");
  await keys.type("Only line");
  await keys.press("Enter");
  await expect(main.getByRole("article").filter({ hasText: "Only line" })).toContainText("(edited)");

  // Shift+Tab leads to the messages, arrows from one to the other, Tab to what can be done with it.
  const own = main.getByRole("article").filter({ hasText: "Only line" });
  await pressUntilFocused("Shift+Tab", own);
  await keys.press("ArrowUp");
  const first = main.getByRole("article").filter({ hasText: "Do you hear me?" });
  await expect(first).toBeFocused();
  await pressUntilFocused("Tab", first.getByRole("button", { name: "Reply", exact: true }));
  await keys.press("Enter");
  await expect(composer).toBeFocused();
  await keys.type("Loud and clear");
  await keys.press("Enter");
  await expect(main.getByRole("article").filter({ hasText: "Loud and clear" })).toContainText("Do you hear me?");

  // Alt and arrows walk through the conversations, Escape closes a panel.
  await keys.press("Alt+ArrowDown");
  await expect(page.getByRole("heading", { level: 1, name: "Violin" })).toBeVisible();
  await keys.press("Alt+ArrowUp");
  await expect(page.getByRole("heading", { level: 1, name: "Piano" })).toBeVisible();
});

test("dialogs keep the focus, and give it back", async ({ team, enter }) => {
  const olga = await enter(team.olga);
  const keys = olga.page.keyboard;
  const opener = olga.rooms.getByRole("button", { name: "New room or message" });
  await opener.focus();
  await keys.press("Enter");
  await expect(olga.page.getByRole("menuitem", { name: "Message a person" })).toBeFocused();
  await keys.press("ArrowDown");
  await expect(olga.page.getByRole("menuitem", { name: "Create a room" })).toBeFocused();
  await keys.press("Enter");
  const dialog = olga.page.getByRole("dialog", { name: "Create a room" });
  await expect(dialog.getByLabel("Room name")).toBeFocused();
  for (let steps = 0; steps < 12; steps += 1) {
    await keys.press("Tab");
    expect(await dialog.evaluate((element) => element.contains(document.activeElement))).toBe(true);
  }
  await keys.press("Escape");
  await expect(dialog).toBeHidden();
  await expect(opener).toBeFocused();
});
