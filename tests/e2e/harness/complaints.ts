import type { BrowserContext } from "@playwright/test";

/** Errors in the consoles of browsers, and exceptions that nothing caught. */
export class Complaints {
  readonly #heard: string[] = [];
  readonly #expected: RegExp[] = [];

  listenTo(context: BrowserContext): void {
    context.on("console", (message) => {
      if (message.type() === "error") this.#heard.push(`${message.text()} (${message.location().url})`);
    });
    context.on("weberror", (error) => this.#heard.push(String(error.error().stack ?? error.error())));
  }

  /** The browser itself complains of refused and broken requests: a test says which ones it provokes. */
  expect(...patterns: RegExp[]): void {
    this.#expected.push(...patterns);
  }

  get unexpected(): readonly string[] {
    return this.#heard.filter((text) => !this.#expected.some((pattern) => pattern.test(text)));
  }
}

/** What Chromium writes when the server is away or the network is. */
export const brokenConnection = /Failed to load resource: net::ERR_/;

/** What Chromium writes when the server refuses. */
export function refusedWith(status: number): RegExp {
  return new RegExp(`Failed to load resource: the server responded with a status of ${status}`);
}
