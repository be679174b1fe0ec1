import { fillSignIn, followLink, type Account } from "./harness/person.ts";
import { refusedWith } from "./harness/complaints.ts";
import { expect, test } from "./harness/test.ts";

test("the administrator sees who has followed their link, and the link works once", async ({ team, enter, newBrowser, complaints }) => {
  const admin = await enter(team.admin);
  await admin.openPeople();
  for (const { fullName, user } of [team.olga, team.ivan]) {
    await expect(admin.personRow(fullName)).toContainText(`@${user}:localhost`);
    await expect(admin.personRow(fullName)).toContainText("Member");
    await expect(admin.personRow(fullName)).toContainText("Active");
  }

  complaints.expect(refusedWith(404));
  const stranger = await newBrowser();
  for (const link of team.usedLinks) {
    await stranger.goto(link);
    await expect(stranger.getByRole("heading", { name: "This link no longer works" })).toBeVisible();
  }
  await stranger.getByRole("button", { name: "Go to sign in" }).click();
  await expect(stranger.getByRole("heading", { name: "Sign in to your team" })).toBeVisible();
});

test("somebody who is made an administrator sees the People page, until the right is taken away", async ({ team, enter, complaints }) => {
  complaints.expect(refusedWith(403)); // the page remembers the right for a moment
  const admin = await enter(team.admin);
  const ivan = await enter(team.ivan);
  await expect(ivan.rooms.getByRole("button", { name: "People" })).toBeHidden();

  await admin.openPeople();
  await admin.personRow(team.ivan.fullName).getByRole("button", { name: "Actions for" }).click();
  await admin.page.getByRole("menuitem", { name: "Make administrator" }).click();
  await admin.page.getByRole("dialog").getByRole("button", { name: "Make administrator" }).click();
  await expect(admin.personRow(team.ivan.fullName)).toContainText("Administrator");

  await ivan.page.reload();
  await ivan.openPeople();
  await expect(ivan.personRow(team.olga.fullName)).toBeVisible();

  await admin.personRow(team.ivan.fullName).getByRole("button", { name: "Actions for" }).click();
  await admin.page.getByRole("menuitem", { name: "Remove administrator rights" }).click();
  await admin.page.getByRole("dialog").getByRole("button", { name: "Remove administrator rights" }).click();
  await expect(admin.personRow(team.ivan.fullName)).toContainText("Member");

  await ivan.page.reload();
  await expect(ivan.page.getByText("Only administrators see this page.")).toBeVisible();
  await expect(ivan.rooms.getByRole("button", { name: "People" })).toBeHidden();
});

test("the last administrator stays one", async ({ team, enter, complaints }) => {
  complaints.expect(refusedWith(400));
  const admin = await enter(team.admin);
  await admin.openPeople();
  await admin.personRow(team.admin.fullName).getByRole("button", { name: "Actions for" }).click();
  await admin.page.getByRole("menuitem", { name: "Remove administrator rights" }).click();
  const dialog = admin.page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Remove administrator rights" }).click();
  await expect(dialog.getByText("There must be at least one active administrator.")).toBeVisible();
});

test("a deactivated person is signed out, learns why, and comes back with their new link", async ({ team, enter, newBrowser, complaints }) => {
  complaints.expect(refusedWith(401), refusedWith(403));
  const pavel: Account = { fullName: "Pavel Orlov", user: "pavel", password: "velvet harbour stone" };
  const admin = await enter(team.admin);
  await admin.openPeople();
  const link = await admin.addPerson(pavel.fullName, pavel.user);
  await expect(admin.personRow(pavel.fullName)).toContainText("Link sent");
  const person = await followLink(await newBrowser(), link, pavel);

  await admin.personRow(pavel.fullName).getByRole("button", { name: "Actions for" }).click();
  await admin.page.getByRole("menuitem", { name: "Deactivate" }).click();
  await admin.page.getByRole("dialog").getByRole("button", { name: "Deactivate" }).click();
  await expect(admin.personRow(pavel.fullName)).toContainText("Deactivated");

  await expect(person.page.getByText("Your session was ended. Please sign in again.")).toBeVisible();
  await fillSignIn(person.page, pavel.user, pavel.password);
  await expect(person.page.getByText("This account has been deactivated.")).toBeVisible();

  await admin.personRow(pavel.fullName).getByRole("button", { name: "Actions for" }).click();
  await admin.page.getByRole("menuitem", { name: "Reactivate" }).click();
  await expect(admin.personRow(pavel.fullName)).not.toContainText("Deactivated");
  await admin.personRow(pavel.fullName).getByRole("button", { name: "Actions for" }).click();
  await admin.page.getByRole("menuitem", { name: "New sign-in link" }).click();
  await admin.page.getByRole("dialog").getByRole("button", { name: "Make the link" }).click();
  const second = await admin.takeLink(pavel.fullName);
  await followLink(person.page, second, { ...pavel, password: "another three words" });
});
