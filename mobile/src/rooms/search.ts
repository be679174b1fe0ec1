import { localpartOf, type RoomName, type RoomSummary } from "@team/core";

function fold(text: string): string {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

/** The rooms in whose name, address or person each word of the query begins a word; all for an empty query. */
export function filterRooms(rooms: readonly RoomSummary[], query: string, nameOf: (name: RoomName) => string): readonly RoomSummary[] {
  const wanted = fold(query).split(/\s+/).filter(Boolean);
  if (wanted.length === 0) return rooms;
  return rooms.filter((room) => {
    const person = room.directUserId === null ? "" : localpartOf(room.directUserId);
    const words = fold([nameOf(room.name), room.canonicalAlias ?? "", person].join(" ")).split(/[\s\-_.,:@#«»"()]+/);
    return wanted.every((part) => words.some((word) => word.startsWith(part)));
  });
}
