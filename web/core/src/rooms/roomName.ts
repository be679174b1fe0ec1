import type { RoomName } from "./model";

/** The words that a room's computed name needs, in the language of the app. */
export interface RoomNamePhrases {
  /** Names of one or more people, and `others` more (0 or larger): "Anna, Ivan and 3 others". */
  people(names: readonly string[], others: number): string;
  /** Everyone else has left: "Empty room (was Anna)". */
  formerPeople(names: readonly string[], others: number): string;
  empty(): string;
}

export const englishRoomNamePhrases: RoomNamePhrases = {
  people: (names, others) => joined(names, others),
  formerPeople: (names, others) => `Empty room (was ${joined(names, others)})`,
  empty: () => "Empty room",
};

function joined(names: readonly string[], others: number): string {
  if (others > 0) return `${names.join(", ")} and ${others} ${others === 1 ? "other" : "others"}`;
  const last = names.at(-1) ?? "";
  return names.length < 2 ? last : `${names.slice(0, -1).join(", ")} and ${last}`;
}

export function formatRoomName(name: RoomName, phrases: RoomNamePhrases = englishRoomNamePhrases): string {
  switch (name.kind) {
    case "given":
    case "alias":
      return name.text;
    case "people":
      return phrases.people(name.names, name.others);
    case "formerPeople":
      return phrases.formerPeople(name.names, name.others);
    case "empty":
      return phrases.empty();
  }
}

