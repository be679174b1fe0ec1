import { formatRoomName, type RoomName, type RoomNamePhrases } from "@team/core";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";

/** Writes room names in the user's language. */
export function useRoomNames(): (name: RoomName) => string {
  const { t, i18n } = useTranslation();
  const language = i18n.language;
  return useMemo(() => {
    const list = new Intl.ListFormat(language, { type: "conjunction" });
    const people = (names: readonly string[], others: number) =>
      others > 0 ? t("rooms.andOthers", { names: names.join(", "), count: others }) : list.format(names);
    const phrases: RoomNamePhrases = {
      people,
      formerPeople: (names, others) => t("rooms.formerPeople", { names: people(names, others) }),
      empty: () => t("rooms.empty"),
    };
    return (name) => formatRoomName(name, phrases);
  }, [t, language]);
}
