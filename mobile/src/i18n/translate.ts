import { en as sharedEn } from "@team/phrases/en";
import { ru as sharedRu } from "@team/phrases/ru";
import { phoneEn } from "./phoneEn";
import { phoneRu } from "./phoneRu";

/** The web client's words, and those that only the phone has. */
export const en = { ...sharedEn, ...phoneEn };
export const ru = { ...sharedRu, ...phoneRu };

export type Language = "en" | "ru";

type Tree = { readonly [key: string]: string | Tree };
type Leaf<T> = { [K in keyof T & string]: T[K] extends string ? K : `${K}.${Leaf<T[K]>}` }[keyof T & string];
type Base<Key> = Key extends `${infer Name}_${"one" | "few" | "many" | "other"}` ? Name : Key;

/** A phrase by its path; one that counts is named without its plural form. */
export type Phrase = Base<Leaf<typeof en>>;
export type Holes = Readonly<Record<string, string | number>>;
export type Translate = (phrase: Phrase, holes?: Holes) => string;

const trees: Readonly<Record<Language, Tree>> = { en, ru };

/** Writes phrases in a language. `{{name}}` is filled from `holes`; `count` chooses the plural form. */
export function translator(language: Language): Translate {
  return (phrase, holes = {}) => {
    const { count } = holes;
    const text =
      (typeof count === "number" ? find(trees[language], `${phrase}_${pluralForm(language, count)}`) : null) ??
      find(trees[language], phrase) ??
      phrase;
    return text.replace(/\{\{(\w+)\}\}/g, (hole, name: string) => String(holes[name] ?? hole));
  };
}

/** The CLDR form of a whole number. The phone's JavaScript engine has no Intl.PluralRules. */
export function pluralForm(language: Language, count: number): "one" | "few" | "many" | "other" {
  if (language === "en") return count === 1 ? "one" : "other";
  if (!Number.isInteger(count)) return "other";
  const [ones, tens] = [count % 10, count % 100];
  if (ones === 1 && tens !== 11) return "one";
  return ones >= 2 && ones <= 4 && (tens < 12 || tens > 14) ? "few" : "many";
}

/** The first of the phone's languages that we speak; English when there is none. */
export function preferredLanguage(tags: readonly string[]): Language {
  const codes = tags.map((tag) => tag.toLowerCase().split("-")[0]);
  return codes.find((code) => code === "en" || code === "ru") ?? "en";
}

function find(tree: Tree, path: string): string | null {
  let at: string | Tree | undefined = tree;
  for (const step of path.split(".")) at = typeof at === "object" ? at[step] : undefined;
  return typeof at === "string" ? at : null;
}
