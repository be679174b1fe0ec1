import { errorInfo, MatrixError } from "@team/core";
import { wordsIn } from ".";
import { datesIn } from "./dates";
import { phoneEn } from "./phoneEn";
import { phoneRu } from "./phoneRu";
import { pluralForm, preferredLanguage, translator } from "./translate";

type Tree = { readonly [key: string]: string | Tree };

function leaves(tree: Tree, path = ""): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]) =>
    typeof value === "string" ? [[`${path}${key}`, value] as [string, string]] : leaves(value, `${path}${key}.`),
  );
}

const PLURAL = /_(one|few|many|other)$/;
const holes = (text: string): string => [...text.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1]).sort().join();

describe("the phone's own words", () => {
  it("are the same in both languages, with the same holes", () => {
    const of = (tree: Tree): Map<string, string> => new Map(leaves(tree).map(([key, text]) => [key.replace(PLURAL, ""), holes(text)]));
    expect([...of(phoneRu)]).toEqual([...of(phoneEn)]);
  });

  it("have every plural form", () => {
    for (const [tree, forms] of [[phoneEn, "one other"], [phoneRu, "few many one other"]] as const) {
      const found = new Map<string, string[]>();
      for (const [key] of leaves(tree)) {
        const form = PLURAL.exec(key)?.[1];
        if (form !== undefined) found.set(key.replace(PLURAL, ""), [...(found.get(key.replace(PLURAL, "")) ?? []), form]);
      }
      for (const given of found.values()) expect(given.sort().join(" ")).toBe(forms);
    }
  });
});

describe("translator", () => {
  it("fills the holes", () => {
    expect(translator("en")("rooms.invitedTo", { name: "Anna", room: "General" })).toBe("Anna invites you to “General”");
  });

  it("chooses the plural form as Intl.PluralRules does", () => {
    for (const language of ["en", "ru"] as const) {
      const rules = new Intl.PluralRules(language);
      for (let count = 0; count <= 130; count += 1) expect([count, pluralForm(language, count)]).toEqual([count, rules.select(count)]);
    }
    expect(pluralForm("ru", 1.5)).toBe("other");
    expect(translator("ru")("phone.members", { count: 22 })).toBe("22 участника");
    expect(translator("ru")("rooms.unread", { count: 11 })).toBe("11 непрочитанных сообщений");
  });

  it("does not read a hole's text for holes again", () => {
    expect(translator("en")("preview.own", { text: "{{text}} $& {{name}}" })).toBe("You: {{text}} $& {{name}}");
  });
});

it("takes the first of the phone's languages that we speak", () => {
  expect(preferredLanguage(["de-DE", "ru-RU", "en-GB"])).toBe("ru");
  expect(preferredLanguage(["de-DE"])).toBe("en");
});

describe("words", () => {
  const [en, ru] = [wordsIn("en"), wordsIn("ru")];

  it("name rooms after their people", () => {
    const name = { kind: "people", names: ["Anna", "Ivan", "Olga"], others: 0 } as const;
    expect(en.roomName(name)).toBe("Anna, Ivan and Olga");
    expect(ru.roomName({ ...name, names: ["Анна", "Иван"] })).toBe("Анна и Иван");
    expect(en.roomName({ ...name, names: ["Anna"] })).toBe("Anna");
    expect(en.roomName({ ...name, others: 2 })).toBe("Anna, Ivan, Olga and 2 more");
    expect(ru.roomName({ kind: "empty" })).toBe("Пустая комната");
  });

  it("tell days by their distance from today", () => {
    const noon = new Date().setHours(12, 0, 0, 0);
    const day = 86_400_000;
    expect(en.dates.day(noon)).toBe("Today");
    expect(ru.dates.day(noon - day)).toBe("Вчера");
    expect(en.dates.day(noon - 3 * day)).toMatch(/day$/);
    expect(en.dates.day(new Date(2019, 4, 9).getTime())).toBe("9 May 2019");
    expect(en.dates.short(noon)).toBe("12:00");
    expect(ru.dates.short(new Date(2019, 4, 9).getTime())).toContain("2019");
  });

  it("write Russian dates as Russians do", () => {
    const now = new Date(2026, 4, 20, 12).getTime();
    const { date, day, short, dateTime } = datesIn("ru", ru.t, () => now);
    const at = (...when: [number, number, number, number?, number?]): number => new Date(...when).getTime();
    expect(day(at(2026, 4, 5))).toBe("5 мая");
    expect(day(at(2026, 4, 18))).toBe("Понедельник");
    expect(day(at(2025, 2, 3))).toBe("3 марта 2025 г.");
    expect(date(at(2026, 1, 1))).toBe("1 февр.");
    expect(short(at(2026, 4, 20, 9, 5))).toBe("09:05");
    expect(short(at(2026, 4, 19, 23, 59))).toBe("Вчера");
    expect(dateTime(at(2026, 4, 5, 14, 7))).toBe("5 мая, 14:07");
  });

  it("say what became of words that were not sent, and why", () => {
    for (const errcode of ["STALE", "SESSION_ENDED", "FILE_GONE", "ENCRYPTED_ROOM"]) {
      for (const words of [en, ru]) {
        const text = words.error({ errcode, status: 0, message: "", retryAfterMs: null });
        expect(text).not.toBe(words.t("errors.unknown"));
        expect(text).not.toContain("errors.");
      }
    }
  });

  it("say why something was refused", () => {
    const refusal = new MatrixError({ status: 429, errcode: "M_LIMIT_EXCEEDED", message: "", retryAfterMs: 2500 });
    expect(en.error(refusal)).toBe("Too many attempts. Try again in 3 seconds.");
    expect(ru.error(errorInfo(new TypeError("x")))).toBe("Что-то пошло не так. Попробуйте ещё раз.");
  });
});
