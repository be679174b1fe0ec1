import { expect, test } from "./test.ts";

test("every page fits a small phone, also with text twice as large", async ({ team, take }) => {
  const olga = await take(team.olga, { viewport: { width: 360, height: 740 } });
  const everywhere = async (): Promise<void> => {
    for (const tab of ["My tasks", "More", "Chats"]) {
      await olga.tab(tab).tap();
      await olga.fits();
    }
  };
  await everywhere();
  // React Native for the web leaves the browser's text size out: the app applies it itself.
  await olga.page.addInitScript(() => document.addEventListener("readystatechange", () => (document.documentElement.style.fontSize = "32px")));
  await olga.page.reload();
  await everywhere();
  const size = await olga.heading("Chats").evaluate((heading) => getComputedStyle(heading).fontSize);
  expect(size).toBe("36px");
});

test("theme and language follow the phone, and can be chosen; both last", async ({ team, take }) => {
  const olga = await take(team.olga, { colorScheme: "light" });
  const ground = (): Promise<string> => olga.heading("Chats").or(olga.heading("Чаты")).evaluate((heading) => {
    let at: Element | null = heading;
    while (at !== null && getComputedStyle(at).backgroundColor === "rgba(0, 0, 0, 0)") at = at.parentElement;
    return at === null ? "" : getComputedStyle(at).backgroundColor;
  });
  expect(await ground()).toBe("rgb(255, 255, 255)");
  await olga.page.emulateMedia({ colorScheme: "dark" });
  await expect.poll(ground).toBe("rgb(23, 28, 27)");
  await olga.tab("More").tap();
  await olga.button(/^Theme, /).tap();
  await olga.sheet("Theme").getByRole("radio", { name: "Light" }).tap();
  await olga.button(/^Language, /).tap();
  await olga.sheet("Language").getByRole("radio", { name: "Русский" }).tap();
  await olga.tab("Чаты").tap();
  expect(await ground()).toBe("rgb(255, 255, 255)");
  await olga.page.reload();
  await expect(olga.heading("Чаты")).toBeVisible();
  expect(await ground()).toBe("rgb(255, 255, 255)");
});

test("leaving forgets everything, and the server's address is still known", async ({ team, take, phones }) => {
  const olga = await take(team.olga);
  expect(await olga.secrets()).toHaveLength(1);
  await olga.tab("More").tap();
  await olga.fits();
  await olga.button("Log out").tap();
  await olga.sheet("Log out?").getByRole("button", { name: "Log out" }).tap();
  await expect(olga.page.getByLabel("Server address")).toHaveValue(phones.address);
  await olga.fits();
  await olga.page.reload();
  await expect(olga.page.getByLabel("User name")).toBeVisible();
  expect(await olga.secrets()).toEqual([]);
});
