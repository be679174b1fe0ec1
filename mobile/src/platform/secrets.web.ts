import type { Secrets } from "./secrets";

/** Browsers have no keychain: what stands in for it in the web export is as safe as the page's other data. */
export const secrets: Secrets = {
  get: async (name) => localStorage.getItem(name),
  set: async (name, value) => localStorage.setItem(name, value),
  remove: async (name) => localStorage.removeItem(name),
};
