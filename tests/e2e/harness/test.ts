import { test as base, expect, type BrowserContextOptions, type Page } from "@playwright/test";
import { Complaints } from "./complaints.ts";
import { followLink, Person, type Account } from "./person.ts";
import { TeamMessenger } from "./server.ts";

export { expect };

/** The accounts of the suite, and the links by which Olga and Ivan came in. */
export interface Team {
  readonly admin: Account;
  readonly olga: Account;
  readonly ivan: Account;
  readonly usedLinks: readonly string[];
}

interface TestFixtures {
  /** What browsers complain of; the test fails when anything is left that it did not `expect`. */
  complaints: Complaints;
  /** A browser of its own, at the address of Team Messenger. */
  newBrowser: (options?: BrowserContextOptions) => Promise<Page>;
  /** Somebody opens a browser of their own and signs in. */
  enter: (account: Account, options?: BrowserContextOptions) => Promise<Person>;
}

interface WorkerFixtures {
  server: TeamMessenger;
  team: Team;
}

export const test = base.extend<TestFixtures, WorkerFixtures>({
  server: [
    async ({}, use) => {
      const server = await TeamMessenger.install();
      try {
        await server.start();
        await use(server);
      } finally {
        await server.remove();
      }
    },
    { scope: "worker", timeout: 240_000 },
  ],

  // The administrator signs in and adds Olga and Ivan; each follows their link in a browser of their own.
  team: [
    async ({ browser, server }, use) => {
      const admin: Account = { fullName: "admin", user: "admin", password: server.adminPassword };
      const olga: Account = { fullName: "Olga Petrova", user: "olga", password: "birch river lantern" };
      const ivan: Account = { fullName: "Ivan Sidorov", user: "ivan", password: "copper maple kettle" };
      const usedLinks: string[] = [];
      const office = await browser.newContext();
      const page = await office.newPage();
      await page.goto(server.address);
      const administrator = new Person(page, admin);
      await administrator.signIn();
      await administrator.openPeople();
      for (const account of [olga, ivan]) {
        const link = await administrator.addPerson(account.fullName, account.user);
        const elsewhere = await browser.newContext();
        await followLink(await elsewhere.newPage(), link, account);
        await elsewhere.close();
        usedLinks.push(link);
      }
      await office.close();
      await use({ admin, olga, ivan, usedLinks });
    },
    { scope: "worker", timeout: 90_000 },
  ],

  complaints: async ({}, use) => {
    const complaints = new Complaints();
    await use(complaints);
    expect(complaints.unexpected, "nothing in the browsers' consoles").toEqual([]);
  },

  newBrowser: async ({ browser, server, complaints }, use) => {
    const contexts: { close(): Promise<void> }[] = [];
    await use(async (options = {}) => {
      const context = await browser.newContext(options);
      contexts.push(context);
      complaints.listenTo(context);
      const page = await context.newPage();
      await page.goto(server.address);
      return page;
    });
    for (const context of contexts) await context.close();
  },

  enter: async ({ newBrowser }, use) => {
    await use(async (account, options) => {
      const person = new Person(await newBrowser(options), account);
      await person.signIn();
      return person;
    });
  },
});
