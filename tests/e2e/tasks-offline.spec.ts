import { brokenConnection, refusedWith } from "./harness/complaints.ts";
import type { Person } from "./harness/person.ts";
import { card, inDays, keyOf, makeTask, openMyTasks, openPanel, setStatus } from "./harness/taskwork.ts";
import { expect, test } from "./harness/test.ts";

async function retitle(person: Person, title: string): Promise<void> {
  await person.panel.getByLabel("Title").fill(title);
  await person.panel.getByRole("button", { name: "Save: Title" }).click();
}

test("two change different fields of one task without a network: both stay", async ({ team, enter, complaints }) => {
  complaints.expect(brokenConnection);
  const [olga, ivan] = [await enter(team.olga), await enter(team.ivan)];
  await olga.newRoom("Drawbridge", ivan);
  await ivan.accept("Drawbridge");
  await olga.say("Build a bridge");
  await makeTask(olga, "Build a bridge", { assignee: "Ivan Sidorov" });
  const key = await keyOf(olga, "Build a bridge");
  for (const person of [olga, ivan]) await openPanel(person, "Build a bridge");

  for (const person of [olga, ivan]) await person.page.context().setOffline(true);
  for (const person of [olga, ivan]) await expect(person.page.getByText(/^No connection/)).toBeVisible();
  await olga.panel.getByLabel("Due date").fill(inDays(1));
  await setStatus(ivan.panel, "In progress");
  for (const person of [olga, ivan]) await expect(person.panel.getByRole("img", { name: "Waits to be sent" })).toBeVisible();
  await ivan.page.context().setOffline(false);
  await expect(ivan.panel.getByRole("img", { name: "Waits to be sent" })).toBeHidden();
  await olga.page.context().setOffline(false);
  for (const person of [olga, ivan]) {
    await expect(card(person, "Build a bridge")).toContainText("Tomorrow");
    await expect(card(person, "Build a bridge").getByRole("button", { name: `Status of ${key}: In progress` })).toBeVisible();
  }
  await expect(olga.page.getByText(`${key}: your change was joined with one by Ivan Sidorov`)).toBeVisible();
});

test("the same field changed in two places without a network: both are shown, and one decides", async ({ team, enter, complaints }) => {
  complaints.expect(brokenConnection);
  const [olga, desk] = [await enter(team.olga), await enter(team.olga)];
  await olga.newRoom("Ferry");
  await olga.say("Build a ferry");
  await makeTask(olga, "Build a ferry", {});
  const key = await keyOf(olga, "Build a ferry");
  await desk.open("Ferry");
  for (const person of [olga, desk]) await openPanel(person, "Build a ferry");

  await olga.page.context().setOffline(true);
  await expect(olga.page.getByText(/^No connection/)).toBeVisible();
  await retitle(olga, "Build a wooden ferry");
  await retitle(desk, "Build a steel ferry");
  await expect(desk.timeline.getByRole("button", { name: `Olga Petrova renamed ${key}: Build a steel ferry` })).toBeVisible();
  await olga.page.context().setOffline(false);
  const banner = olga.page.getByRole("status").filter({ hasText: "1 change needs your decision" });
  await banner.getByRole("button", { name: "Decide" }).click();
  const sides = olga.page.getByRole("dialog").getByRole("region", { name: key }).getByRole("group", { name: "Title" });
  await expect(sides).toContainText("Build a wooden ferry");
  await expect(sides).toContainText("Build a steel ferry");
  await sides.getByRole("button", { name: "Keep mine" }).click();
  await expect(olga.page.getByRole("dialog")).toBeHidden();
  await expect(banner).toBeHidden();
  for (const person of [olga, desk]) await expect(card(person, "Build a wooden ferry")).toBeVisible();
});

test("without the tasks service chat goes on, and what was asked for meanwhile is done when it is back", async ({ team, enter, server, complaints }) => {
  complaints.expect(brokenConnection, refusedWith(503), refusedWith(502));
  const [olga, ivan] = [await enter(team.olga), await enter(team.ivan)];
  await olga.newRoom("Harbour", ivan);
  await ivan.accept("Harbour");
  await olga.say("Paint the boat");
  await makeTask(olga, "Paint the boat", { assignee: "Ivan Sidorov" });
  const key = await keyOf(olga, "Paint the boat");
  await openPanel(ivan, "Paint the boat");
  const banner = ivan.page.getByText(/^The tasks service does not answer/);
  await expect(banner).toBeHidden();

  await server.withoutTasks(async () => {
    await setStatus(ivan.panel, "In progress");
    await expect(banner).toBeVisible();
    await expect(ivan.panel.getByRole("img", { name: "Waits to be sent" })).toBeVisible();
    await ivan.say("I start now");
    await expect(olga.message("I start now")).toBeVisible();
    await openMyTasks(olga);
    const field = olga.page.getByRole("textbox", { name: "New task" });
    await field.fill("Buy paint");
    await field.press("Enter");
    await expect(olga.page.getByRole("listitem").filter({ hasText: "Buy paint" })).toContainText("Being created");
    // What waits is still there after a reload.
    await ivan.page.reload();
    await expect(ivan.panel.getByRole("button", { name: `Status of ${key}: In progress` })).toBeVisible();
    await expect(ivan.panel.getByRole("img", { name: "Waits to be sent" })).toBeVisible();
  });
  await expect(banner).toBeHidden({ timeout: 30_000 });
  await expect(ivan.panel.getByRole("img", { name: "Waits to be sent" })).toBeHidden();
  await expect(olga.page.getByRole("listitem").filter({ hasText: "Buy paint" })).toContainText(/MY[A-Z0-9]*-\d+/);
  await olga.open("Harbour");
  await expect(card(olga, "Paint the boat").getByRole("button", { name: `Status of ${key}: In progress` })).toBeVisible();
});
