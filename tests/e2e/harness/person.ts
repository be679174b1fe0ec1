import { expect, type Locator, type Page } from "@playwright/test";

export interface Account {
  readonly fullName: string;
  readonly user: string;
  readonly password: string;
}

/** Somebody in front of a browser: what they do, in their own words. Everything is found by role and label. */
export class Person {
  readonly page: Page;
  readonly account: Account;

  constructor(page: Page, account: Account) {
    this.page = page;
    this.account = account;
  }

  // --- Coming and going ------------------------------------------------------------------------

  async signIn(): Promise<void> {
    await fillSignIn(this.page, this.account.user, this.account.password);
    await expect(this.rooms).toBeVisible();
  }

  async logOut(): Promise<void> {
    await this.page.getByRole("button", { name: `Account of ${this.account.fullName}` }).click();
    await this.page.getByRole("menuitem", { name: "Log out" }).click();
    await this.page.getByRole("dialog").getByRole("button", { name: "Log out" }).click();
    await expect(this.page.getByRole("heading", { name: "Sign in to your team" })).toBeVisible();
  }

  // --- The list of conversations ---------------------------------------------------------------

  get rooms(): Locator {
    return this.page.getByRole("navigation", { name: "Rooms and people" });
  }

  /** The room in the list; its name tells what is unread. */
  room(name: string): Locator {
    return this.rooms.getByRole("link", { name: new RegExp(`^${literal(name)}(,|$)`) });
  }

  async open(room: string): Promise<void> {
    await this.room(room).click();
    await expect(this.page.getByRole("heading", { level: 1, name: room })).toBeVisible();
  }

  async newRoom(name: string, ...invited: Person[]): Promise<void> {
    await this.rooms.getByRole("button", { name: "New room or message" }).click();
    await this.page.getByRole("menuitem", { name: "Create a room" }).click();
    const dialog = this.page.getByRole("dialog", { name: "Create a room" });
    await dialog.getByLabel("Room name").fill(name);
    for (const other of invited) await pick(dialog, "Invite people", other.account.fullName);
    await dialog.getByRole("button", { name: "Create" }).click();
    await expect(this.page.getByRole("heading", { level: 1, name })).toBeVisible();
    await expect(this.composer).toBeVisible();
  }

  async accept(room: string): Promise<void> {
    await this.room(room).click();
    await this.page.getByRole("button", { name: "Accept" }).click();
    await expect(this.composer).toBeVisible();
  }

  // --- A conversation --------------------------------------------------------------------------

  get timeline(): Locator {
    return this.page.getByRole("main").getByRole("log", { name: "Messages" });
  }

  get composer(): Locator {
    return this.page.getByRole("main").getByRole("textbox", { name: "Message", exact: true });
  }

  /** The thread, list or form at the right. */
  get panel(): Locator {
    return this.page.getByRole("complementary", { name: "Side panel" });
  }

  get threadComposer(): Locator {
    return this.panel.getByRole("textbox", { name: "Reply in the thread" });
  }

  message(text: string): Locator {
    return messageIn(this.timeline, text);
  }

  threadMessage(text: string): Locator {
    return messageIn(this.panel.getByRole("log", { name: "Messages" }), text);
  }

  /** The messages "<word> <number>." of the timeline, in their order. */
  async told(word: string): Promise<string[]> {
    return ((await this.timeline.textContent()) ?? "").match(new RegExp(`${word} \\d+\\.`, "g")) ?? [];
  }

  async write(text: string): Promise<void> {
    await this.composer.fill(text);
    await this.composer.press("Enter");
  }

  /** Writes, and waits until the server has it. */
  async say(text: string): Promise<void> {
    await this.write(text);
    await expect(this.message(text)).toBeVisible();
    await expect(this.message(text).getByRole("img", { name: "Sending…" })).toBeHidden();
  }

  /** One of the actions that a message offers when one points at it. */
  async act(message: Locator, action: string): Promise<void> {
    await message.hover();
    await message.getByRole("toolbar", { name: "Message actions" }).getByRole("button", { name: action, exact: true }).click();
  }

  async openThread(message: string): Promise<void> {
    await this.act(this.message(message), "Reply in a thread");
    await expect(this.threadComposer).toBeVisible();
  }

  async react(message: string, emoji: string): Promise<void> {
    await this.act(this.message(message), "Add a reaction");
    await this.page.getByRole("dialog", { name: "Emoji" }).getByRole("button", { name: emoji }).first().click();
  }

  async attach(file: { name: string; mimeType: string; buffer: Buffer }): Promise<void> {
    const chooser = this.page.waitForEvent("filechooser");
    await this.page.getByRole("main").getByRole("button", { name: "Attach files" }).click();
    await (await chooser).setFiles(file);
    await expect(this.page.getByRole("main").getByRole("list", { name: "1 file to send" })).toBeVisible();
  }

  // --- Elsewhere -------------------------------------------------------------------------------

  async openPeople(): Promise<void> {
    await this.rooms.getByRole("button", { name: "People" }).click();
    await expect(this.page.getByRole("table", { name: "People" })).toBeVisible();
  }

  personRow(fullName: string): Locator {
    return this.page.getByRole("table", { name: "People" }).getByRole("row", { name: fullName });
  }

  /** An administrator adds somebody; the answer is the one-time link. */
  async addPerson(fullName: string, user: string): Promise<string> {
    await this.page.getByRole("button", { name: "Add a person" }).click();
    const dialog = this.page.getByRole("dialog", { name: "Add a person" });
    await dialog.getByLabel("Full name").fill(fullName);
    await dialog.getByLabel("User name").fill(user);
    await dialog.getByRole("button", { name: "Add and get the link" }).click();
    return this.takeLink(fullName);
  }

  async takeLink(fullName: string): Promise<string> {
    const dialog = this.page.getByRole("dialog", { name: `Sign-in link for ${fullName}` });
    const link = await dialog.getByLabel("One-time link").inputValue();
    await dialog.getByRole("button", { name: "Done" }).click();
    await expect(dialog).toBeHidden();
    return link;
  }
}

export async function fillSignIn(page: Page, user: string, password: string): Promise<void> {
  await page.getByLabel("User name").fill(user);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** Somebody follows their one-time link and chooses a password. */
export async function followLink(page: Page, link: string, account: Account): Promise<Person> {
  await page.goto(link);
  await expect(page.getByRole("heading", { name: `Welcome, ${account.fullName}!` })).toBeVisible();
  await page.getByLabel("New password").fill(account.password);
  await page.getByLabel("Repeat the password").fill(account.password);
  await page.getByRole("button", { name: "Start" }).click();
  const person = new Person(page, account);
  await expect(person.rooms).toBeVisible();
  return person;
}

/** Finds somebody in the directory by the first letters of their name. */
export async function pick(dialog: Locator, field: string, fullName: string): Promise<void> {
  await dialog.getByRole("combobox", { name: field }).pressSequentially(fullName.slice(0, 4));
  await dialog.getByRole("option", { name: fullName }).click();
}

function messageIn(log: Locator, text: string): Locator {
  return log.getByRole("article").filter({ hasText: text });
}

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
