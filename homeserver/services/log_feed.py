"""The log as this process follows it: the newest rows in a ring, and those who listen to all of
them.

Own commits arrive straight from the committer; what other processes wrote is read from the log. A
row is taken only if it follows the head of the ring, so the position never promises what was not
read.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice

import orjson

from homeserver.observe import get_logger
from homeserver.protocol.event import StateKey
from homeserver.services.event_cache import EventCache
from homeserver.storage import log as log_table
from homeserver.storage import rooms
from homeserver.storage.commit import LogRow
from homeserver.storage.database import Database, DatabaseUnavailable
from homeserver.storage.events import StoredEvent

log = get_logger(__name__)

_POLL_SECONDS = 1.0
_PAGE = 1000

Listener = Callable[[list[LogRow]], None]


@dataclass(slots=True)
class KnownRoom:
    """A room named by a row that another process wrote."""

    nid: int
    room_id: str


class LogFeed:
    """The position up to which this process knows everything, and the rows just before it."""

    def __init__(self, database: Database, cache: EventCache, *, ring_size: int) -> None:
        self._database = database
        self._cache = cache
        self._ring: deque[LogRow] = deque(maxlen=ring_size)
        self._listeners: list[Listener] = []
        self._task: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._reached: list[tuple[int, asyncio.Future[None]]] = []
        self.position = 0

    def listen(self, listener: Listener) -> None:
        """``listener`` gets every row, in order, in the order of listening. It must not wait."""
        self._listeners.append(listener)

    async def start(self) -> None:
        """Begins at the newest position."""
        async with self._database.read() as conn:
            self.position = await log_table.last_position(conn)
        await self._database.listen("log", lambda _: self._wake.set())
        self._task = asyncio.create_task(self._follow(), name="log feed")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def learn(self, rows: list[LogRow]) -> None:
        """Takes rows that this process committed. Those that leave a gap are read from the log."""
        if rows[0].prev == self.position:
            self._take(rows)
        elif rows[-1].position > self.position:
            self._wake.set()

    def _take(self, rows: list[LogRow]) -> None:
        self._ring.extend(rows)
        self.position = rows[-1].position
        for listener in self._listeners:
            listener(rows)
        if self._reached:
            for position, future in self._reached:
                if position <= self.position and not future.done():
                    future.set_result(None)
            self._reached = [item for item in self._reached if not item[1].done()]

    async def reach(self, position: int, *, timeout: float) -> bool:
        """Waits until everything up to a position is known, at most ``timeout`` seconds; whether
        it is. Another process may have promised it to a client."""
        if position <= self.position:
            return True
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._reached.append((position, future))
        try:
            async with asyncio.timeout(timeout):
                await future
        except TimeoutError:
            return False
        return True

    def covers(self, position: int) -> bool:
        """Whether the ring holds every row after this position."""
        if position >= self.position:
            return True
        return bool(self._ring) and self._ring[0].prev <= position

    def since(self, position: int) -> list[LogRow]:
        """The rows after a position that the ring covers, oldest first."""
        count = 0
        for row in reversed(self._ring):
            if row.position <= position:
                break
            count += 1
        if count == 1:
            return [self._ring[-1]]
        start = len(self._ring) - count
        if count < 64:
            rows = list(islice(reversed(self._ring), count))
            rows.reverse()
            return rows
        return list(islice(self._ring, start, None))

    async def _follow(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_POLL_SECONDS):
                    await self._wake.wait()
            self._wake.clear()
            try:
                await self._catch_up()
            except DatabaseUnavailable as error:
                log.warning("log_unreadable", error=str(error))

    async def _catch_up(self) -> None:
        while True:
            rows = await self.stored(self.position, limit=_PAGE)
            if not rows:
                return
            # Meanwhile own commits may have been taken.
            rows = [row for row in rows if row.position > self.position]
            if rows and rows[0].prev == self.position:
                self._take(rows)

    async def stored(self, position: int, *, limit: int) -> list[LogRow]:
        """Rows after a position as the database has them, oldest first. Their only facts are
        events."""
        async with self._database.read() as conn:
            stored = await log_table.after(conn, position, limit=limit)
            if not stored:
                return []
            names = await rooms.room_ids(conn, [row.room for row in stored if row.room])
        told = {r.position: _told(r) for r in stored if r.kind == "event" and r.data is not None}
        # What is kept of outliers in memory does not know their place yet.
        self._cache.forget(said.nid for said in told.values() if said.nid)
        wanted = [r.position for r in stored if r.kind == "event" and r.position not in told]
        for position, said in told.items():
            wanted += [said.nid or position, *said.held]
        found = await self._cache.by_nid(wanted)
        rows: list[LogRow] = []
        for row in stored:
            room = None if row.room is None else KnownRoom(row.room, names.get(row.room, ""))
            said = told.get(row.position, _NOTHING_TOLD)
            fact = found.get(said.nid or row.position) if row.kind == "event" else None
            learned = LogRow(row.kind, room, row.user_id, row.data, fact, row.position, row.prev)
            if said.resolved:
                state: dict[StateKey, StoredEvent | None] = dict.fromkeys(said.removed)
                state.update((found[nid].event.key, found[nid]) for nid in said.held)
                learned.state = state
            rows.append(learned)
        return rows


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


_NOTHING_TOLD = _Told()


def _told(row: log_table.StoredLogRow) -> _Told:
    assert row.data is not None
    data = orjson.loads(row.data)
    return _Told(
        data.get("nid", 0),
        "state" in data,
        data.get("state", []),
        [(event_type, state_key) for event_type, state_key in data.get("removed", ())],
    )
