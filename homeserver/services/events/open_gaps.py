"""Where history is missing: the open gaps of every room, in memory.

There are few: one for each time that this server joined a room, or was away for long.
"""

from __future__ import annotations

import asyncio

from homeserver.services.events.keep_outliers import HISTORY
from homeserver.storage import gaps
from homeserver.storage.commit import LogRow
from homeserver.storage.database import Database
from homeserver.storage.events import Place
from homeserver.storage.gaps import Gap

_MOST_STALE = 10_000
"""Rooms to be read again; beyond that all are."""


class OpenGaps:
    """Knows the gaps. Those of a room are read again after something was stored of its past."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._rooms: dict[int, list[Gap]] = {}
        self._stale: set[int] = set()
        self._loaded = False
        self._forgotten = 0
        self._lock = asyncio.Lock()

    def learn(self, rows: list[LogRow]) -> None:
        """A listener of the feed."""
        for row in rows:
            if row.room is not None and (
                row.kind == HISTORY or (row.kind == "event" and row.data is not None)
            ):
                self.changed(row.room.nid)

    def changed(self, room: int) -> None:
        """Those of a room are read again, without waiting for the log to tell."""
        self._stale.add(room)
        if len(self._stale) > _MOST_STALE:  # rooms that nobody reads
            self._stale.clear()
            self._rooms.clear()
            self._loaded = False
            self._forgotten += 1

    async def of(self, room: int) -> list[Gap]:
        """The open gaps of a room, oldest first."""
        if not self._loaded or room in self._stale:
            await self._load(room)
        return self._rooms.get(room, [])

    async def misses(self, room: int, event_id: str) -> bool:
        """Whether this event is a parent that some event of the room lacks."""
        return any(event_id in gap.missing for gap in await self.of(room))

    async def between(self, room: int, low: Place, high: Place) -> list[Gap]:
        """The gaps that a reader passes on the way between two places, oldest first."""
        found = await self.of(room)
        return [gap for gap in found if low < gap.place <= high] if found else found

    async def _load(self, room: int) -> None:
        async with self._lock:
            while not self._loaded:
                forgotten = self._forgotten
                async with self._database.read() as conn:
                    every = await gaps.every(conn)
                self._rooms.clear()
                for gap in every:
                    self._rooms.setdefault(gap.room, []).append(gap)
                self._loaded = forgotten == self._forgotten
            while room in self._stale:
                self._stale.discard(room)
                async with self._database.read() as conn:
                    found = await gaps.of_room(conn, room)
                if found:
                    self._rooms[room] = found
                else:
                    self._rooms.pop(room, None)
