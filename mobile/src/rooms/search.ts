import { localpartOf, type RoomName, type RoomSummary } from "@team/core";

function fold(text: string): string {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

/** Whether each word of the query begins a word of the text. */
export function beginsWords(text: string, query: string): boolean {
  const words = fold(text).split(/[\s\-_.,:@#«»"()]+/);
  return fold(query)
    .split(/\s+/)
    .every((part) => words.some((word) => word.startsWith(part)));
}

/** The rooms in whose name, address or person each word of the query begins a word; all for an empty query. */
export function filterRooms(rooms: readonly RoomSummary[], query: string, nameOf: (name: RoomName) => string): readonly RoomSummary[] {
  if (query.trim() === "") return rooms;
  return rooms.filter((room) => {
    const person = room.directUserId === null ? "" : localpartOf(room.directUserId);
    return beginsWords([nameOf(room.name), room.canonicalAlias ?? "", person].join(" "), query);
  });
}
