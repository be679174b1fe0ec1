"""The summary of a room in a sync: how many people, and by whom a room without a name is called."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from homeserver.services.events.event_cache import EventCache
from homeserver.storage import membership, room_state
from homeserver.storage.database import Reads
from homeserver.storage.events import StoredEvent

_HEROES = 5
_NAMES = ["m.room.name", "m.room.canonical_alias"]


class SyncSummary:
    """Counts members and picks heroes.

    Source: client-server-api, "Calculating the display name for a room".
    """

    def __init__(self, database: Reads, cache: EventCache) -> None:
        self._database = database
        self._cache = cache

    async def of(self, room: int, user_id: str, *, upto: int) -> dict[str, Any]:
        """``m.joined_member_count``, ``m.invited_member_count``, and ``m.heroes`` where the room
        has neither a name nor an alias."""
        return (await self.of_rooms([room], user_id, upto=upto))[room]

    async def of_rooms(
        self, rooms: list[int], user_id: str, *, upto: int
    ) -> dict[int, dict[str, Any]]:
        """As `of`, of several rooms."""
        async with self._database.read() as conn:
            counts = await membership.counts(conn, rooms)
            called = await room_state.at_types_in(conn, rooms, upto, _NAMES)
            found = await self._cache.by_nid(nid for nids in called.values() for nid in nids)
            nameless = [
                room
                for room in rooms
                if not _has_name(found[nid] for nid in called.get(room, ()) if nid in found)
            ]
            heroes: dict[int, list[str]] = {}
            if nameless:
                heroes = await membership.heroes_in(conn, nameless, user_id, limit=_HEROES)
        summaries: dict[int, dict[str, Any]] = {}
        for room, (joined, invited) in counts.items():
            summaries[room] = {
                "m.joined_member_count": joined,
                "m.invited_member_count": invited,
            }
            if room in heroes:
                summaries[room]["m.heroes"] = heroes[room]
        return summaries


def _has_name(events: Iterable[StoredEvent]) -> bool:
    contents = [stored.event.content for stored in events]
    return any(content.get("name") or content.get("alias") for content in contents)
