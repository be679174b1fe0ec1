import type { Observable } from "@team/core";
import { isLanguage, preferredLanguage, type Language } from "../i18n";

export type Theme = "light" | "dark" | "system";

/** What this browser remembers for its user, whoever is signed in. */
export interface Preferences {
  readonly theme: Theme;
  readonly language: Language;
  /** Desktop notifications: wanted by the user (the browser has to allow them too). */
  readonly notify: boolean;
  /** The offer to turn notifications on has been answered. */
  readonly notifyAnswered: boolean;
  readonly sound: boolean;
  /** Notifications show the text of the message. */
  readonly showText: boolean;
  /** Single letters are shortcuts where no text is written. */
  readonly singleKeys: boolean;
  /** Emoji used last, newest first. */
  readonly recentEmoji: readonly string[];
}

const place = "team-messenger.preferences";

function read(): Preferences {
  const defaults: Preferences = {
    theme: "system",
    language: preferredLanguage(navigator.languages),
    notify: true,
    notifyAnswered: false,
    sound: false,
    showText: true,
    singleKeys: true,
    recentEmoji: [],
  };
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(place) ?? "{}");
    const known = { ...defaults, ...(kept as Partial<Preferences>) };
    return {
      ...known,
      theme: ["light", "dark", "system"].includes(known.theme) ? known.theme : "system",
      language: isLanguage(known.language) ? known.language : defaults.language,
      recentEmoji: Array.isArray(known.recentEmoji) ? known.recentEmoji.filter((one) => typeof one === "string") : [],
    };
  } catch {
    return defaults;
  }
}

let current = read();
const listeners = new Set<() => void>();

export const preferences: Observable<Preferences> & { change: (change: Partial<Preferences>) => void } = {
  getSnapshot: () => current,
  subscribe: (listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  change: (change) => {
    current = { ...current, ...change };
    try {
      localStorage.setItem(place, JSON.stringify(current));
    } catch {
      // A full or forbidden storage: the choice lives until the page is closed.
    }
    for (const listener of [...listeners]) listener();
  },
};

/** Another tab has changed the preferences: follow it. */
window.addEventListener("storage", (event) => {
  if (event.key !== place) return;
  current = read();
  for (const listener of [...listeners]) listener();
});
