import { expect, type Locator } from "@playwright/test";
import type { Account, Person } from "./person.ts";
import type { TeamMessenger } from "./server.ts";

/** What people do with tasks, found by role and label. */

export interface Wish {
  readonly title?: string;
  readonly assignee?: string;
  /** YYYY-MM-DD */
  readonly due?: string;
}

/** A day so many days from today, in this machine's zone. */
export function inDays(days: number): string {
  const day = new Date();
  day.setDate(day.getDate() + days);
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
}

/** The menu of a message, and its form. */
export async function makeTask(person: Person, message: string, wish: Wish): Promise<void> {
  await person.act(person.message(message), "More actions");
  await person.page.getByRole("menuitem", { name: "Make a task" }).click();
  await fillTask(person, "Make a task", wish);
}

/** The button above the board. */
export async function newTask(person: Person, wish: Wish): Promise<void> {
  await person.page.getByRole("button", { name: "New task" }).click();
  await fillTask(person, "New task", wish);
}

async function fillTask(person: Person, heading: string, { title, assignee, due }: Wish): Promise<void> {
  const dialog = person.page.getByRole("dialog", { name: heading });
  if (title !== undefined) await dialog.getByLabel("Title").fill(title);
  if (assignee !== undefined) await dialog.getByLabel("Assignee").selectOption({ label: assignee });
  if (due !== undefined) await dialog.getByLabel("Due date").fill(due);
  await dialog.getByRole("button", { name: "Create task" }).click();
  await expect(dialog).toBeHidden();
}

/** The card of a task among the messages. */
export function card(person: Person, title: string): Locator {
  return person.timeline.getByRole("article", { name: /^Task / }).filter({ hasText: title });
}

/** A task as a line of a list, or as a card of a board. */
export function taskItem(person: Person, title: string): Locator {
  return person.page.getByRole("main").getByRole("listitem").filter({ hasText: title });
}

/** A column of the board. */
export function column(person: Person, status: string): Locator {
  return person.page.getByRole("region", { name: status, exact: true });
}

/** The key, such as "OPS-1", once the service has given it. */
export async function keyOf(person: Person, title: string): Promise<string> {
  await expect(card(person, title).getByText(/^[A-Z0-9]+-\d+$/)).toBeVisible();
  return card(person, title).getByText(/^[A-Z0-9]+-\d+$/).innerText();
}

export async function openPanel(person: Person, title: string): Promise<void> {
  await person.page.getByRole("button", { name: new RegExp(`^Open task .*: ${title}$`) }).first().click();
  await expect(person.panel.getByText(title).first()).toBeVisible();
}

export async function setStatus(place: Locator, status: string): Promise<void> {
  await place.getByRole("button", { name: /^Status of / }).click();
  await place.page().getByRole("menuitem", { name: status, exact: true }).click();
}

export async function openTasksOfRoom(person: Person, view: "Board" | "List"): Promise<void> {
  await person.page.getByRole("button", { name: "Tasks", exact: true }).click();
  await person.page.getByRole("radio", { name: view }).click();
}

export async function openMyTasks(person: Person): Promise<void> {
  await person.page.getByRole("link", { name: /^My tasks/ }).click();
  await expect(person.page.getByRole("heading", { level: 1, name: "My tasks" })).toBeVisible();
}

/** A token for the account, as any program gets one. */
export async function tokenOf(server: TeamMessenger, { user, password }: Account): Promise<string> {
  const answer = await fetch(`${server.address}/v1/auth/login`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ login: user, password }),
  });
  return ((await answer.json()) as { access_token: string }).access_token;
}
