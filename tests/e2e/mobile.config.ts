import { defineConfig } from "@playwright/test";
import web from "./playwright.config.ts";

/** The phone app, built for browsers, in Chromium with a phone's screen. */
export default defineConfig({ ...web, testDir: "mobile", testIgnore: [] });
