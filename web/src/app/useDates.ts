import { useMemo } from "react";
import { useTranslation } from "react-i18next";

const day = 86_400_000;

function startOfDay(ts: number): number {
  return new Date(ts).setHours(0, 0, 0, 0);
}

/** Whole calendar days between two moments, in local time. */
export function daysBetween(earlier: number, later: number): number {
  return Math.round((startOfDay(later) - startOfDay(earlier)) / day);
}

export interface Dates {
  /** 14:05 */
  time(ts: number): string;
  /** "Today", "Yesterday", "Monday", "3 March", "3 March 2025" */
  day(ts: number): string;
  /** As short as a list needs: the time today, "Yesterday", a weekday, a date. */
  short(ts: number): string;
  /** Everything, for tooltips. */
  full(ts: number): string;
  /** A date and time for expiries and the like. */
  dateTime(ts: number): string;
  date(ts: number): string;
}

/** Dates in the user's language, relative to now. */
export function useDates(): Dates {
  const { t, i18n } = useTranslation();
  const language = i18n.language;
  return useMemo(() => {
    const format = (options: Intl.DateTimeFormatOptions) => {
      const formatter = new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, options);
      return (ts: number) => formatter.format(ts);
    };
    const time = format({ hour: "2-digit", minute: "2-digit" });
    const weekday = format({ weekday: "long" });
    const dayMonth = format({ day: "numeric", month: "long" });
    const shortDate = format({ day: "numeric", month: "short" });
    const withYear = format({ day: "numeric", month: "long", year: "numeric" });
    const numeric = format({ day: "2-digit", month: "2-digit", year: "2-digit" });
    const full = format({ weekday: "long", day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit" });
    const dateTime = format({ day: "numeric", month: "long", hour: "2-digit", minute: "2-digit" });
    const capital = (text: string) => text.charAt(0).toLocaleUpperCase(language) + text.slice(1);
    const sameYear = (ts: number) => new Date(ts).getFullYear() === new Date().getFullYear();
    return {
      time,
      full,
      dateTime,
      date: (ts) => (sameYear(ts) ? dayMonth(ts) : withYear(ts)),
      day: (ts) => {
        const ago = daysBetween(ts, Date.now());
        if (ago === 0) return t("time.today");
        if (ago === 1) return t("time.yesterday");
        if (ago > 1 && ago < 7) return capital(weekday(ts));
        return sameYear(ts) ? dayMonth(ts) : withYear(ts);
      },
      short: (ts) => {
        const ago = daysBetween(ts, Date.now());
        if (ago <= 0) return time(ts);
        if (ago === 1) return t("time.yesterday");
        return sameYear(ts) ? shortDate(ts) : numeric(ts);
      },
    };
  }, [t, language]);
}

/** 1.4 MB, 1,4 МБ */
export function formatBytes(bytes: number, language: string): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return new Intl.NumberFormat(language, {
    style: "unit",
    unit: units[unit] ?? "byte",
    unitDisplay: unit === 0 ? "long" : "short",
    maximumFractionDigits: value < 10 && unit > 0 ? 1 : 0,
  }).format(value);
}
