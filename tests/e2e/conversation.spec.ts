import { picture } from "./harness/picture.ts";
import { pick } from "./harness/person.ts";
import { whenDrawn, whenEntered } from "./harness/stopwatch.ts";
import { expect, test } from "./harness/test.ts";

test("Olga makes a room, finds Ivan and invites him; he declines, is asked again, and accepts", async ({ team, enter }) => {
  const [olga, ivan] = [await enter(team.olga), await enter(team.ivan)];
  await olga.newRoom("Cellar");
  await olga.page.getByRole("button", { name: "Members" }).click();

  for (const answer of ["Decline", "Accept"]) {
    await olga.panel.getByRole("button", { name: "Invite people" }).click();
    const dialog = olga.page.getByRole("dialog", { name: "Invite people to “Cellar”" });
    await pick(dialog, "Invite people", team.ivan.fullName);
    await dialog.getByRole("button", { name: "Invite", exact: true }).click();
    await expect(dialog).toBeHidden();

    await ivan.rooms.getByRole("region", { name: "Invitations" }).getByRole("link", { name: /^Cellar/ }).click();
    await expect(ivan.page.getByText("Olga Petrova invites you").last()).toBeVisible();
    await ivan.page.getByRole("button", { name: answer }).click();
    await expect(ivan.rooms.getByRole("region", { name: "Invitations" })).toBeHidden();
  }
  await expect(ivan.composer).toBeVisible();
  await expect(olga.panel.getByText("2 members")).toBeVisible();
  await olga.timeline.getByRole("button", { name: /changes in the room/ }).click();
  for (const what of ["Olga Petrova invited Ivan Sidorov", "Ivan Sidorov declined the invitation", "Ivan Sidorov joined"]) {
    await expect(olga.timeline.getByText(what).last()).toBeVisible();
  }
});

test("Ivan sees what Olga writes within a second", async ({ team, enter }) => {
  const [olga, ivan] = [await enter(team.olga), await enter(team.ivan)];
  await olga.newRoom("Clockwork", ivan);
  await ivan.accept("Clockwork");

  // Something else may need the machine for a moment: then another round is measured.
  const rounds = ["tick", "tack", "tock", "toll"];
  let took: number[] = [];
  for (const round of rounds) {
    took = [];
    for (let number = 1; number <= 5; number += 1) {
      const text = `${round} ${number}`;
      const { drawn } = await whenDrawn(ivan.page, text);
      const { pressed } = await whenEntered(olga.page);
      await olga.composer.fill(text);
      await olga.composer.press("Enter");
      took.push((await drawn) - (await pressed));
    }
    took.sort((a, b) => a - b);
    const figures = `from Enter to the other screen: median ${took[2]} ms, longest ${took[4]} ms`;
    console.log(figures);
    test.info().annotations.push({ type: "delivery", description: figures });
    if ((took[2] ?? Infinity) < 1000) break;
  }
  expect(took[2]).toBeLessThan(1000);
  expect(took[4]).toBeLessThan(3000);
});

test("messages are answered, reacted to, edited and deleted, and both see it", async ({ team, enter }) => {
  const [olga, ivan] = [await enter(team.olga), await enter(team.ivan)];
  await olga.newRoom("Kitchen", ivan);
  await ivan.accept("Kitchen");
  await olga.say("Soup or stew?");

  // A reply shows what it answers.
  await ivan.act(ivan.message("Soup or stew?"), "Reply");
  await expect(ivan.page.getByText("Reply to Olga Petrova")).toBeVisible();
  await ivan.say("Stew, of course");
  const answer = olga.message("Stew, of course");
  await expect(answer.getByRole("button", { name: "In reply to Olga Petrova: Soup or stew?" })).toBeVisible();

  // A reaction of both, and one of them takes it back.
  await olga.react("Stew, of course", "👍");
  const thumbs = (count: number) => ({ name: `👍, ${count} reaction${count === 1 ? "" : "s"}` });
  await ivan.message("Stew, of course").getByRole("button", thumbs(1)).click();
  await expect(answer.getByRole("button", thumbs(2))).toBeVisible();
  await expect(answer.getByRole("button", thumbs(2))).toHaveAttribute("aria-pressed", "true");
  await ivan.message("Stew, of course").getByRole("button", thumbs(2)).click();
  await expect(answer.getByRole("button", thumbs(1))).toBeVisible();
  await answer.getByRole("button", thumbs(1)).click();
  await expect(ivan.message("Stew, of course").getByRole("button", { name: /, \d+ reaction/ })).toHaveCount(0);

  // An edit replaces the text, and says so.
  await olga.say("At twelf");
  await olga.act(olga.message("At twelf"), "Edit");
  await olga.write("At twelve");
  await expect(ivan.message("At twelve")).toContainText("(edited)");
  await expect(ivan.message("At twelf")).toHaveCount(0);

  // What is deleted is gone for both, also after a reload.
  await olga.act(olga.message("At twelve"), "More actions");
  await olga.page.getByRole("menuitem", { name: "Delete" }).click();
  await olga.page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  for (const person of [olga, ivan]) {
    await expect(person.message("Message deleted")).toBeVisible();
    await expect(person.message("At twelve")).toHaveCount(0);
    await person.page.reload();
    await expect(person.message("Message deleted")).toBeVisible();
    await expect(person.message("At twelve")).toHaveCount(0);
    await expect(person.message("Stew, of course")).toBeVisible();
  }
});

test("a thread keeps side talk in one place", async ({ team, enter }) => {
  const [olga, ivan] = [await enter(team.olga), await enter(team.ivan)];
  await olga.newRoom("Garden", ivan);
  await ivan.accept("Garden");
  await olga.say("What shall we plant?");

  await ivan.openThread("What shall we plant?");
  await ivan.threadComposer.fill("Tomatoes");
  await ivan.threadComposer.press("Enter");
  await expect(ivan.threadMessage("Tomatoes")).toBeVisible();
  await expect(ivan.message("Tomatoes")).toHaveCount(1); // only as the last words under the first message

  const link = olga.message("What shall we plant?").getByRole("button", { name: /^Open thread: 1 reply/ });
  await expect(link).toContainText("Tomatoes");
  await link.click();
  await expect(olga.threadMessage("What shall we plant?")).toBeVisible();
  await expect(olga.threadMessage("Tomatoes")).toBeVisible();
  await olga.threadComposer.fill("And beans");
  await olga.threadComposer.press("Enter");
  await expect(ivan.threadMessage("And beans")).toBeVisible();
  await expect(ivan.message("What shall we plant?").getByRole("button", { name: /^Open thread: 2 replies/ })).toBeVisible();

  await olga.panel.getByRole("button", { name: "Back" }).click();
  await olga.panel.getByRole("button", { name: "Thread: What shall we plant?" }).click();
  await expect(olga.threadMessage("And beans")).toBeVisible();
  await olga.page.keyboard.press("Escape");
  await expect(olga.panel).toBeHidden();

  await ivan.page.reload();
  await expect(ivan.threadMessage("And beans")).toBeVisible();
});

test("pictures are shown and opened, files are downloaded", async ({ team, enter }) => {
  const [olga, ivan] = [await enter(team.olga), await enter(team.ivan)];
  await olga.newRoom("Gallery", ivan);
  await ivan.accept("Gallery");

  await olga.attach({ name: "harbour.png", mimeType: "image/png", buffer: picture(1200, 800) });
  await olga.say("The harbour this morning");
  for (const person of [olga, ivan]) {
    await expect(person.message("The harbour this morning")).toBeVisible();
    const shown = person.message("The harbour this morning").getByRole("img", { name: "harbour.png" });
    await expect(shown).toBeVisible();
    await expect.poll(() => shown.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(300);
  }
  // Ivan got a thumbnail; the whole picture comes when he opens it.
  const small = ivan.message("The harbour").getByRole("img", { name: "harbour.png" });
  expect(await small.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeLessThan(1200);
  await ivan.message("The harbour").getByRole("button", { name: "Open picture harbour.png" }).click();
  const viewer = ivan.page.getByRole("dialog", { name: "harbour.png" });
  const large = viewer.getByRole("img", { name: "harbour.png" });
  await expect.poll(() => large.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(1200);
  await ivan.page.keyboard.press("Escape");
  await expect(viewer).toBeHidden();

  const minutes = Buffer.from("1. Budget\n2. Cake\n");
  await olga.attach({ name: "Minutes & more.txt", mimeType: "text/plain", buffer: minutes });
  await olga.composer.press("Enter");
  const download = ivan.page.waitForEvent("download");
  await ivan.timeline.getByRole("button", { name: "Download Minutes & more.txt" }).click();
  expect((await download).suggestedFilename()).toBe("Minutes & more.txt");
  const stream = await (await download).createReadStream();
  expect(Buffer.concat(await stream.toArray())).toEqual(minutes);
});

test("one sees that the other writes, and what they have read", async ({ team, enter }) => {
  const [olga, ivan] = [await enter(team.olga), await enter(team.ivan)];
  await olga.newRoom("Porch", ivan);
  await ivan.accept("Porch");

  await olga.composer.pressSequentially("Is anybody");
  await expect(ivan.page.getByText("Olga Petrova is typing…")).toBeVisible();
  await olga.composer.fill("");
  await expect(ivan.page.getByText("Olga Petrova is typing…")).toBeHidden();

  await olga.say("Is anybody here?");
  await expect(olga.message("Is anybody here?").getByRole("img", { name: "Read by Ivan Sidorov" })).toBeVisible();
  await ivan.say("I am");
  await expect(ivan.message("I am").getByRole("img", { name: "Read by Olga Petrova" })).toBeVisible();
});

test("two people talk in private", async ({ team, enter }) => {
  const [olga, ivan] = [await enter(team.olga), await enter(team.ivan)];
  await olga.rooms.getByRole("button", { name: "New room or message" }).click();
  await olga.page.getByRole("menuitem", { name: "Message a person" }).click();
  const dialog = olga.page.getByRole("dialog", { name: "Message a person" });
  await pick(dialog, "Name or user name", team.ivan.fullName);
  await dialog.getByRole("button", { name: "Write" }).click();
  await olga.say("Between us");

  await ivan.room("Olga Petrova").click();
  await expect(ivan.page.getByText("Olga Petrova wants to talk with you")).toBeVisible();
  await ivan.page.getByRole("button", { name: "Accept" }).click();
  await expect(ivan.message("Between us")).toBeVisible();
  await expect(ivan.rooms.getByRole("region", { name: "Direct messages" }).getByRole("link", { name: "Olga Petrova" })).toBeVisible();
  await expect(olga.rooms.getByRole("region", { name: "Direct messages" }).getByRole("link", { name: "Ivan Sidorov" })).toBeVisible();
});
