"""The summary of a room in a sync: how many people, and by whom a room without a name is called."""

from __future__ import annotations

from typing import Any

from homeserver.services.events.event_cache import EventCache
from homeserver.storage import membership, room_state
from homeserver.storage.database import Reads

_HEROES = 5


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
        async with self._database.read() as conn:
            joined, invited = await membership.counts(conn, room)
            named = await room_state.at_types(
                conn, room, upto, ["m.room.name", "m.room.canonical_alias"]
            )
            summary: dict[str, Any] = {
                "m.joined_member_count": joined,
                "m.invited_member_count": invited,
            }
            found = await self._cache.by_nid(named.values())
            contents = [stored.event.content for stored in found.values()]
            if not any(content.get("name") or content.get("alias") for content in contents):
                summary["m.heroes"] = await membership.heroes(conn, room, user_id, limit=_HEROES)
        return summary
