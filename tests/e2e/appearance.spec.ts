import { fillSignIn } from "./harness/person.ts";
import { expect, test } from "./harness/test.ts";

test("the language is switched before and after signing in, and stays", async ({ team, newBrowser }) => {
  const page = await newBrowser();
  await page.getByRole("radio", { name: "Русский" }).click();
  await expect(page.getByRole("heading", { name: "Вход в команду" })).toBeVisible();
  await page.getByLabel("Имя пользователя").fill(team.olga.user);
  await page.getByLabel("Пароль", { exact: true }).fill(team.olga.password);
  await page.getByRole("button", { name: "Войти" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Чаты" })).toBeVisible();
  await expect(page.locator("html")).toHaveAttribute("lang", "ru");
  await page.reload();
  await page.getByRole("button", { name: "Настройки" }).click();
  await page.getByRole("link", { name: "Оформление" }).click();
  await page.getByRole("radio", { name: "English" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Chats" })).toBeVisible();
  await page.reload();
  await expect(page.getByRole("heading", { level: 1, name: "Chats" })).toBeVisible();
});

test("a Russian browser is greeted in Russian", async ({ newBrowser }) => {
  const page = await newBrowser({ locale: "ru-RU" });
  await expect(page.getByRole("heading", { name: "Вход в команду" })).toBeVisible();
});

test("the theme follows the system until one is chosen, and the choice stays", async ({ team, newBrowser }) => {
  const page = await newBrowser({ colorScheme: "dark" });
  const brightness = (): Promise<number> =>
    page.evaluate(() => {
      const colours = getComputedStyle(document.body).backgroundColor.match(/[\d.]+/g) ?? [];
      return Math.max(...colours.slice(0, 3).map(Number));
    });
  await expect.poll(brightness).toBeLessThan(60);
  await page.emulateMedia({ colorScheme: "light" });
  await expect.poll(brightness).toBeGreaterThan(200);
  await fillSignIn(page, team.olga.user, team.olga.password);
  await page.getByRole("button", { name: "Account of Olga Petrova" }).click();
  await page.getByRole("menuitem", { name: "Dark" }).click();
  await expect.poll(brightness).toBeLessThan(60);
  await page.reload();
  await expect.poll(brightness).toBeLessThan(60);
});
