import { localpartOf, type RoomList, type RoomName, type RoomSummary } from "@team/core";

export type SectionKey = "invites" | "favourites" | "rooms" | "direct" | "knocks" | "lowPriority";

/** The room list in the parts that the sidebar shows, each in core's order. Spaces are not conversations. */
export function sectionsOf(list: RoomList): { key: SectionKey; rooms: readonly RoomSummary[] }[] {
  const joined = list.joined.filter((room) => room.kind === "room");
  const plain = joined.filter((room) => !room.favourite && !room.lowPriority);
  return [
    { key: "invites", rooms: list.invites },
    { key: "favourites", rooms: joined.filter((room) => room.favourite) },
    { key: "rooms", rooms: plain.filter((room) => room.directUserId === null) },
    { key: "direct", rooms: plain.filter((room) => room.directUserId !== null) },
    { key: "knocks", rooms: list.knocks },
    { key: "lowPriority", rooms: joined.filter((room) => room.lowPriority && !room.favourite) },
  ];
}

/** Folds case and accents, so that "ё" finds "е". */
export function fold(text: string): string {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

/** True when each word of the query begins a word of the text. */
export function matches(text: string, query: string): boolean {
  const words = fold(text).split(/[\s\-_.,:@#«»"()]+/);
  return fold(query)
    .split(/\s+/)
    .filter(Boolean)
    .every((part) => words.some((word) => word.startsWith(part)) || fold(text).startsWith(part));
}

/** The rooms whose name, alias or person match the query; all of them for an empty one. */
export function filterRooms(
  rooms: readonly RoomSummary[],
  query: string,
  nameOf: (name: RoomName) => string,
): readonly RoomSummary[] {
  if (query.trim() === "") return rooms;
  return rooms.filter((room) =>
    matches(
      [nameOf(room.name), room.canonicalAlias ?? "", room.directUserId === null ? "" : localpartOf(room.directUserId)].join(" "),
      query,
    ),
  );
}
