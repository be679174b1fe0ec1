import { expect, type Locator, type Page } from "@playwright/test";
import type { Account } from "../harness/person.ts";

/** Somebody with the phone app in their hand: what they do, in their own words. Everything is found by role and label. */
export class Handset {
  readonly page: Page;
  readonly account: Account;

  constructor(page: Page, account: Account) {
    this.page = page;
    this.account = account;
  }

  async signIn(server: string): Promise<void> {
    await this.page.getByLabel("Server address").fill(server);
    await this.page.getByLabel("User name").fill(this.account.user);
    await this.page.getByLabel("Password", { exact: true }).fill(this.account.password);
    await this.button("Sign in").tap();
    await expect(this.rooms).toBeVisible();
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole("button", { name, exact: true }).filter({ visible: true });
  }

  tab(name: string): Locator {
    return this.page.getByRole("tab", { name: new RegExp(`^${name}(,|$)`) }).filter({ visible: true });
  }

  // --- Chats -----------------------------------------------------------------------------------

  get rooms(): Locator {
    return this.page.getByRole("list", { name: "Rooms and people" });
  }

  /** The room in the list; its name tells what is unread. */
  room(name: string): Locator {
    return this.rooms.getByRole("link", { name: new RegExp(`^${name}(,|$)`) });
  }

  async open(room: string): Promise<void> {
    await this.room(room).tap();
    await expect(this.heading(room)).toBeVisible();
  }

  heading(name: string): Locator {
    return this.page.getByRole("heading", { level: 1, name, exact: true }).filter({ visible: true });
  }

  async back(): Promise<void> {
    await this.button("Back").tap();
  }

  get timeline(): Locator {
    return this.page.getByRole("log", { name: "Messages" }).filter({ visible: true });
  }

  message(text: string): Locator {
    return this.timeline.getByRole("article").filter({ hasText: text });
  }

  get composer(): Locator {
    return this.page.getByRole("textbox", { name: "Message", exact: true });
  }

  async write(text: string): Promise<void> {
    await this.composer.fill(text);
    await this.button("Send message").tap();
  }

  /** Writes, and waits until the server has it. */
  async say(text: string): Promise<void> {
    await this.write(text);
    await expect(this.message(text)).toBeVisible();
    await expect(this.message(text).getByText("Sending…")).toHaveCount(0);
  }

  /** One of the things that one can do with a message. */
  async act(message: string, action: string): Promise<void> {
    await this.message(message).getByText(message).first().tap();
    await this.sheet("Actions with the message").getByRole("button", { name: action, exact: true }).tap();
  }

  sheet(title: string): Locator {
    return this.page.getByRole("dialog", { name: title });
  }

  // --- Tasks -----------------------------------------------------------------------------------

  get tasks(): Locator {
    return this.page.getByRole("list", { name: "My tasks" });
  }

  async openTasks(): Promise<void> {
    await this.tab("My tasks").tap();
    await expect(this.heading("My tasks")).toBeVisible();
  }

  task(title: string): Locator {
    return this.page.getByRole("listitem").filter({ hasText: title }).filter({ visible: true });
  }

  async openTask(title: string): Promise<void> {
    await this.task(title).getByRole("button", { name: /^Open task/ }).tap();
    await expect(this.page.getByRole("heading", { level: 2, name: title })).toBeVisible();
  }

  /** Brings the task on the screen from one status to another. */
  async move(from: string, to: string): Promise<void> {
    await this.button(new RegExp(`^Status of .*: ${from}$`)).tap();
    await this.sheet("Status").getByRole("button", { name: to, exact: true }).tap();
    await expect(this.page.getByText(to, { exact: true }).filter({ visible: true }).first()).toBeVisible();
  }

  /** The names of what lies where a phone has its keychain. */
  secrets(): Promise<IDBValidKey[]> {
    return this.page.evaluate(async () => {
      const request = indexedDB.open("team-messenger-secrets");
      await new Promise((resolve) => (request.onsuccess = resolve));
      const names = request.result.transaction("secrets").objectStore("secrets").getAllKeys();
      await new Promise((resolve) => (names.onsuccess = resolve));
      return names.result;
    });
  }

  // --- Looks -----------------------------------------------------------------------------------

  /** Nothing sticks out at the side, and whatever is touched is at least 44 pixels high and wide. */
  async fits(): Promise<void> {
    const { over, small } = await this.page.evaluate(() => {
      const touched = 'button, [role="button"], [role="link"], [role="tab"], [role="radio"], [role="checkbox"], input, textarea';
      const shown = [...document.querySelectorAll<HTMLElement>(touched)].filter((each) => {
        const { width, height } = each.getBoundingClientRect();
        // Addresses within a text are as high as its lines.
        return width > 0 && height > 0 && each.checkVisibility() && !(each.tagName === "SPAN");
      });
      return {
        over: document.documentElement.scrollWidth - innerWidth,
        small: shown.flatMap((each) => {
          const { width, height } = each.getBoundingClientRect();
          return Math.min(width, height) < 43.5 ? [`${each.getAttribute("aria-label") ?? each.textContent}: ${width} x ${height}`] : [];
        }),
      };
    });
    expect(over).toBeLessThanOrEqual(0);
    expect(small).toEqual([]);
  }
}
