import type { BrowserContext, BrowserContextOptions } from "@playwright/test";
import { exportApp } from "../../../mobile/export.mjs";
import type { Account } from "../harness/person.ts";
import { expect, test as base } from "../harness/test.ts";
import { Handset } from "./handset.ts";
import { PhoneServer } from "./phoneServer.ts";

export { expect };
export { brokenConnection, refusedWith } from "../harness/complaints.ts";

export const aPhone: BrowserContextOptions = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

interface TestFixtures {
  /** Somebody takes a phone of their own and signs in. */
  take: (account: Account, options?: BrowserContextOptions) => Promise<Handset>;
}

interface WorkerFixtures {
  /** Where the phone app comes from. */
  phones: PhoneServer;
}

/** The web client's harness, and phones beside it. */
export const test = base.extend<TestFixtures, WorkerFixtures>({
  phones: [
    async ({ server }, use) => {
      const phones = await PhoneServer.start(await exportApp(), server.address);
      await use(phones);
      await phones.stop();
    },
    { scope: "worker", timeout: 300_000 },
  ],

  take: async ({ browser, phones, complaints }, use) => {
    const contexts: BrowserContext[] = [];
    await use(async (account, options = {}) => {
      const context = await browser.newContext({ ...aPhone, ...options });
      contexts.push(context);
      complaints.listenTo(context);
      const page = await context.newPage();
      await page.goto(phones.address);
      const handset = new Handset(page, account);
      await handset.signIn(phones.address);
      return handset;
    });
    for (const context of contexts) await context.close();
  },
});
