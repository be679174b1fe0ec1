import { picture } from "../harness/picture.ts";
import { expect, test } from "./test.ts";

test("a conversation between phone and browser: unread, read, answers, reactions", async ({ team, enter, take }) => {
  const ivan = await enter(team.ivan);
  const olga = await take(team.olga);
  await olga.fits();
  await ivan.newRoom("Pocket");
  await ivan.page.getByRole("button", { name: "Members" }).click();
  await ivan.page.getByRole("button", { name: "Invite people" }).click();
  const dialog = ivan.page.getByRole("dialog", { name: /^Invite/ });
  await dialog.getByRole("combobox").pressSequentially("Olga");
  await dialog.getByRole("option", { name: "Olga Petrova" }).click();
  await dialog.getByRole("button", { name: "Invite" }).click();

  await olga.room("Pocket").tap();
  await expect(olga.page.getByText("Ivan Sidorov invites you to “Pocket”")).toBeVisible();
  await olga.button("Accept").tap();
  await expect(olga.composer).toBeVisible();
  await olga.back();

  await ivan.say("Are you on the train?");
  await expect(olga.room("Pocket")).toHaveAccessibleName("Pocket, 1 unread message");
  await olga.open("Pocket");
  await expect(olga.message("Are you on the train?")).toBeVisible();
  // Ivan sees that she has read it.
  await expect(ivan.message("Are you on the train?").getByRole("img", { name: "Read by Olga Petrova" })).toBeVisible();

  await olga.act("Are you on the train?", "Reply");
  await olga.say("Nearly there");
  await olga.fits();
  await expect(ivan.message("Nearly there")).toContainText("Are you on the train?");
  await olga.act("Are you on the train?", "React with 👍");
  await expect(olga.message("Are you on the train?").getByRole("button", { name: "👍, 1 reaction" })).toBeVisible();
  await expect(ivan.message("Are you on the train?").getByRole("button", { name: /👍/ })).toBeVisible();

  await ivan.act(ivan.message("Nearly there"), "Reply in a thread");
  await ivan.threadComposer.fill("Which platform?");
  await ivan.panel.getByRole("button", { name: "Send message" }).click();
  await olga.message("Nearly there").getByRole("button", { name: "Open the thread: 1 reply" }).tap();
  await expect(olga.message("Which platform?")).toBeVisible();
  await olga.fits();
  await olga.back();
  await olga.back();
  await expect(olga.room("Pocket")).toContainText("Ivan Sidorov: Which platform?");
});

test("pictures are shown, and fill the screen at a touch", async ({ team, enter, take }) => {
  const ivan = await enter(team.ivan);
  const olga = await take(team.olga);
  await ivan.newRoom("Gallery");
  await ivan.attach({ name: "sunset.png", mimeType: "image/png", buffer: picture(1200, 800) });
  await ivan.page.getByRole("button", { name: "Send message" }).click();
  await ivan.page.getByRole("button", { name: "Members" }).click();
  await ivan.page.getByRole("button", { name: "Invite people" }).click();
  const dialog = ivan.page.getByRole("dialog", { name: /^Invite/ });
  await dialog.getByRole("combobox").pressSequentially("Olga");
  await dialog.getByRole("option", { name: "Olga Petrova" }).click();
  await dialog.getByRole("button", { name: "Invite" }).click();

  await olga.room("Gallery").tap();
  await olga.button("Accept").tap();
  const thumbnail = olga.timeline.getByRole("button", { name: "Open picture sunset.png" });
  await expect(thumbnail.locator("img")).toHaveJSProperty("complete", true);
  const { width, height } = (await thumbnail.boundingBox()) ?? { width: 0, height: 0 };
  expect(Math.abs(width / height - 1.5)).toBeLessThan(0.05);
  await thumbnail.tap();
  const viewer = olga.page.getByRole("dialog", { name: "Picture sunset.png" });
  await expect(viewer.locator("img")).toHaveJSProperty("complete", true);
  // The small one stands in until the large one is there.
  await expect.poll(() => viewer.locator("img").evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(800);
  await olga.button("Close the picture").tap();
  await expect(viewer).toBeHidden();
});
