import type { Language } from "../i18n/translate";

const UNITS: Readonly<Record<Language, readonly string[]>> = {
  en: ["B", "kB", "MB", "GB"],
  ru: ["Б", "КБ", "МБ", "ГБ"],
};

/** 1.4 MB, 1,4 МБ */
export function formatBytes(bytes: number, language: Language): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < 3) {
    value /= 1000;
    unit += 1;
  }
  const text = unit > 0 && value < 9.95 ? value.toFixed(1).replace(/\.0$/, "") : String(Math.round(value));
  return `${language === "ru" ? text.replace(".", ",") : text}\u00a0${UNITS[language][unit] ?? ""}`;
}
