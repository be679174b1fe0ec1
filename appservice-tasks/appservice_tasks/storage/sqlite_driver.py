"""SQLite for SQLAlchemy's asyncio, without a trip to another thread for each small statement.

aiosqlite hands everything to a thread: four trips for one statement, each dearer than most of our
statements are. Here a statement runs where it is asked for when it can neither wait nor take
long:

- a query, for so many steps of SQLite's machine; one that needs more is given up, and asked again
  in the thread, where it may take its time (it has changed nothing). The next times it goes there
  at once;
- a change of few rows, in a transaction that has the lock for writing already.

What waits for a lock or for the disk (BEGIN IMMEDIATE, COMMIT) and changes of many rows go to the
thread, in one trip.
"""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Final

import aiosqlite
from sqlalchemy.connectors.asyncio import AsyncAdapt_dbapi_connection, AsyncAdapt_dbapi_cursor
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.aiosqlite import (
    AsyncAdapt_aiosqlite_connection,
    AsyncAdapt_aiosqlite_cursor,
    AsyncAdapt_aiosqlite_dbapi,
    SQLiteDialect_aiosqlite,
)
from sqlalchemy.util import EMPTY_DICT
from sqlalchemy.util.concurrency import await_

DRIVER: Final = "sqlite+nearby"
"""Of the addresses of engines."""

_STEPS: Final = 20_000
"""Of SQLite's machine, well below a millisecond's worth to some."""
_LONG_FOR: Final = 50
"""Times that a query which was given up goes to the thread at once."""
_LONG: Final = 500
"""Such queries are remembered; they are texts without what is asked for."""
_FEW: Final = 50
"""Rows that one statement changes here."""
_QUERIES: Final = ("SELECT", "WITH")
_BEGIN_TO_READ: Final = "BEGIN"
_BEGIN: Final = "BEGIN IMMEDIATE"

Parameters = Sequence[Any] | Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Done:
    """What became of a statement."""

    rows: list[Any]
    description: Any
    rowcount: int
    lastrowid: int | None


_NOTHING: Final = _Done([], None, -1, None)


class _Cursor(AsyncAdapt_aiosqlite_cursor):
    """A statement at a time; its rows are here when it has run."""

    __slots__ = ("_done", "arraysize")

    _awaitable_cursor_close = False

    def __init__(self, adapt_connection: AsyncAdapt_dbapi_connection) -> None:
        self._adapt_connection = adapt_connection
        self._connection = adapt_connection._connection
        self._rows = deque()
        self._soft_closed_memoized = EMPTY_DICT
        self._done = _NOTHING
        self.arraysize = 1

    @property
    def description(self) -> Any:
        return self._done.description

    @property
    def rowcount(self) -> int:
        return self._done.rowcount

    @property
    def lastrowid(self) -> Any:
        return self._done.lastrowid

    def close(self) -> None:
        self._rows.clear()

    async def _async_soft_close(self) -> None:
        """There is nothing open."""

    def execute(self, operation: str, parameters: Parameters | None = None) -> None:
        self._done = _own(self._adapt_connection).run(operation, parameters or ())
        self._rows = deque(self._done.rows)

    def executemany(self, operation: str, seq_of_parameters: Sequence[Parameters]) -> None:
        self._done = _own(self._adapt_connection).run_many(operation, seq_of_parameters)


class _Connection(AsyncAdapt_aiosqlite_connection):
    """Decides where a statement runs."""

    __slots__ = ("_has_lock", "_hurried", "_long")

    def __init__(self, dbapi: Any, connection: Any) -> None:
        super().__init__(dbapi, connection)
        self._has_lock = False
        self._hurried = False
        self._long: dict[str, int] = {}
        self._own.set_progress_handler(self._must_end, _STEPS)

    def cursor(self, server_side: bool = False) -> AsyncAdapt_dbapi_cursor:
        return super().cursor(server_side) if server_side else _Cursor(self)

    @property
    def _own(self) -> sqlite3.Connection:
        """What aiosqlite's thread uses. Raises ValueError when it is closed."""
        connection: sqlite3.Connection = self._connection._conn
        return connection

    def _must_end(self) -> bool:
        return self._hurried

    def run(self, operation: str, parameters: Parameters) -> _Done:
        """A statement, here or in the thread."""
        try:
            done = self._run_here(operation, parameters)
            if done is None:
                done = await_(self._in_thread(_run, self._own, operation, parameters))
            else:
                await_(_moment())  # SQLAlchemy takes a driver that never waits for the wrong one
        except Exception as error:
            self._handle_exception(error)
        if operation == _BEGIN:
            self._has_lock = True
        return done

    def _run_here(self, operation: str, parameters: Parameters) -> _Done | None:
        """None: this belongs into the thread."""
        if not operation.startswith(_QUERIES):
            here = self._has_lock or operation == _BEGIN_TO_READ
            return _run(self._own, operation, parameters) if here else None
        if self._is_long(operation):
            return None
        self._hurried = True
        try:
            return _run(self._own, operation, parameters)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
                raise
            if len(self._long) >= _LONG:
                self._long.clear()
            self._long[operation] = _LONG_FOR
            return None
        finally:
            self._hurried = False

    def _is_long(self, query: str) -> bool:
        """Whether it took long here not many times ago."""
        left = self._long.pop(query, 0)
        if left > 1:
            self._long[query] = left - 1
        return left > 0

    def run_many(self, operation: str, rows: Sequence[Parameters]) -> _Done:
        """One statement for each of these rows."""
        try:
            if self._has_lock and len(rows) <= _FEW:
                await_(_moment())
                return _run_many(self._own, operation, rows)
            return await_(self._in_thread(_run_many, self._own, operation, rows))
        except Exception as error:
            self._handle_exception(error)

    async def _in_thread(self, work: Callable[..., _Done], *given: Any) -> _Done:
        done: _Done = await self._connection._execute(work, *given)
        return done

    def commit(self) -> None:
        # Of a transaction that has only read there is nothing to be waited for.
        self._end("commit", here=not self._has_lock)

    def rollback(self) -> None:
        self._end("rollback", here=not self._has_lock)

    def _end(self, how: str, *, here: bool) -> None:
        if not self._connection._connection:
            return
        self._has_lock = False
        try:
            if here:
                getattr(self._own, how)()
            else:
                await_(getattr(self._connection, how)())
        except Exception as error:
            self._handle_exception(error)


async def _moment() -> None:
    """No time at all."""


def _run(connection: sqlite3.Connection, operation: str, parameters: Parameters) -> _Done:
    cursor = connection.execute(operation, parameters)
    rows = cursor.fetchall() if cursor.description else []
    return _Done(rows, cursor.description, cursor.rowcount, cursor.lastrowid)


def _run_many(connection: sqlite3.Connection, operation: str, rows: Sequence[Parameters]) -> _Done:
    cursor = connection.executemany(operation, rows)
    return _Done([], None, cursor.rowcount, cursor.lastrowid)


def _own(connection: AsyncAdapt_dbapi_connection) -> _Connection:
    assert isinstance(connection, _Connection)
    return connection


class _Dbapi(AsyncAdapt_aiosqlite_dbapi):
    def connect(self, *arg: Any, **kw: Any) -> _Connection:
        # One at a time uses it: the thread, while this one waits for it, or this one.
        connection = aiosqlite.connect(*arg, **{**kw, "check_same_thread": False})
        connection._thread.daemon = True
        return _Connection(self, await_(connection))


class Dialect(SQLiteDialect_aiosqlite):
    """SQLite as above."""

    driver = "nearby"
    supports_statement_cache = True

    @classmethod
    def import_dbapi(cls) -> AsyncAdapt_aiosqlite_dbapi:
        modules: tuple[ModuleType, ModuleType] = (aiosqlite, sqlite3)
        return _Dbapi(*modules)


registry.register(DRIVER.replace("+", "."), __name__, Dialect.__name__)
