/**
 * Photographs every main screen with the demo's company in it: `node tests/e2e/screenshots.ts FOLDER`.
 *
 * Each screen at 1440 x 900 and at 390 x 844, light and dark, in English and Russian. Nothing is asserted:
 * somebody has to look at them.
 */
import { chromium, type BrowserContextOptions, type Locator, type Page } from "@playwright/test";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { launchOptions } from "./harness/chromium.ts";
import { visitTasks, visitTasksAsAdmin } from "./harness/photographTasks.ts";
import { TeamMessenger } from "./harness/server.ts";

const folder = process.argv[2];
if (folder === undefined) throw new Error("Say where to: node tests/e2e/screenshots.ts FOLDER");
const only = process.argv[3]; // such as "desktop-light-en"
const subject = process.argv[4]; // "tasks": nothing else

const sizes: Record<string, BrowserContextOptions> = {
  desktop: { viewport: { width: 1440, height: 900 } },
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true },
};

interface Words {
  readonly user: string;
  readonly password: string;
  readonly signIn: string;
  readonly createRoom: string;
  readonly newMenu: string;
  readonly addPerson: string;
  readonly message: string;
  readonly openThread: RegExp;
  readonly picture: RegExp;
  readonly react: string;
}

const words: Record<string, Words> = {
  en: {
    user: "User name",
    password: "Password",
    signIn: "Sign in",
    createRoom: "Create a room",
    newMenu: "New room or message",
    addPerson: "Add a person",
    message: "Message",
    openThread: /^Open thread/,
    picture: /^Open picture/,
    react: "Add a reaction",
  },
  ru: {
    user: "Имя пользователя",
    password: "Пароль",
    signIn: "Войти",
    createRoom: "Создать комнату",
    newMenu: "Новая комната или сообщение",
    addPerson: "Добавить человека",
    message: "Сообщение",
    openThread: /^Открыть ветку/,
    picture: /^Открыть картинку|^Открыть изображение/,
    react: "Добавить реакцию",
  },
};

/** Somebody new in each set. */
const surnames: Record<string, string> = {
  "desktop-light-en": "Tolstoy",
  "desktop-light-ru": "Толстой",
  "desktop-dark-en": "Ivanov",
  "desktop-dark-ru": "Иванов",
  "phone-light-en": "Landau",
  "phone-light-ru": "Ландау",
  "phone-dark-en": "Yashin",
  "phone-dark-ru": "Яшин",
};

const server = await TeamMessenger.install({ DEMO: "1" });
try {
  await server.start();
  while (!server.output.includes("Ctrl-C stops it")) await new Promise((resolve) => setTimeout(resolve, 50));
  const password = /sign in with the password\s+(\S+)/.exec(server.output)?.[1];
  if (password === undefined) throw new Error(`No password of the demo in: ${server.output}`);
  const browser = await chromium.launch(launchOptions);
  for (const [size, options] of Object.entries(sizes)) {
    for (const theme of ["light", "dark"] as const) {
      for (const [language, text] of Object.entries(words)) {
        const name = `${size}-${theme}-${language}`;
        if (only !== undefined && !name.startsWith(only)) continue;
        const target = path.join(folder, name);
        await mkdir(target, { recursive: true });
        const settings = { ...options, colorScheme: theme, locale: language === "ru" ? "ru-RU" : "en-GB" };
        for (const [user, secret, visit] of [
          ["olga", password, visitAsOlga],
          ["admin", server.adminPassword, visitAsAdmin],
        ] as const) {
          const context = await browser.newContext(settings);
          const page = await context.newPage();
          await page.goto(server.address);
          await page.getByLabel(text.user).fill(user);
          if (user === "olga" && subject !== "tasks") await shoot(page, target, "00-sign-in");
          await page.getByLabel(text.password, { exact: true }).fill(secret);
          await page.getByRole("button", { name: text.signIn }).click();
          await page.getByRole("navigation").waitFor();
          await page.waitForTimeout(1500);
          if (subject !== "tasks") await visit(page, target, text, size === "phone");
          const tour = user === "olga" ? visitTasks : visitTasksAsAdmin;
          await tour({ page, server, shoot: (file) => shoot(page, target, file), attempt, language, phone: size === "phone" });
          await context.close();
        }
        console.log(name);
      }
    }
  }
  await browser.close();
} finally {
  await server.remove();
}

async function shoot(page: Page, target: string, name: string): Promise<void> {
  await page.waitForTimeout(500); // pictures, animations
  await page.screenshot({ path: path.join(target, `${name}.png`) });
}

/** A stop on the way that may not be there is no reason to give up the others. */
async function attempt(what: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    console.error(`${what}: ${String(error).split("\n")[0]}`);
  }
}

async function visitAsOlga(page: Page, target: string, text: Words, phone: boolean): Promise<void> {
  page.setDefaultTimeout(8000);
  await shoot(page, target, "01-home");
  const home = async (): Promise<void> => {
    await page.goto(new URL("#/", page.url()).href);
    await page.waitForTimeout(300);
  };
  const link = (room: RegExp): Locator => page.getByRole("navigation").getByRole("link", { name: room });
  for (const [room, file] of [
    [/^Spring launch/, "02-room"],
    [/^General/, "03-general"],
    [/^Офис · Москва/, "04-moscow"],
    [/^Ivan Petrov/, "05-direct"],
  ] as const) {
    await attempt(file, async () => {
      await home();
      await link(room).click();
      await page.getByRole("main").getByRole("textbox", { name: text.message, exact: true }).waitFor();
      await shoot(page, target, file);
    });
  }
  await home();
  await link(/^Spring launch/).click();
  const address = page.url();
  await attempt("06-thread", async () => {
    await page.getByRole("button", { name: text.openThread }).first().click();
    await shoot(page, target, "06-thread");
  });
  for (const panel of ["threads", "people", "info"]) {
    await page.goto(`${address}/${panel}`);
    await shoot(page, target, `07-${panel}`);
  }
  await page.goto(address);
  await attempt("08-picture", async () => {
    await page.getByRole("button", { name: text.picture }).first().click();
    await shoot(page, target, "08-picture");
    await page.keyboard.press("Escape");
  });
  await attempt("09-reaction", async () => {
    await home();
    await link(/^The kitchen/).click();
    const last = page.getByRole("main").getByRole("article").last();
    await (phone ? last.tap() : last.hover());
    await last.getByRole("button", { name: text.react }).first().click();
    await shoot(page, target, "09-reaction");
    await page.keyboard.press("Escape");
  });
  await home();
  await attempt("10-create", async () => {
    await page.getByRole("button", { name: text.newMenu }).click();
    await shoot(page, target, "10-menu");
    await page.getByRole("menuitem", { name: text.createRoom }).click();
    await page.getByRole("combobox").pressSequentially("a");
    await shoot(page, target, "10-create");
    await page.keyboard.press("Escape");
    await page.keyboard.press("Escape");
  });
  await page.reload();
  await page.waitForTimeout(800);
  await page.keyboard.press("Control+k");
  await shoot(page, target, "11-switcher");
  await page.keyboard.press("Escape");
  for (const place of ["explore", "settings", "settings/profile", "settings/appearance", "settings/notifications", "settings/security", "settings/sessions", "settings/shortcuts"]) {
    await page.goto(new URL(`#/${place}`, page.url()).href);
    await shoot(page, target, `12-${place.replace("/", "-")}`);
  }
}

async function visitAsAdmin(page: Page, target: string, text: Words): Promise<void> {
  page.setDefaultTimeout(8000);
  await page.goto(new URL("#/people", page.url()).href);
  await shoot(page, target, "20-people");
  await attempt("21-add-person", async () => {
    await page.getByRole("button", { name: text.addPerson }).click();
    await page.getByRole("dialog").getByRole("textbox").first().fill(`Lev ${surnames[path.basename(target)] ?? "Tolstoy"}`);
    await shoot(page, target, "21-add-person");
    await page.getByRole("dialog").getByRole("button").last().click();
    await page.waitForTimeout(500);
    await shoot(page, target, "22-link");
    const link = await page.getByRole("dialog").getByRole("textbox").inputValue();
    const context = page.context();
    const visitor = await (await context.browser()?.newContext({
      viewport: page.viewportSize(),
      colorScheme: target.includes("dark") ? "dark" : "light",
      locale: target.endsWith("ru") ? "ru-RU" : "en-GB",
    }))?.newPage();
    if (visitor === undefined) return;
    await visitor.goto(link);
    await shoot(visitor, target, "23-welcome");
    await visitor.goto(link.replace(/.$/, "x"));
    await visitor.reload();
    await shoot(visitor, target, "24-used");
    await visitor.context().close();
  });
}
