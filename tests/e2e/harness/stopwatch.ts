import type { Page } from "@playwright/test";

/** When a text is first drawn in a page, by the page's own clock (milliseconds since the epoch). */
export async function whenDrawn(page: Page, text: string): Promise<{ readonly drawn: Promise<number> }> {
  const handle = await page.evaluateHandle((wanted) => {
    const drawn = new Promise<number>((resolve) => {
      const look = (): boolean => {
        if (!document.querySelector('[role="log"]')?.textContent.includes(wanted)) return false;
        observer.disconnect();
        resolve(Date.now());
        return true;
      };
      const observer = new MutationObserver(look);
      if (!look()) observer.observe(document.body, { childList: true, subtree: true, characterData: true });
    });
    return { drawn };
  }, text);
  return { drawn: handle.evaluate(({ drawn }) => drawn) };
}

/** When Enter is pressed next in a page, by the page's own clock. */
export async function whenEntered(page: Page): Promise<{ readonly pressed: Promise<number> }> {
  const handle = await page.evaluateHandle(() => {
    const pressed = new Promise<number>((resolve) => {
      const onKey = (event: KeyboardEvent): void => {
        if (event.key !== "Enter") return;
        removeEventListener("keydown", onKey, true);
        resolve(Date.now());
      };
      addEventListener("keydown", onKey, true);
    });
    return { pressed };
  });
  return { pressed: handle.evaluate(({ pressed }) => pressed) };
}
