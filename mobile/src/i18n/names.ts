import { formatRoomName, type RoomName } from "@team/core";
import type { Language, Translate } from "./translate";

/** Writes room names in a language. The phone's JavaScript engine has no Intl.ListFormat. */
export function roomNamesIn(language: Language, t: Translate): (name: RoomName) => string {
  const and = language === "ru" ? " и " : " and ";
  const people = (names: readonly string[], others: number): string => {
    if (others > 0) return t("rooms.andOthers", { names: names.join(", "), count: others });
    return names.length < 2 ? (names[0] ?? "") : names.slice(0, -1).join(", ") + and + (names.at(-1) ?? "");
  };
  const phrases = {
    people,
    formerPeople: (names: readonly string[], others: number) => t("rooms.formerPeople", { names: people(names, others) }),
    empty: () => t("rooms.empty"),
  };
  return (name) => formatRoomName(name, phrases);
}
