import { defineConfig } from "@playwright/test";
import { launchOptions } from "./harness/chromium.ts";

export default defineConfig({
  testDir: ".",
  testIgnore: ["mobile/**"],
  timeout: 120_000,
  expect: { timeout: 20_000 },
  fullyParallel: false,
  workers: 1,
  retries: 0,
  forbidOnly: process.env["CI"] !== undefined,
  reporter: "list",
  use: {
    viewport: { width: 1440, height: 900 },
    locale: "en-GB",
    actionTimeout: 20_000,
    trace: "retain-on-failure",
    launchOptions,
  },
});
