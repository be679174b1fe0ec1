import type { Page } from "@playwright/test";
import { expect, test } from "./harness/test.ts";

const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

/** Nothing sticks out at the side. */
async function fits(page: Page): Promise<void> {
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
}

test("on a phone one thing is shown at a time: rooms, a room, its panels, and back", async ({ team, enter }) => {
  const [olga, ivan] = [await enter(team.olga, phone), await enter(team.ivan)];
  await fits(olga.page);
  await ivan.newRoom("Pocket", olga);
  await ivan.say("Are you on the train?");

  await olga.room("Pocket").tap();
  await expect(olga.rooms).toBeHidden();
  await olga.page.getByRole("button", { name: "Accept" }).tap();
  await expect(olga.message("Are you on the train?")).toBeVisible();
  await fits(olga.page);

  // A tap shows what one can do with a message.
  await olga.message("Are you on the train?").tap();
  await olga.message("Are you on the train?").getByRole("button", { name: "Reply", exact: true }).tap();
  await olga.composer.fill("Nearly there");
  await olga.page.getByRole("button", { name: "Send message" }).tap();
  await expect(ivan.message("Nearly there")).toBeVisible();

  await olga.page.getByRole("button", { name: "Room menu" }).tap();
  await olga.page.getByRole("menuitem", { name: "Members" }).tap();
  await expect(olga.panel.getByText("Ivan Sidorov")).toBeVisible();
  await expect(olga.composer).toBeHidden();
  await fits(olga.page);
  await olga.page.goBack();
  await expect(olga.composer).toBeVisible();

  await olga.page.getByRole("button", { name: "Back to the list" }).tap();
  await expect(olga.rooms).toBeVisible();
  await expect(olga.composer).toBeHidden();
  await expect(olga.room("Pocket")).toContainText("You: Nearly there");

  // Open rooms, and what is searched among them.
  await olga.page.goto(new URL("#/explore", olga.page.url()).href);
  const search = olga.page.getByRole("searchbox", { name: "Search open rooms" });
  expect((await search.boundingBox())?.width).toBeLessThanOrEqual(390 - 32);
});

test("a thread and a picture work on a phone", async ({ team, enter }) => {
  const [olga, ivan] = [await enter(team.olga, phone), await enter(team.ivan)];
  await ivan.newRoom("Pouch", olga);
  await olga.accept("Pouch");
  await ivan.say("Who waters the plants?");
  await olga.message("Who waters the plants?").tap();
  await olga.message("Who waters the plants?").getByRole("button", { name: "Reply in a thread" }).tap();
  await olga.threadComposer.fill("I do, on Fridays");
  await olga.panel.getByRole("button", { name: "Send message" }).tap();
  await expect(olga.threadMessage("I do, on Fridays")).toBeVisible();
  await fits(olga.page);
  await olga.panel.getByRole("button", { name: "Close panel" }).tap();
  await expect(olga.message("Who waters the plants?").getByRole("button", { name: /^Open thread: 1 reply/ })).toBeVisible();
});

test("settings and the People page fit on a phone", async ({ team, enter }) => {
  const admin = await enter(team.admin, phone);
  await admin.openPeople();
  await expect(admin.personRow(team.olga.fullName)).toBeVisible();
  await fits(admin.page);
  await admin.page.getByRole("button", { name: "Back" }).tap();
  await admin.page.getByRole("button", { name: "Settings" }).tap();
  for (const section of ["Profile", "Appearance", "Notifications", "Password", "Sessions", "Keyboard"]) {
    await admin.page.getByRole("link", { name: section }).tap();
    await expect(admin.page.getByRole("heading", { level: 1, name: section })).toBeVisible();
    await fits(admin.page);
    await admin.page.getByRole("button", { name: "Back" }).tap();
  }
  await admin.page.getByRole("button", { name: "Back" }).tap();
  await expect(admin.rooms).toBeVisible();
});
