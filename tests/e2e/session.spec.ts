import { refusedWith } from "./harness/complaints.ts";
import { fillSignIn, followLink, Person, type Account } from "./harness/person.ts";
import { expect, test } from "./harness/test.ts";

test("one signs out and in again, and a wrong password is said to be wrong", async ({ team, enter, complaints }) => {
  complaints.expect(refusedWith(403));
  const olga = await enter(team.olga);
  await olga.newRoom("Cloakroom");
  await olga.say("My coat is here");
  await olga.logOut();
  await expect(olga.page.getByText("Cloakroom")).toBeHidden();

  await fillSignIn(olga.page, team.olga.user, "not this one");
  await expect(olga.page.getByText("Wrong user name or password.")).toBeVisible();
  await fillSignIn(olga.page, "nobody", team.olga.password);
  await expect(olga.page.getByText("Wrong user name or password.")).toBeVisible();
  await fillSignIn(olga.page, "@olga:localhost", team.olga.password);
  await olga.open("Cloakroom");
  await expect(olga.message("My coat is here")).toBeVisible();
});

test("a reload and a second tab need no new sign-in, and both tabs are live", async ({ team, enter }) => {
  const [olga, ivan] = [await enter(team.olga), await enter(team.ivan)];
  await olga.newRoom("Twins", ivan);
  await ivan.accept("Twins");
  await olga.page.reload();
  await expect(olga.composer).toBeVisible();
  const second = new Person(await olga.page.context().newPage(), team.olga);
  await second.page.goto(olga.page.url());
  await expect(second.composer).toBeVisible();
  await ivan.say("Which of you is it?");
  for (const tab of [olga, second]) await expect(tab.message("Which of you is it?")).toBeVisible();
  await second.say("The second");
  for (const person of [olga, ivan]) await expect(person.message("The second")).toBeVisible();

  // The first tab goes, and the second goes on alone.
  await olga.page.close();
  await ivan.say("And now?");
  await expect(second.message("And now?")).toBeVisible();
  await second.say("Still here");
  await expect(ivan.message("Still here")).toBeVisible();
});

test("with a temporary password one has to choose a new one first", async ({ server, team, enter, newBrowser, complaints }) => {
  complaints.expect(refusedWith(401), refusedWith(403));
  const nina: Account = { fullName: "Nina Belova", user: "nina", password: "seven quiet owls" };
  const admin = await enter(team.admin);
  await admin.openPeople();
  const link = await admin.addPerson(nina.fullName, nina.user);
  const person = await followLink(await newBrowser(), link, nina);

  const temporary = await server.resetPassword(nina.user);
  await expect(person.page.getByText("Your session was ended. Please sign in again.")).toBeVisible();
  await fillSignIn(person.page, nina.user, nina.password);
  await expect(person.page.getByText("Wrong user name or password.")).toBeVisible();
  await fillSignIn(person.page, nina.user, temporary);
  await expect(person.page.getByRole("heading", { name: "Choose a new password" })).toBeVisible();
  await admin.page.reload();
  await expect(admin.personRow(nina.fullName)).toContainText("Must change password");

  await person.page.getByLabel("New password").fill("short");
  await person.page.getByRole("button", { name: "Change password" }).click();
  await expect(person.page.getByText("At least 8 characters, please.")).toBeVisible();
  await person.page.getByLabel("New password").fill("eight quiet owls");
  await person.page.getByLabel("Repeat the password").fill("eight loud owls");
  await person.page.getByRole("button", { name: "Change password" }).click();
  await expect(person.page.getByText("The passwords don't match.")).toBeVisible();
  await person.page.getByLabel("Repeat the password").fill("eight quiet owls");
  await person.page.getByRole("button", { name: "Change password" }).click();
  await expect(person.rooms).toBeVisible();
  await person.logOut();
  await new Person(person.page, { ...nina, password: "eight quiet owls" }).signIn();
});

test("a session that is ended elsewhere ends here", async ({ team, enter, complaints }) => {
  complaints.expect(refusedWith(401));
  const [desk, lost] = [await enter(team.olga), await enter(team.olga)];
  await desk.page.getByRole("button", { name: "Settings" }).click();
  await desk.page.getByRole("link", { name: "Sessions" }).click();
  const others = desk.page.getByRole("region", { name: "Other sessions" });
  await others.getByRole("button", { name: /^End session/ }).first().click();
  const dialog = desk.page.getByRole("dialog");
  await dialog.getByLabel("Password", { exact: true }).fill(team.olga.password);
  await dialog.getByRole("button", { name: "End session" }).click();
  await expect(desk.page.getByText("Done: the session has ended")).toBeVisible();
  await expect(lost.page.getByText("Your session was ended. Please sign in again.")).toBeVisible();
  await expect(desk.rooms).toBeVisible();
});

test("a password is changed in the settings", async ({ team, enter, complaints }) => {
  complaints.expect(refusedWith(401), refusedWith(403));
  const ivan = await enter(team.ivan);
  await ivan.page.getByRole("button", { name: "Settings" }).click();
  await ivan.page.getByRole("link", { name: "Password" }).click();
  const change = async (from: string, to: string): Promise<void> => {
    await ivan.page.getByLabel("Current password").fill(from);
    await ivan.page.getByLabel("New password").fill(to);
    await ivan.page.getByLabel("Repeat the password").fill(to);
    await ivan.page.getByRole("button", { name: "Change password" }).click();
  };
  await change("a wrong guess", "tin maple kettle");
  await expect(ivan.page.getByText("The current password is wrong.")).toBeVisible();
  await change(team.ivan.password, "tin maple kettle");
  await expect(ivan.page.getByText("The password has been changed")).toBeVisible();
  await change("tin maple kettle", team.ivan.password);
  await expect(ivan.page.getByLabel("Current password")).toHaveValue("");
});
