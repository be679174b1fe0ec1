/**
 * Photographs every screen of the phone app with the demo's company in it: `node tests/e2e/mobile/screenshots.ts FOLDER`.
 *
 * A second argument such as "dark-ru" leaves the other sets out. Nothing is asserted: somebody has to look at them.
 */
import { chromium, type Browser, type Locator, type Page } from "@playwright/test";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { exportApp } from "../../../mobile/export.mjs";
import { launchOptions } from "../harness/chromium.ts";
import { TeamMessenger } from "../harness/server.ts";
import { PhoneServer } from "./phoneServer.ts";
import { Service } from "./service.ts";

const folder = process.argv[2];
if (folder === undefined) throw new Error("Say where to: node tests/e2e/mobile/screenshots.ts FOLDER");
const only = process.argv[3];

const english = {
  server: "Server address",
  user: "User name",
  password: "Password",
  signIn: "Sign in",
  haveLink: "I have a one-time link",
  link: "One-time link",
  next: "Continue",
  tasks: /^My tasks(,|$)/,
  chats: /^Chats(,|$)/,
  more: /^More(,|$)/,
  find: "Find a room or person",
  message: "Message",
  send: "Send message",
  thread: /^Open the thread/,
  picture: /^Open picture/,
  newTask: "New task",
  comments: "Comments",
  assignee: /^Assignee/,
  due: /^Due date/,
  tomorrow: /^Tomorrow/,
  status: /^Status of/,
  decline: "Decline",
  theme: /^Theme/,
  language: /^Language/,
  outbox: /^Outbox/,
  logOut: "Log out",
  mine: "Keep mine",
};

const russian: typeof english = {
  server: "Адрес сервера",
  user: "Имя пользователя",
  password: "Пароль",
  signIn: "Войти",
  haveLink: "У меня есть одноразовая ссылка",
  link: "Одноразовая ссылка",
  next: "Продолжить",
  tasks: /^Мои задачи(,|$)/,
  chats: /^Чаты(,|$)/,
  more: /^Ещё(,|$)/,
  find: "Найти комнату или человека",
  message: "Сообщение",
  send: "Отправить сообщение",
  thread: /^Открыть ветку/,
  picture: /^Открыть изображение/,
  newTask: "Новая задача",
  comments: "Обсуждение",
  assignee: /^Исполнитель/,
  due: /^Срок/,
  tomorrow: /^Завтра/,
  status: /^Статус задачи/,
  decline: "Отклонить",
  theme: /^Тема/,
  language: /^Язык/,
  outbox: /^Исходящие/,
  logOut: "Выйти",
  mine: "Оставить моё",
};

for (const theme of ["light", "dark"] as const) {
  for (const [language, words] of [["en", english], ["ru", russian]] as const) {
    const name = `${theme}-${language}`;
    if (only !== undefined && only !== name) continue;
    await photograph(name, theme, language, words);
    console.log(name);
  }
}

/** One set, of a company of its own: what is done in it changes tasks. */
async function photograph(name: string, theme: "light" | "dark", language: string, words: typeof english): Promise<void> {
  const server = await TeamMessenger.install({ DEMO: "1" });
  const browser = await chromium.launch(launchOptions);
  try {
    await server.start();
    while (!server.output.includes("Ctrl-C stops it")) await new Promise((resolve) => setTimeout(resolve, 50));
    const password = /sign in with the password\s+(\S+)/.exec(server.output)?.[1] ?? "";
    const phones = await PhoneServer.start(await exportApp(), server.address);
    const target = path.join(folder ?? "", name);
    await mkdir(target, { recursive: true });
    await visit(await newPage(browser, theme, language), { target, words, server, phones, password });
    await phones.stop();
  } finally {
    await browser.close();
    await server.remove();
  }
}

async function newPage(browser: Browser, theme: "light" | "dark", language: string): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width: 390, height: 844 },
    deviceScaleFactor: 2,
    hasTouch: true,
    isMobile: true,
    colorScheme: theme,
    locale: language === "ru" ? "ru-RU" : "en-GB",
  });
  const page = await context.newPage();
  page.setDefaultTimeout(8000);
  return page;
}

interface Tour {
  readonly target: string;
  readonly words: typeof english;
  readonly server: TeamMessenger;
  readonly phones: PhoneServer;
  readonly password: string;
}

async function visit(page: Page, { target, words, server, phones, password }: Tour): Promise<void> {
  const shoot = async (file: string): Promise<void> => {
    await page.waitForTimeout(600); // pictures, animations
    await page.screenshot({ path: path.join(target, `${file}.png`) });
  };
  const stop = async (what: string, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      console.error(`${what}: ${String(error).split("\n")[0]}`);
    }
  };
  const seen = (locator: Locator): Locator => locator.filter({ visible: true }).first();
  const button = (name: string | RegExp): Locator => seen(page.getByRole("button", { name }));
  const tab = (name: string | RegExp): Locator => seen(page.getByRole("tab", { name }));
  const task = (title: string): Locator => seen(page.getByRole("button", { name: new RegExp(`: ${title}`) }));
  const room = (name: RegExp): Locator => seen(page.getByRole("link", { name }));
  const go = async (where: string): Promise<void> => {
    await page.goto(phones.address + where);
    await page.waitForTimeout(1200);
  };
  /** A sheet covers the page: what lies over it is closed with the phone's own key. */
  const close = async (): Promise<void> => {
    await page.keyboard.press("Escape");
    await page.waitForTimeout(400);
  };

  await page.goto(phones.address);
  await page.getByLabel(words.server).fill(phones.address);
  await page.getByLabel(words.user).fill("olga");
  await shoot("00-sign-in");
  await stop("01-wrong-password", async () => {
    await page.getByLabel(words.password, { exact: true }).fill("something else");
    await button(words.signIn).tap();
    await shoot("01-wrong-password");
  });
  await stop("02-link", async () => {
    await button(words.haveLink).tap();
    await shoot("02-link");
    const admin = await Service.signIn(server.address, { user: "admin", password: server.adminPassword, fullName: "admin" });
    const { welcome_token: token } = await admin.call("POST", "/_teammessenger/admin/v1/users", { localpart: "lev", display_name: "Lev Tolstoy" });
    await page.getByLabel(words.link).fill(`${phones.address}/#/welcome/${String(token)}`);
    await button(words.next).tap();
    await shoot("03-welcome");
  });
  await go("/");
  await page.getByLabel(words.server).fill(phones.address);
  await page.getByLabel(words.user).fill("olga");
  await page.getByLabel(words.password, { exact: true }).fill(password);
  await button(words.signIn).tap();
  await room(/^General/).waitFor();
  await page.waitForTimeout(1500);
  await shoot("10-chats");
  await stop("11-search", async () => {
    await page.getByRole("searchbox", { name: words.find }).or(page.getByLabel(words.find)).first().fill("zzz");
    await shoot("11-search");
  });

  for (const [which, file] of [[/^Spring launch/, "12-room"], [/^General/, "13-general"], [/^Офис/, "14-moscow"], [/^Ivan Petrov/, "15-direct"], [/^The kitchen/, "16-kitchen"]] as const) {
    await stop(file, async () => {
      await go("/");
      await room(which).tap();
      await page.getByRole("textbox", { name: words.message, exact: true }).waitFor();
      await shoot(file);
    });
  }
  await stop("17-message-sheet", async () => {
    await go("/");
    await room(/^Ivan Petrov/).tap();
    await seen(page.getByText("With pleasure.")).tap();
    await shoot("17-message-sheet");
  });
  await stop("19-picture", async () => {
    await go("/");
    await room(/^Spring launch/).tap();
    await page.waitForTimeout(1000);
    const log = seen(page.getByRole("log"));
    for (let at = 0; at < 8 && (await page.getByRole("button", { name: words.picture }).count()) === 0; at++) {
      await log.hover();
      await page.mouse.wheel(0, -500);
      await page.waitForTimeout(300);
    }
    await button(words.picture).scrollIntoViewIfNeeded();
    await shoot("19-earlier");
    await button(words.picture).tap();
    await shoot("19-picture");
    await page.goBack();
    await go("/");
    await room(/^Spring launch/).tap();
    await page.waitForTimeout(1000);
    for (let at = 0; at < 8 && (await page.getByRole("button", { name: words.thread }).count()) === 0; at++) {
      await log.hover();
      await page.mouse.wheel(0, -500);
      await page.waitForTimeout(300);
    }
    await button(words.thread).tap();
    await shoot("18-thread");
  });

  await go("/");
  await tab(words.tasks).tap();
  await task("Release notes").waitFor();
  await shoot("20-my-tasks");
  await stop("21-my-tasks-end", async () => {
    await task("Write down three wishes").scrollIntoViewIfNeeded();
    await shoot("21-my-tasks-end");
  });
  await stop("22-new-task", async () => {
    await button(words.newTask).tap();
    await shoot("22-new-task");
    await close();
  });
  await stop("23-decline", async () => {
    await go("/");
    await tab(words.tasks).tap();
    await button(words.decline).tap();
    await shoot("23-decline");
  });
  await stop("24-task", async () => {
    await go("/");
    await tab(words.tasks).tap();
    await task("Release notes").tap();
    await button(words.status).waitFor();
    await shoot("24-task");
    await button(words.assignee).tap();
    await shoot("25-assignee");
    await close();
    await button(words.status).tap();
    await shoot("26-status");
    await close();
    await tab(words.comments).tap();
    await shoot("27-comments");
  });
  await stop("28-request", async () => {
    await go("/");
    await tab(words.tasks).tap();
    await task("Headline of the start page").tap();
    await shoot("28-request");
  });
  await stop("29-due", async () => {
    await go("/");
    await tab(words.tasks).tap();
    await task("Try everything on small phones").tap();
    await button(words.due).tap();
    await shoot("29-due");
  });

  await go("/");
  await tab(words.more).tap();
  await shoot("30-more");
  for (const [line, file] of [[words.theme, "31-theme"], [words.language, "32-language"], [words.logOut, "33-log-out"]] as const) {
    await stop(file, async () => {
      await button(line).tap();
      await shoot(file);
      await close();
    });
  }
  await stop("34-outbox", async () => {
    await go("/");
    await tab(words.more).tap();
    await button(words.outbox).tap();
    await shoot("34-outbox-empty");
  });
  await go("/task/00000000-0000-4000-8000-000000000000");
  await shoot("35-no-task");
  await go("/nowhere");
  await shoot("36-no-page");

  await stop("40-conflict", async () => {
    const maria = await Service.signIn(server.address, { user: "maria", password, fullName: "Maria Orlova" });
    await go("/");
    await tab(words.tasks).tap();
    await task("Try everything on small phones").tap();
    await button(words.due).waitFor();
    await page.context().setOffline(true);
    await button(words.due).tap();
    await button(words.tomorrow).tap();
    await page.waitForTimeout(1500);
    await shoot("40-offline-task");
    const { id } = await maria.task("Try everything on small phones");
    await maria.call("PUT", `/v1/tasks/${String(id)}`, { due: { date: "2031-05-05" } });
    await page.context().setOffline(false);
    await button(words.mine).waitFor({ timeout: 40_000 });
    await shoot("41-conflict");
    await go("/");
    await shoot("42-chats-alarm");
    await tab(words.tasks).tap();
    await shoot("43-tasks-alarm");
    await go("/outbox");
    await shoot("44-outbox-conflict");
    await button(words.mine).tap();
    await shoot("45-outbox-decided");
  });
  await stop("46-offline", async () => {
    await go("/");
    await room(/^The kitchen/).tap();
    const box = page.getByRole("textbox", { name: words.message, exact: true });
    await box.waitFor();
    await page.context().setOffline(true);
    await box.fill("Who is in the kitchen?");
    await button(words.send).tap();
    await page.waitForTimeout(2500);
    await shoot("46-offline-message");
    await page.context().setOffline(false);
    await page.waitForTimeout(4000);
  });
  await stop("50-service-down", async () => {
    await go("/");
    await tab(words.tasks).tap();
    await server.withoutTasks(async () => {
      await button(/^(Accept|Принять)/).tap();
      await page.waitForTimeout(3000);
      await shoot("50-service-down");
    });
  });
}
