"""Whether anything may have been written since one looked, without looking at what.

Other processes tell nobody of what they write, so it is read again and again. Mostly there is
nothing new, and the database can say so for less than it takes to ask for it.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from typing import Final, Protocol

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

_LINGER_SECONDS: Final = 0.5
"""A transaction of PostgreSQL has moved the mark a moment before it can be seen."""
_LONGEST_SECONDS: Final = 2.0


class Mark(Protocol):
    """linger: seconds for which something may come that the mark has told of already."""

    linger: float

    async def read(self) -> object:
        """Something that is another one after each commit."""

    def close(self) -> None:
        """Nobody asks any more."""


class Watch:
    """One for each that looks."""

    def __init__(self, mark: Mark, clock: Callable[[], float] = time.monotonic) -> None:
        self._mark = mark
        self._clock = clock
        self._seen: object = None
        self._changed = self._looked = clock() - 2 * _LONGEST_SECONDS

    def again(self) -> None:
        """What was found could not be dealt with: it is new for the next time too."""
        self._seen = None

    async def is_new(self) -> bool:
        """Whether to look. Now and then one looks even so."""
        mark = await self._mark.read()
        now = self._clock()
        if self._seen is None or mark != self._seen:
            self._seen, self._changed = mark, now
        is_due = now - self._looked >= _LONGEST_SECONDS
        if not is_due and now - self._changed > self._mark.linger:
            return False
        self._looked = now
        return True


class SqliteMark:
    """Counts the commits of other connections; this one makes none."""

    linger = 0.0

    def __init__(self, path: str) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None

    async def read(self) -> object:
        try:
            if self._connection is None:
                self._connection = sqlite3.connect(self._path)
            return self._connection.execute("PRAGMA data_version").fetchone()[0]
        except sqlite3.OperationalError:
            return object()

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class PostgresMark:
    """How far its log is written, of all databases of the server. Asked by many at once, once."""

    linger = _LINGER_SECONDS
    _FRESH_SECONDS: Final = 0.1
    _READ: Final = sa.text("SELECT pg_current_wal_insert_lsn()::text")

    def __init__(self, reader: AsyncEngine) -> None:
        self._reader = reader
        self._read_at = 0.0
        self._last: object = None

    async def read(self) -> object:
        now = time.monotonic()
        if self._last is None or now - self._read_at > self._FRESH_SECONDS:
            try:
                async with self._reader.connect() as connection:
                    self._last = await connection.scalar(self._READ)
            except sa.exc.DBAPIError:
                return object()  # not allowed to ask, perhaps: then one looks each time
            self._read_at = now
        return self._last

    def close(self) -> None:
        """The connections are the engine's."""
