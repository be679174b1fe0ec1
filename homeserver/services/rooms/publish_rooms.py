"""The directory of published rooms.

Source: client-server-api, "Published room directory".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from homeserver.errors import Forbidden, InvalidParam, NotFound
from homeserver.services.events.room_heads import RoomHeads
from homeserver.services.ground.requester import Requester
from homeserver.services.rooms.room_aliases import may_publish
from homeserver.services.rooms.summarise_room import directory_entry
from homeserver.storage import room_directory
from homeserver.storage.commit import Committer, Write, statements
from homeserver.storage.database import Database
from homeserver.storage.room_directory import PublishedRoom

MAX_PAGE = 500
DEFAULT_PAGE = 100

_TOKEN = re.compile(r"([np])([0-9]{1,15})\.([0-9]{1,18})", re.ASCII)

Contents = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of the directory.

    term: text that must occur in name, topic or alias. room_types: of which one must be the
    room's (None among them: rooms without a type); None: all.
    """

    limit: int = DEFAULT_PAGE
    since: str | None = None
    term: str | None = None
    room_types: frozenset[str | None] | None = None

    @property
    def filters(self) -> bool:
        return bool(self.term) or self.room_types is not None


class PublishRooms:
    """Publishes rooms, and lists those that are."""

    def __init__(self, database: Database, committer: Committer, heads: RoomHeads) -> None:
        self._database = database
        self._committer = committer
        self._heads = heads

    async def is_public(self, room_id: str) -> bool:
        """Whether a room is published; NotFound for rooms this server does not have."""
        async with self._database.read() as conn:
            public = await room_directory.is_public(conn, room_id)
        if public is None:
            raise NotFound("Unknown room")
        return public

    async def set_public(self, who: Requester, room_id: str, *, public: bool) -> None:
        """Publishes a room or takes it out of the directory.

        For those who may set its canonical alias, and administrators. Raises NotFound, Forbidden.
        """
        head = await self._heads.get(room_id)
        if not (who.admin or may_publish(head, who.user_id)):
            raise Forbidden("Only a moderator of the room may change whether it is published")
        params = {"is_public": int(public), "nid": head.nid}
        await self._committer.commit(Write(bind=statements((room_directory.SET_PUBLIC, params))))

    async def page(self, wanted: Wanted) -> dict[str, Any]:
        """The answer of /publicRooms: the rooms with the most members first.

        Pages are cut by (members, room), so that a room which gains or loses members meanwhile may
        be seen twice or missed, but never the rest. InvalidParam for a foreign token.
        """
        async with self._database.read(slow=True) as conn:
            rooms = await room_directory.published(conn)
            contents: dict[int, Contents] = {}
            if wanted.filters:
                contents = await room_directory.contents(conn, [room.nid for room in rooms])
                rooms = [room for room in rooms if _matches(wanted, contents[room.nid])]
            start, end = _cut(rooms, wanted)
            part = rooms[start:end]
            if not wanted.filters:
                contents = await room_directory.contents(conn, [room.nid for room in part])
        answer: dict[str, Any] = {
            "chunk": [
                directory_entry(room.room_id, room.joined, contents[room.nid]) for room in part
            ],
            "total_room_count_estimate": len(rooms),
        }
        if part and end < len(rooms):
            answer["next_batch"] = _token("n", part[-1])
        if part and start > 0:
            answer["prev_batch"] = _token("p", part[0])
        return answer


def _matches(wanted: Wanted, contents: Contents) -> bool:
    if wanted.room_types is not None:
        kind = contents.get("m.room.create", {}).get("type")
        if (kind if isinstance(kind, str) else None) not in wanted.room_types:
            return False
    if not wanted.term:
        return True
    entry = directory_entry("", 0, contents)
    term = wanted.term.casefold()
    return any(
        term in entry[key].casefold()
        for key in ("name", "topic", "canonical_alias")
        if key in entry
    )


def _key(room: PublishedRoom) -> tuple[int, int]:
    return -room.joined, room.nid


def _token(direction: str, room: PublishedRoom) -> str:
    return f"{direction}{room.joined}.{room.nid}"


def _cut(rooms: list[PublishedRoom], wanted: Wanted) -> tuple[int, int]:
    """Which of the sorted rooms the page holds: from, to (excluded)."""
    if wanted.since is None:
        return 0, wanted.limit
    match = _TOKEN.fullmatch(wanted.since)
    if match is None:
        raise InvalidParam("Not a token of this server")
    place = -int(match[2]), int(match[3])
    if match[1] == "n":
        start = sum(_key(room) <= place for room in rooms)
        return start, start + wanted.limit
    end = sum(_key(room) < place for room in rooms)
    return max(0, end - wanted.limit), end
