import { chromium } from "@playwright/test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { killBrowser, launchOptions } from "../harness/chromium.ts";
import { Handset } from "./handset.ts";
import { aPhone, brokenConnection, expect, test } from "./test.ts";

test("what is written without a connection survives the death of the app, and goes out in order, once", async ({ team, phones, enter, complaints }) => {
  complaints.expect(brokenConnection);
  const ivan = await enter(team.ivan);
  await ivan.newRoom("Tunnel");
  const profile = await mkdtemp(path.join(tmpdir(), "team-phone-"));
  const waiting = ["Wave 1.", "Wave 2.", "Wave 3."];
  try {
    const before = await chromium.launchPersistentContext(profile, { ...launchOptions, ...aPhone, locale: "en-GB" });
    const phone = new Handset(before.pages()[0] ?? (await before.newPage()), team.ivan);
    await phone.page.goto(phones.address);
    await phone.signIn(phones.address);
    await phone.open("Tunnel");
    await phone.say("Going in");
    await before.setOffline(true);
    await expect(phone.button(/^No connection/)).toBeVisible();
    for (const wave of waiting) {
      await phone.write(wave);
      await expect(phone.message(wave)).toContainText("Waits for the connection");
    }
    await phone.button(/^No connection, 3 wait to be sent/).tap();
    await expect(phone.page.getByRole("list", { name: "Outbox" }).getByText("Wave 3.")).toBeVisible();
    await phone.fits();
    await killBrowser(profile);

    const after = await chromium.launchPersistentContext(profile, { ...launchOptions, ...aPhone, locale: "en-GB" });
    complaints.listenTo(after);
    const again = new Handset(after.pages()[0] ?? (await after.newPage()), team.ivan);
    await again.page.goto(phones.address);
    await again.open("Tunnel");
    for (const wave of waiting) await expect(again.message(wave)).toBeVisible();
    await expect(again.timeline.getByText(/^(Sending…|Waits for the connection)$/)).toHaveCount(0);
    await expect.poll(() => ivan.told("Wave")).toEqual(waiting);
    await after.close();
  } finally {
    await killBrowser(profile);
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
});
