import { brokenConnection, refusedWith } from "./harness/complaints.ts";
import type { Person } from "./harness/person.ts";
import { expect, test } from "./harness/test.ts";

/** These messages "<word> <number>." stand in the timeline, once and in this order; none waits or has failed. */
async function hasOnce(person: Person, word: string, numbers: readonly number[]): Promise<void> {
  await expect.poll(() => person.told(word)).toEqual(numbers.map((number) => `${word} ${number}.`));
  await expect(person.timeline.getByRole("img", { name: "Sending…" })).toHaveCount(0);
  await expect(person.timeline.getByText("Not sent")).toHaveCount(0);
}

test("what is written without a network goes out when it is back, once and in order", async ({ team, enter, complaints }) => {
  complaints.expect(brokenConnection);
  const [olga, ivan] = [await enter(team.olga), await enter(team.ivan)];
  await olga.newRoom("Island", ivan);
  await ivan.accept("Island");
  await olga.say("Bottle 0.");

  await olga.page.context().setOffline(true);
  await expect(olga.page.getByText(/^No connection/)).toBeVisible();
  for (const number of [1, 2, 3]) await olga.write(`Bottle ${number}.`);
  await expect(olga.page.getByText("3 messages waiting to be sent")).toBeVisible();
  await expect(olga.timeline.getByRole("img", { name: "Sending…" })).toHaveCount(3);
  await expect(ivan.message("Bottle 1.")).toHaveCount(0);

  await olga.page.context().setOffline(false);
  await expect(olga.page.getByText(/^No connection/)).toBeHidden();
  for (const person of [olga, ivan]) await hasOnce(person, "Bottle", [0, 1, 2, 3]);
  await olga.page.reload();
  await hasOnce(olga, "Bottle", [0, 1, 2, 3]);
});

test("what was missed without a network is there when it is back", async ({ team, enter, complaints }) => {
  complaints.expect(brokenConnection);
  const [olga, ivan] = [await enter(team.olga), await enter(team.ivan)];
  await olga.newRoom("Lighthouse", ivan);
  await ivan.accept("Lighthouse");
  await olga.say("Flash 0.");
  await expect(ivan.message("Flash 0.")).toBeVisible();
  await ivan.page.context().setOffline(true);
  await expect(ivan.page.getByText(/^No connection/)).toBeVisible();
  const numbers = Array.from({ length: 31 }, (_, number) => number); // more than one answer of sync brings
  for (const number of numbers.slice(1)) await olga.write(`Flash ${number}.`);
  await hasOnce(olga, "Flash", numbers);

  await ivan.page.context().setOffline(false);
  await hasOnce(ivan, "Flash", numbers);
});

test("drafts survive a reload, in a room and in a thread", async ({ team, enter }) => {
  const olga = await enter(team.olga);
  await olga.newRoom("Desk");
  await olga.say("A root");
  await olga.openThread("A root");
  await olga.threadComposer.fill("Half a thought");
  await olga.composer.fill("A whole one, nearly");
  await expect.poll(() => drafts(olga)).toEqual(["A whole one, nearly", "Half a thought"]);
  await olga.page.reload();
  await expect(olga.threadComposer).toHaveValue("Half a thought");
  await expect(olga.composer).toHaveValue("A whole one, nearly");
  await olga.composer.press("Enter");
  await expect(olga.message("A whole one, nearly")).toBeVisible();
  await expect(olga.composer).toHaveValue("");
});

test("what the server refuses is kept, and can be sent again or thrown away", async ({ team, enter, complaints }) => {
  complaints.expect(brokenConnection, refusedWith(403));
  const [olga, ivan] = [await enter(team.olga), await enter(team.ivan)];
  await olga.newRoom("Tower", ivan);
  await ivan.accept("Tower");
  await ivan.say("Stone 0.");
  await ivan.page.context().setOffline(true);
  await ivan.write("Stone 1.");
  await ivan.write("Stone 2.");

  await olga.page.getByRole("button", { name: "Members" }).click();
  await olga.panel.getByRole("button", { name: "Actions for Ivan Sidorov" }).click();
  await olga.page.getByRole("menuitem", { name: "Remove from the room" }).click();
  await olga.page.getByRole("dialog").getByRole("button", { name: "Remove from the room" }).click();
  await expect(olga.panel.getByText("1 member")).toBeVisible();

  await ivan.page.context().setOffline(false);
  await expect(ivan.page.getByText("2 messages not sent")).toBeVisible();
  await olga.panel.getByRole("button", { name: "Invite people" }).click();
  const dialog = olga.page.getByRole("dialog", { name: "Invite people to “Tower”" });
  await dialog.getByRole("combobox", { name: "Invite people" }).pressSequentially("Ivan");
  await dialog.getByRole("option", { name: team.ivan.fullName }).click();
  await dialog.getByRole("button", { name: "Invite", exact: true }).click();

  await ivan.accept("Tower");
  await ivan.message("Stone 1.").getByRole("button", { name: "Send again" }).click();
  await ivan.message("Stone 2.").getByRole("button", { name: "Discard" }).click();
  await expect(ivan.page.getByText("not sent")).toHaveCount(0);
  for (const person of [olga, ivan]) await hasOnce(person, "Stone", [0, 1]);
});

/** The unsent words that the browser keeps. */
function drafts(person: Person): Promise<string[]> {
  return person.page.evaluate(
    () =>
      new Promise<string[]>((resolve, reject) => {
        const open = indexedDB.open("team-messenger");
        open.onerror = () => reject(open.error);
        open.onsuccess = () => {
          const rows = open.result.transaction("drafts").objectStore("drafts").getAll();
          rows.onsuccess = () => {
            open.result.close();
            resolve(rows.result.map((row: { text: string }) => row.text).sort());
          };
        };
      }),
  );
}
