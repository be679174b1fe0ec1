import type { Language, Translate } from "./translate";

const DAY_MS = 86_400_000;

function startOfDay(ts: number): number {
  return new Date(ts).setHours(0, 0, 0, 0);
}

/** Whole calendar days from one moment to another, in local time. */
export function daysBetween(earlier: number, later: number): number {
  return Math.round((startOfDay(later) - startOfDay(earlier)) / DAY_MS);
}

export interface Dates {
  /** 14:05 */
  time(ts: number): string;
  /** "Today", "Yesterday", "Monday", "3 March", "3 March 2025" */
  day(ts: number): string;
  /** As short as a list needs: the time today, "Yesterday", a date. */
  short(ts: number): string;
  /** "3 Mar", with the year where it is another one. */
  date(ts: number): string;
  dateTime(ts: number): string;
}

/** Dates in a language, relative to `now`. */
export function datesIn(language: Language, t: Translate, now: () => number = Date.now): Dates {
  const formatter = (options: Intl.DateTimeFormatOptions): ((ts: number) => string) => {
    const format = new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, options);
    return (ts) => format.format(ts);
  };
  const time = formatter({ hour: "2-digit", minute: "2-digit" });
  const weekday = formatter({ weekday: "long" });
  const dayMonth = formatter({ day: "numeric", month: "long" });
  const withYear = formatter({ day: "numeric", month: "long", year: "numeric" });
  const shortDate = formatter({ day: "numeric", month: "short" });
  const shortYear = formatter({ day: "numeric", month: "short", year: "numeric" });
  const thisYear = (ts: number): boolean => new Date(ts).getFullYear() === new Date(now()).getFullYear();
  const date = (ts: number): string => (thisYear(ts) ? shortDate(ts) : shortYear(ts));
  return {
    time,
    date,
    dateTime: (ts) => `${date(ts)}, ${time(ts)}`,
    day: (ts) => {
      const ago = daysBetween(ts, now());
      if (ago === 0) return t("time.today");
      if (ago === 1) return t("time.yesterday");
      if (ago > 1 && ago < 7) return capital(weekday(ts));
      return thisYear(ts) ? dayMonth(ts) : withYear(ts);
    },
    short: (ts) => {
      const ago = daysBetween(ts, now());
      if (ago <= 0) return time(ts);
      return ago === 1 ? t("time.yesterday") : date(ts);
    },
  };
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
