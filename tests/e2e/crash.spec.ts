import { chromium } from "@playwright/test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { killBrowser, launchOptions } from "./harness/chromium.ts";
import { brokenConnection, refusedWith } from "./harness/complaints.ts";
import { Person } from "./harness/person.ts";
import { expect, test } from "./harness/test.ts";

const many = 40;

// The server starts anew in each.
test.describe.configure({ timeout: 300_000 });

/** Those that the server has acknowledged, as far as the writer's screen says. */
async function acknowledged(person: Person): Promise<string[]> {
  const rows = person.timeline.getByRole("article").filter({ hasNot: person.page.getByRole("img", { name: "Sending…" }) });
  return (await rows.allTextContents()).flatMap((text) => text.match(/Wave \d+\./) ?? []);
}

test("the server is killed in the middle of sending: what was acknowledged is there once, the rest goes out after the restart", async ({
  server,
  team,
  enter,
  complaints,
}) => {
  // The tasks service is up a moment after the homeserver.
  complaints.expect(brokenConnection, refusedWith(503));
  const [olga, ivan] = [await enter(team.olga), await enter(team.ivan)];
  await olga.newRoom("Shore", ivan);
  await ivan.accept("Shore");
  const waves = Array.from({ length: many }, (_, at) => `Wave ${at + 1}.`);

  const writing = (async () => {
    for (const wave of waves) await olga.write(wave);
  })();
  await expect(ivan.message("Wave 5.")).toBeVisible();
  await server.kill();
  await writing;
  const safe = await acknowledged(olga);
  expect(safe.length).toBeGreaterThanOrEqual(4);
  expect(safe).toEqual(waves.slice(0, safe.length));
  await expect(olga.page.getByText(/^No connection/)).toBeVisible();
  await expect(olga.page.getByText(`${many - safe.length} messages waiting to be sent`)).toBeVisible();
  await expect(olga.page.getByRole("button", { name: "Try now" })).toBeVisible();

  await server.start();
  await olga.page.getByRole("button", { name: "Try now" }).click();
  for (const person of [olga, ivan]) {
    await expect.poll(() => person.told("Wave"), { timeout: 90_000 }).toEqual(waves);
    await expect(person.timeline.getByRole("img", { name: "Sending…" })).toHaveCount(0);
    await expect(person.page.getByText(/^No connection/)).toBeHidden();
  }
  // What a browser shows after a reload comes from the server.
  await ivan.page.reload();
  await expect.poll(() => ivan.told("Wave")).toEqual(waves);
});

test("server and browser are killed together: nothing is lost, nothing is doubled", async ({ server, team, enter, complaints }) => {
  // The tasks service is up a moment after the homeserver.
  complaints.expect(brokenConnection, refusedWith(503));
  const ivan = await enter(team.ivan);
  const profile = await mkdtemp(path.join(tmpdir(), "team-e2e-profile-"));
  const waves = Array.from({ length: many }, (_, at) => `Wave ${at + 1}.`);
  try {
    const before = await chromium.launchPersistentContext(profile, { ...launchOptions, locale: "en-GB" });
    const page = before.pages()[0] ?? (await before.newPage());
    await page.goto(server.address);
    const olga = new Person(page, team.olga);
    await olga.signIn();
    await olga.newRoom("Cliff", ivan);
    await ivan.accept("Cliff");
    const address = page.url();
    const written: string[] = [];
    const writing = (async () => {
      for (const wave of waves) {
        await olga.write(wave);
        await expect(olga.composer).toHaveValue("");
        written.push(wave);
      }
    })().catch(() => undefined); // the browser dies under it
    await expect(ivan.message("Wave 5.")).toBeVisible();
    await server.kill();
    await expect.poll(() => written.length).toBeGreaterThan(10);
    await expect(olga.message(written[9] ?? "")).toBeVisible();
    const kept = await olga.told("Wave"); // what she has seen in her timeline is in her outbox
    await killBrowser(profile);
    await writing;
    await before.close().catch(() => undefined);

    await server.start();
    const after = await chromium.launchPersistentContext(profile, { ...launchOptions, locale: "en-GB" });
    complaints.listenTo(after);
    const again = new Person(after.pages()[0] ?? (await after.newPage()), team.olga);
    await again.page.goto(address);
    await expect.poll(async () => (await again.told("Wave")).length, { timeout: 90_000 }).toBeGreaterThanOrEqual(kept.length);
    await expect(again.timeline.getByRole("img", { name: "Sending…" })).toHaveCount(0);
    const all = await again.told("Wave");
    expect(all).toEqual(waves.slice(0, all.length));
    await expect.poll(() => ivan.told("Wave"), { timeout: 90_000 }).toEqual(all);
    await after.close();
  } finally {
    await killBrowser(profile);
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
});
