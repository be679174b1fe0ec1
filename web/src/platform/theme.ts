import { preferences } from "./preferences";

const dark = window.matchMedia("(prefers-color-scheme: dark)");

function apply(): void {
  const { theme } = preferences.getSnapshot();
  document.documentElement.dataset["theme"] = theme === "system" ? (dark.matches ? "dark" : "light") : theme;
}

/** Keeps the page's theme equal to the preference, and to the system's where that is the wish. */
export function followTheme(): void {
  apply();
  preferences.subscribe(apply);
  dark.addEventListener("change", apply);
}
