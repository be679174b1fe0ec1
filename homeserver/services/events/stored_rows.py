"""Rows of the log that somebody else wrote, read back with as much as this process has use for.

Most events that another process writes concern nobody here. What they say is read only where a room
is in use in this process; else a row stands there without its fact, and listeners forget what they
know of its room.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import orjson

from homeserver.protocol.event import StateKey
from homeserver.services.events.event_cache import EventCache
from homeserver.services.events.keep_outliers import HISTORY
from homeserver.services.events.known_room import KnownRoom
from homeserver.services.ground.bounded_cache import BoundedCache
from homeserver.storage import events, notifications, receipts, rooms
from homeserver.storage import log as log_table
from homeserver.storage.commit import LogRow
from homeserver.storage.database import Connection, Database
from homeserver.storage.events import StoredEvent
from homeserver.storage.log import StoredLogRow

_NAME_BYTES = 90
"""That a room's number and id take."""

Cares = Callable[[int], bool]
"""Whether a room, by its number, is in use."""


class StoredRows:
    """Reads rows."""

    def __init__(self, database: Database, cache: EventCache, *, max_bytes: int) -> None:
        """max_bytes: for names of rooms."""
        self._database = database
        self._cache = cache
        self._names: BoundedCache[int, str] = BoundedCache(
            "room_names", max_bytes=max_bytes, weigh=lambda _, name: _NAME_BYTES
        )

    async def after(
        self,
        position: int,
        *,
        limit: int,
        own: Mapping[int, LogRow] | None = None,
        cares: Cares | None = None,
    ) -> list[LogRow]:
        """Rows after a position, oldest first.

        own: rows that this process wrote, which have everything already. cares: which rooms' events
        are wanted; None: all. Those about a membership, and other servers', always are.
        """
        async with self._database.read() as conn:
            found = await log_table.after(conn, position, limit=limit)
            mine = own or {}
            foreign = [row for row in found if row.position not in mine]
            if not foreign:
                return [mine[row.position] for row in found]
            names = await self._names_of(conn, foreign)
        for row in foreign:
            if row.kind == HISTORY and row.data is not None:
                said = orjson.loads(row.data)
                self._cache.forget([*said.get("placed", ()), *filter(None, [said.get("nid")])])
        rows = [mine.get(row.position) or self._row(row, names) for row in found]
        await self.complete([row for row in rows if _is_wanted(row, cares)])
        return rows

    async def complete(self, rows: list[LogRow]) -> None:
        """Gives events their facts, where they have none. Rows of other kinds are left alone."""
        missing = [row for row in rows if row.kind == "event" and row.fact is None]
        if not missing:
            return
        told = {row.position: _told(row.data) for row in missing if row.data is not None}
        # What is kept of outliers in memory does not know their place yet.
        self._cache.forget(said.nid for said in told.values() if said.nid)
        nids = {
            row.position: told.get(row.position, _NOTHING).nid or row.position for row in missing
        }
        held = [nid for said in told.values() for nid in said.held]
        found = await self._cache.by_nid([*nids.values(), *held])
        await self._read_beside([found[nid] for nid in nids.values() if nid in found])
        for row in missing:
            said = told.get(row.position, _NOTHING)
            if said.resolved:
                state: dict[StateKey, StoredEvent | None] = dict.fromkeys(said.removed)
                state.update((found[nid].event.key, found[nid]) for nid in said.held)
                row.state = state
            stored = found.get(nids[row.position])
            if stored is not None:
                row.fact = stored
                row.room = KnownRoom(stored.room, stored.event.room_id)

    async def _read_beside(self, fresh: list[StoredEvent]) -> None:
        """What was committed with these events: whom they notify, and what they redact."""
        if not fresh:
            return
        redactions = {s.event.redacts: s.nid for s in fresh if s.event.redacts is not None}
        async with self._database.read() as conn:
            noticed = await notifications.of_events(conn, [stored.nid for stored in fresh])
            done = await events.redacted_by(conn, list(redactions)) if redactions else {}
        for stored in fresh:
            if stored.noticed is None:
                stored.noticed = noticed.get(stored.nid, [])
            redacted = stored.event.redacts
            if redacted is not None and done.get(redacted) == stored.nid:
                stored.applies_redaction = True

    async def _names_of(self, conn: Connection, found: list[StoredLogRow]) -> dict[int, str]:
        """Of rooms about which something else than events is told: events name their room."""
        named = {row.room for row in found if row.room is not None and row.kind != "event"}
        names = {nid: name for nid in named if (name := self._names.get(nid)) is not None}
        unknown = named - names.keys()
        if unknown:
            for nid, room_id in (await rooms.room_ids(conn, list(unknown))).items():
                self._names.put(nid, room_id)
                names[nid] = room_id
        return names

    def _row(self, row: StoredLogRow, names: Mapping[int, str]) -> LogRow:
        room = None if row.room is None else KnownRoom(row.room, names.get(row.room, ""))
        fact: object = None
        if row.kind == "receipt" and row.data is not None and row.room and row.user_id:
            fact = receipts.from_log(row.room, row.user_id, row.data)
        return LogRow(row.kind, room, row.user_id, row.data, fact, row.position, row.prev)


def _is_wanted(row: LogRow, cares: Cares | None) -> bool:
    if cares is None or row.user_id is not None or row.data is not None:
        return True
    return row.room is not None and cares(row.room.nid)


@dataclass(slots=True)
class _Told:
    """What an event's row says beside the event. nid: its number, 0 for the position itself.

    resolved: the room's state changed otherwise than by the event: at the keys of ``held``, and at
    ``removed``, which are empty now.
    """

    nid: int = 0
    resolved: bool = False
    held: list[int] = field(default_factory=list)
    removed: list[StateKey] = field(default_factory=list)


_NOTHING = _Told()


def _told(raw: bytes) -> _Told:
    data = orjson.loads(raw)
    return _Told(
        data.get("nid", 0),
        "state" in data,
        data.get("state", []),
        [(event_type, state_key) for event_type, state_key in data.get("removed", ())],
    )
