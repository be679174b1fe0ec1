"""The log as this process follows it: the newest rows in a ring, and those who listen to all of
them.

Own commits arrive straight from the committer; what other processes wrote is read from the log. A
row is taken only if it follows the head of the ring, so the position never promises what was not
read. Own rows behind a gap are kept until it is filled.

Other processes tell of what they wrote by NOTIFY, which carries the position; a poll each second is
the net below. While much is written and nobody here waits for it, this process does not listen, as
to be told of each commit costs it a twentieth of its CPU, and looks twice a second. Where several
processes share a database, what must not be out of date passes `catch_up` first.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable
from itertools import islice

from homeserver.observe import get_logger
from homeserver.services.events.event_cache import EventCache, weight
from homeserver.services.events.room_heads import RoomHead
from homeserver.services.events.stored_rows import Cares, StoredRows
from homeserver.services.ground.cache_figures import figures_of
from homeserver.storage import log as log_table
from homeserver.storage.commit import LogRow
from homeserver.storage.database import Database, DatabaseUnavailable
from homeserver.storage.events import StoredEvent

log = get_logger(__name__)

_POLL_SECONDS = 1.0
_PAGE = 1000
_SHARE = 8
"""Reading the log takes a ninth of the time at most, as long as nobody waits for it."""
_LONGEST_PAUSE = 0.05
_NOBODY_WAITS_PAUSE = 0.5
_NOBODY_WAITED_SECONDS = 3.0
_MANY = 20
"""Rows read at once, from which on it is not worth while to be told of each."""
_CHANNEL = "log"
_ROW_BYTES = 420
"""That a row takes without the event."""

Listener = Callable[[list[LogRow]], None]


class LogFeed:
    """The position up to which this process knows everything, and the rows just before it.

    shared: whether other processes serve from the same database.
    """

    def __init__(
        self,
        database: Database,
        cache: EventCache,
        *,
        ring_size: int,
        max_bytes: int,
        names_max_bytes: int,
        shared: bool = False,
    ) -> None:
        """max_bytes: of the ring, which has ``ring_size`` rows at most and one at least.
        names_max_bytes: of names of rooms that others write into."""
        self._database = database
        self._stored = StoredRows(database, cache, max_bytes=names_max_bytes)
        self._ring: deque[LogRow] = deque()
        self._weights: deque[int] = deque()
        self._most = ring_size
        self._figures = figures_of("log", max_bytes)
        self._listeners: list[Listener] = []
        self._caring: list[Cares] = []
        self._waiting_for_news: list[Callable[[], bool]] = []
        self._own: dict[int, LogRow] = {}
        self._task: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._hurry = asyncio.Event()
        self._next: asyncio.Future[None] | None = None
        self._reached: list[tuple[int, asyncio.Future[None]]] = []
        self._told = True
        self._found = 0
        self._waited = time.monotonic()
        self.position = 0
        self.shared = shared

    def listen(
        self,
        listener: Listener,
        cares: Cares | None = None,
        waits: Callable[[], bool] | None = None,
    ) -> None:
        """``listener`` gets every row, in order, in the order of listening. It must not wait.

        cares: says in which rooms it has use for what another process's events say; of others it
        may be given rows without their facts. waits: says whether it wants to be told at once, and
        not only before somebody asks.
        """
        if waits is not None:
            self._waiting_for_news.append(waits)
        self._listeners.append(listener)
        if cares is not None:
            self._caring.append(cares)

    async def start(self) -> None:
        """Begins at the newest position."""
        await self._database.listen(_CHANNEL, self._heard)
        async with self._database.read() as conn:
            self.position = await log_table.last_position(conn)
        self._task = asyncio.create_task(self._follow(), name="log feed")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        if self._next is not None:
            self._next.cancel()

    def _heard(self, text: str) -> None:
        if int(text) > self.position:
            self._wake.set()

    def learn(self, rows: list[LogRow]) -> None:
        """Takes rows that this process committed. Those that leave a gap wait until it is read."""
        if rows[0].prev == self.position:
            self._take(rows)
        elif rows[-1].position > self.position:
            self._own.update((row.position, row) for row in rows)
            self._wake.set()

    def _take(self, rows: list[LogRow]) -> None:
        self._append(rows)
        self.position = rows[-1].position
        for listener in self._listeners:
            listener(rows)
        if self._reached:
            for position, future in self._reached:
                if position <= self.position and not future.done():
                    future.set_result(None)
            self._reached = [item for item in self._reached if not item[1].done()]

    def _append(self, rows: list[LogRow]) -> None:
        ring, weights, figures = self._ring, self._weights, self._figures
        for row in rows:
            if isinstance(row.room, RoomHead):
                row.room = row.room.name  # or the ring would keep each room's whole state
            fact = row.fact
            taken = _ROW_BYTES + (weight(fact) if isinstance(fact, StoredEvent) else 0)
            ring.append(row)
            weights.append(taken)
            figures.bytes += taken
        while len(ring) > self._most or (figures.bytes > figures.bound and len(ring) > 1):
            ring.popleft()
            figures.bytes -= weights.popleft()
            figures.evictions += 1
        figures.entries = len(ring)

    async def reach(self, position: int, *, timeout: float) -> bool:
        """Waits until everything up to a position is known, at most ``timeout`` seconds; whether
        it is. Another process may have promised it to a client."""
        if position <= self.position:
            return True
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._reached.append((position, future))
        self._hasten()
        try:
            async with asyncio.timeout(timeout):
                await future
        except TimeoutError:
            return False
        return True

    async def catch_up(self) -> None:
        """The read barrier: returns once everything is known that was committed, by whichever
        process, before the call. Those who call while one query is under way share the next.

        Costs nothing where no other process serves. Raises DatabaseUnavailable.
        """
        if not self.shared:
            return
        if self._next is None:
            self._next = asyncio.get_running_loop().create_future()
            self._hasten()
        await asyncio.shield(self._next)

    def attend(self) -> None:
        """Somebody waits for news from now on, when nobody did: the feed rests no longer."""
        self._hurry.set()

    def _hasten(self) -> None:
        self._wake.set()
        self._hurry.set()

    def covers(self, position: int) -> bool:
        """Whether the ring holds every row after this position."""
        if position >= self.position:
            return True
        covered = bool(self._ring) and self._ring[0].prev <= position
        self._figures.hits += covered
        self._figures.misses += not covered
        return covered

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

    async def stored(self, position: int, *, limit: int) -> list[LogRow]:
        """Rows after a position as the database has them, oldest first. Their only facts are
        events and receipts."""
        return await self._stored.after(position, limit=limit)

    async def complete(self, rows: list[LogRow]) -> None:
        """Reads the events of rows of other processes that nobody here had use for so far."""
        await self._stored.complete(rows)

    async def _follow(self) -> None:
        while True:
            if self._told:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_POLL_SECONDS):
                        await self._wake.wait()
            self._wake.clear()
            self._hurry.clear()
            waiting, self._next = self._next, None
            started = time.perf_counter()
            try:
                if not self._told and (self._found < _MANY or self._somebody_waits()):
                    await self._database.listen(_CHANNEL, self._heard)
                    self._told = True
                self._found = await self._read()
            except Exception as error:
                # Whatever it was: a process that no longer followed the log would answer nobody.
                log.warning("log_unreadable", error=repr(error))
                if waiting is not None and not waiting.done():
                    waiting.set_exception(DatabaseUnavailable(str(error)))
                    waiting.exception()  # Retrieved: those who waited may have gone.
            except BaseException:
                if waiting is not None:
                    waiting.cancel()
                raise
            else:
                if waiting is not None and not waiting.done():
                    waiting.set_result(None)
            await self._rest(time.perf_counter() - started)

    def _somebody_waits(self) -> bool:
        if not any(waits() for waits in self._waiting_for_news):
            return False
        self._waited = time.monotonic()
        return True

    def _nobody_waited(self) -> bool:
        return time.monotonic() - self._waited >= _NOBODY_WAITED_SECONDS

    async def _rest(self, took: float) -> None:
        """Lets rows gather while a busy system writes many, unless somebody waits for them."""
        if not self.shared or self._hurry.is_set():
            return
        if self._somebody_waits():
            pause = min(took * _SHARE, _LONGEST_PAUSE)
        else:
            pause = _NOBODY_WAITS_PAUSE
            if self._told and self._found >= _MANY and self._nobody_waited():
                self._told = False
                await self._database.ignore(_CHANNEL)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(pause):
                await self._hurry.wait()

    async def _read(self) -> int:
        """Takes what was written meanwhile; how many rows."""
        full = True
        count = 0
        while full:
            rows = await self._stored.after(
                self.position,
                limit=_PAGE,
                own=self._own,
                cares=self._cares if self.shared else None,
            )
            full = len(rows) == _PAGE
            count += len(rows)
            # Meanwhile own commits may have been taken.
            rows = [row for row in rows if row.position > self.position]
            if rows and rows[0].prev == self.position:
                self._take(rows)
        if self._own:
            self._own = {p: row for p, row in self._own.items() if p > self.position}
        return count

    def _cares(self, room: int) -> bool:
        return any(cares(room) for cares in self._caring)
