import type { Page } from "@playwright/test";
import type { TeamMessenger } from "./server.ts";

export interface Tour {
  readonly page: Page;
  readonly server: TeamMessenger;
  readonly shoot: (file: string) => Promise<void>;
  readonly attempt: (what: string, work: () => Promise<void>) => Promise<void>;
  readonly language: string;
  readonly phone: boolean;
}

interface Words {
  readonly tasks: string;
  readonly list: string;
  readonly message: string;
  readonly more: string;
  readonly make: string;
  readonly panel: string;
  readonly history: string;
  readonly comments: string;
  readonly newTask: string;
  readonly line: string;
  readonly title: string;
  readonly save: RegExp;
  readonly decide: string;
  readonly priority: string;
  readonly status: RegExp;
  readonly decline: string;
  readonly settings: string;
  readonly find: string;
  readonly move: RegExp;
  readonly account: RegExp;
}

const english: Words = {
  tasks: "Tasks",
  list: "List",
  message: "Message",
  more: "More actions",
  make: "Make a task",
  panel: "Side panel",
  history: "History",
  comments: "Comments",
  newTask: "New task",
  line: "/task Order a cake @ivan tomorrow 15:00 !high #texts",
  title: "Title",
  save: /^Save/,
  decide: "Decide",
  priority: "Priority",
  status: /^Status of/,
  decline: "Decline",
  settings: "Task settings",
  find: "Find a task",
  move: /^Move /,
  account: /^Account of/,
};

const russian: Words = {
  tasks: "Задачи",
  list: "Список",
  message: "Сообщение",
  more: "Ещё",
  make: "Сделать задачей",
  panel: "Боковая панель",
  history: "История",
  comments: "Обсуждение",
  newTask: "Новая задача",
  line: "/task Заказать торт @ivan завтра 15:00 !высокий #texts",
  title: "Название",
  save: /^Сохранить/,
  decide: "Решить",
  priority: "Приоритет",
  status: /^Статус задачи/,
  decline: "Отклонить",
  settings: "Настройки задач",
  find: "Найти задачу",
  move: /^Переместить/,
  account: /^Учётная запись/,
};

/** Every screen of tasks, as Olga of the demo sees it. */
export async function visitTasks({ page, server, shoot, attempt, language, phone }: Tour): Promise<void> {
  page.setDefaultTimeout(8000);
  const words = language === "ru" ? russian : english;
  const main = page.getByRole("main");
  const go = async (hash: string): Promise<void> => {
    await page.goto(new URL(hash, page.url()).href);
    await page.waitForTimeout(400);
  };
  const release = page.getByRole("button", { name: /: Release notes for 2\.0$/ }).first();

  await attempt("30-my-tasks", async () => {
    await go("#/tasks");
    await release.waitFor();
    await shoot("30-my-tasks");
    await release.click();
    await page.getByRole("complementary", { name: words.panel }).getByText("Release notes").first().waitFor();
    await shoot("31-my-tasks-panel");
  });
  await attempt("32-quick-add", async () => {
    await go("#/tasks");
    await page.getByRole("textbox", { name: words.newTask }).fill(words.line.replace("/task ", ""));
    await page.waitForTimeout(700);
    await shoot("32-quick-add");
    await page.getByRole("textbox", { name: words.newTask }).fill("");
    await main.getByRole("button", { name: words.decline }).first().click();
    await shoot("33-decline");
    await page.keyboard.press("Escape");
  });
  await attempt("34-inbox", async () => {
    await go("#/inbox");
    await shoot("34-inbox");
  });
  await go("#/");
  await page.getByRole("navigation").getByRole("link", { name: /^Spring launch/ }).click();
  const room = decodeURIComponent(/room\/([^/]+)/.exec(page.url())?.[1] ?? "");
  const inRoom = (view: string): Promise<void> => go(`#/${view}/${encodeURIComponent(room)}`);
  await attempt("35-chat", async () => {
    await page.getByRole("article", { name: /SPRING-10/ }).waitFor();
    await shoot("35-chat");
    await release.scrollIntoViewIfNeeded();
    await release.click();
    await shoot("36-chat-panel");
    await page.getByRole("radio", { name: words.comments }).click();
    await shoot("37-panel-comments");
    await page.getByRole("radio", { name: words.history }).click();
    await page.waitForTimeout(500);
    await shoot("38-panel-history");
  });
  await attempt("39-make-task", async () => {
    await go("#/");
    await page.getByRole("navigation").getByRole("link", { name: /^Офис/ }).click();
    const message = main.getByRole("article").filter({ hasText: "Переговорная занята" }).first();
    await message.scrollIntoViewIfNeeded();
    await (phone ? message.tap() : message.hover());
    await message.getByRole("button", { name: words.more }).click();
    await shoot("39-message-menu");
    await page.getByRole("menuitem", { name: words.make }).click();
    await shoot("40-make-task");
    await page.keyboard.press("Escape");
  });
  await attempt("41-slash", async () => {
    await inRoom("room");
    await main.getByRole("textbox", { name: words.message, exact: true }).fill(words.line);
    await page.waitForTimeout(700);
    await shoot("41-slash");
    await main.getByRole("textbox", { name: words.message, exact: true }).fill("");
  });
  await attempt("42-board", async () => {
    await inRoom("board");
    await page.getByText("Release notes").first().waitFor();
    await shoot("42-board");
    await release.click();
    await shoot("43-board-panel");
  });
  await attempt("44-list", async () => {
    await inRoom("list");
    await page.getByText("Release notes").first().waitFor();
    await shoot("44-list");
    for (const place of [0, 1]) await main.getByRole("checkbox").nth(place).check();
    await shoot("45-list-bulk");
    await main.getByRole("button", { name: words.status }).first().click();
    await shoot("46-status-menu");
    await page.keyboard.press("Escape");
  });
  await attempt("47-conflict", async () => {
    await inRoom("board");
    await page.getByRole("button", { name: /: Photos of the team/ }).first().click();
    const panel = page.getByRole("complementary", { name: words.panel });
    await panel.getByLabel(words.title, { exact: true }).waitFor();
    await page.context().setOffline(true);
    await panel.getByLabel(words.title, { exact: true }).fill("Portraits of the team, outdoors");
    await panel.getByRole("button", { name: words.save }).click();
    await panel.getByLabel(words.priority).selectOption("high");
    await page.waitForTimeout(1500);
    await shoot("47-offline-edit");
    await elsewhere(page, server, async (other) => {
      await other.goto(page.url());
      const theirs = other.getByRole("complementary", { name: words.panel });
      await theirs.getByLabel(words.title, { exact: true }).fill(`Photos of us all, ${Date.now() % 100}`);
      await theirs.getByRole("button", { name: words.save }).click();
      await other.waitForTimeout(1200);
    });
    await page.context().setOffline(false);
    await panel.getByRole("button", { name: words.decide }).click();
    await shoot("48-conflict");
    await page.getByRole("dialog").getByRole("button").nth(2).click();
    await shoot("49-conflict-resolved");
    await page.keyboard.press("Escape");
  });
  await attempt("50-banner", async () => {
    await inRoom("room");
    await server.withoutTasks(async () => {
      await page.waitForTimeout(500);
      await release.scrollIntoViewIfNeeded();
      await release.click();
      await page.getByRole("radio", { name: words.history }).click();
      await page.waitForTimeout(1500);
      await shoot("50-banner");
    });
    await page.waitForTimeout(6000);
  });
  await attempt("51-shortcuts", async () => {
    await go("#/settings/shortcuts");
    await shoot("51-shortcuts");
  });
  await visitEdges({ page, shoot, attempt, words, go, inRoom });
}

interface Edges extends Pick<Tour, "page" | "shoot" | "attempt"> {
  readonly words: Words;
  readonly go: (hash: string) => Promise<void>;
  readonly inRoom: (view: string) => Promise<void>;
}

/** Dialogs and menus, what is not there, what one may not see, and what is empty. */
async function visitEdges({ page, shoot, attempt, words, go, inRoom }: Edges): Promise<void> {
  const main = page.getByRole("main");
  const room = async (name: RegExp): Promise<string> => {
    await go("#/");
    await page.getByRole("navigation").getByRole("link", { name }).click();
    return /room\/([^/]+)/.exec(page.url())?.[1] ?? "";
  };
  await attempt("52-task-settings", async () => {
    await go(`#/room/${await room(/^Офис/)}/info`);
    await page.getByRole("button", { name: words.settings }).click();
    await shoot("52-task-settings");
    await page.getByRole("dialog").getByRole("button").last().scrollIntoViewIfNeeded();
    await page.getByRole("dialog").hover();
    await page.mouse.wheel(0, 3000);
    await shoot("53-task-settings-end");
    await page.keyboard.press("Escape");
  });
  await attempt("54-new-task", async () => {
    await inRoom("board");
    await main.getByRole("button", { name: words.move }).first().click();
    await shoot("54-move-menu");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: words.newTask }).first().click();
    await shoot("55-new-task");
    await page.keyboard.press("Escape");
  });
  await attempt("56-none-found", async () => {
    await inRoom("list");
    await main.getByRole("searchbox", { name: words.find }).or(main.getByRole("textbox", { name: words.find })).fill("zzz");
    await shoot("56-none-found");
  });
  await attempt("57-not-set-up", async () => {
    await go(`#/board/${await room(/^The kitchen/)}`);
    await shoot("57-not-set-up");
  });
  for (const [hash, file] of [
    ["#/tasks/00000000-0000-4000-8000-000000000000", "58-no-task"],
    ["#/room/!nowhere:localhost", "59-no-room"],
    ["#/organisation", "61-no-organisation"],
    ["#/people", "62-no-people"],
  ] as const) {
    await go(hash);
    await shoot(file);
  }
  await attempt("63-account", async () => {
    await go("#/");
    await page.getByRole("button", { name: words.account }).click();
    await shoot("63-account");
    await page.keyboard.press("Escape");
  });
}

export async function visitTasksAsAdmin({ page, shoot, attempt }: Tour): Promise<void> {
  await attempt("60-organisation", async () => {
    await page.goto(new URL("#/organisation", page.url()).href);
    await page.getByText("@olga:localhost").first().waitFor();
    await shoot("60-organisation");
  });
}

/** Maria, in a browser of her own. */
async function elsewhere(page: Page, server: TeamMessenger, work: (other: Page) => Promise<void>): Promise<void> {
  const browser = page.context().browser();
  const password = /sign in with the password\s+(\S+)/.exec(server.output)?.[1] ?? "";
  if (browser === null) return;
  const context = await browser.newContext({ locale: await page.evaluate(() => navigator.language), viewport: { width: 1200, height: 800 } });
  const other = await context.newPage();
  await other.goto(server.address);
  await other.locator("input").first().fill("maria");
  await other.locator("input[type=password]").fill(password);
  await other.keyboard.press("Enter");
  await other.getByRole("navigation").first().waitFor();
  await work(other);
  await context.close();
}
