import { expect, test } from "./harness/test.ts";
import type { Person } from "./harness/person.ts";

/** What the list says of a room: its name alone when everything is read. */
function says(person: Person, room: string, state: string): Promise<void> {
  const name = state === "" ? room : `${room}, ${state}`;
  return expect(person.rooms.getByRole("link", { name, exact: true })).toBeVisible();
}

test("what is unread is counted on every screen of a person, until it is read on one", async ({ team, enter }) => {
  const [olga, ivan, phone] = [await enter(team.olga), await enter(team.ivan), await enter(team.ivan)];
  await olga.newRoom("Atlas", ivan);
  await ivan.accept("Atlas");
  await olga.newRoom("Elsewhere");
  await olga.open("Atlas");
  await ivan.page.goBack();
  await ivan.page.goto(new URL("#/settings", ivan.page.url()).href);
  await says(ivan, "Atlas", "");

  // What other conversations have left unread counts in the title as well.
  const elsewhere = Number(/^\((\d+)\)/.exec(await ivan.page.title())?.[1] ?? 0);
  await olga.say("First");
  await olga.say("Second");
  for (const screen of [ivan, phone]) await says(screen, "Atlas", "2 unread messages");
  await says(olga, "Atlas", "");
  await expect(ivan.page).toHaveTitle(new RegExp(`^\\(${elsewhere + 2}\\) `));

  // A mention stands out, chosen from the list that "@" opens.
  await olga.composer.pressSequentially("@Iva");
  await olga.page.getByRole("option", { name: /Ivan Sidorov/ }).click();
  await olga.composer.pressSequentially("please look");
  await olga.composer.press("Enter");
  for (const screen of [ivan, phone]) await says(screen, "Atlas", "1 mention, 3 unread messages");

  // Counts come back from the store and the server.
  await ivan.page.reload();
  await says(ivan, "Atlas", "1 mention, 3 unread messages");

  // Reading on one screen reads on all.
  await ivan.open("Atlas");
  await expect(ivan.timeline.getByRole("separator", { name: "New messages" })).toBeVisible();
  for (const screen of [ivan, phone]) await says(screen, "Atlas", "");
  await expect(ivan.page).toHaveTitle(elsewhere === 0 ? /^[^(]/ : new RegExp(`^\\(${elsewhere}\\) `));
  await phone.page.reload();
  await says(phone, "Atlas", "");

  // The other way round: Ivan's answer is unread for Olga, who is elsewhere.
  await olga.open("Elsewhere");
  await ivan.say("I have looked");
  await says(olga, "Atlas", "1 unread message");
  await olga.page.reload();
  await says(olga, "Atlas", "1 unread message");
  await olga.open("Atlas");
  await says(olga, "Atlas", "");
});

test("what is unread in a thread is counted there, and read there", async ({ team, enter }) => {
  const [olga, ivan] = [await enter(team.olga), await enter(team.ivan)];
  await olga.newRoom("Bridge", ivan);
  await ivan.accept("Bridge");
  await olga.newRoom("Quarry");
  await olga.open("Bridge");
  await olga.say("Who has the plans?");
  await ivan.openThread("Who has the plans?");
  await ivan.threadComposer.fill("I do");
  await ivan.threadComposer.press("Enter");
  await olga.message("Who has the plans?").getByRole("button", { name: /^Open thread: 1 reply/ }).click();
  await expect(olga.threadMessage("I do")).toBeVisible();
  await says(olga, "Bridge", "");
  await olga.open("Quarry");

  await ivan.threadComposer.fill("Shall I bring them?");
  await ivan.threadComposer.press("Enter");
  await says(olga, "Bridge", "1 unread message");
  await olga.page.reload();
  await says(olga, "Bridge", "1 unread message");

  // Looking at the room does not read its thread.
  await olga.open("Bridge");
  const link = olga.message("Who has the plans?").getByRole("button", { name: "Open thread: 2 replies, 1 unread message" });
  await expect(link).toBeVisible();
  await says(olga, "Bridge", "1 unread message");
  await link.click();
  await expect(olga.threadMessage("Shall I bring them?")).toBeVisible();
  await says(olga, "Bridge", "");
  await olga.page.reload();
  await says(olga, "Bridge", "");
});

test("a room can be marked as read, as unread, and be muted", async ({ team, enter }) => {
  const [olga, ivan] = [await enter(team.olga), await enter(team.ivan)];
  await olga.newRoom("Drum", ivan);
  await ivan.accept("Drum");
  await ivan.newRoom("Silence");
  await olga.say("Boom");
  await says(ivan, "Drum", "1 unread message");
  const choose = async (action: string): Promise<void> => {
    await ivan.room("Drum").hover();
    await ivan.rooms.getByRole("button", { name: "More actions: Drum" }).click();
    await ivan.page.getByRole("menuitem", { name: action, exact: true }).click();
  };
  await choose("Mark as read");
  await says(ivan, "Drum", "");
  await choose("Mark as unread");
  await says(ivan, "Drum", "New messages");
  await choose("Mark as read");
  await choose("Mute");
  await says(ivan, "Drum", "Muted");
  await olga.say("Boom again");
  await expect(ivan.room("Drum")).toContainText("Boom again");
  await says(ivan, "Drum", "New messages, Muted");
});
