"""SQLite: one file, three connections.

Reads run on the event loop's thread: a point read takes a tenth of a thread hop. What may take long
is read with ``slow=True``, in a thread of its own. Writes have a thread of their own.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from homeserver.storage.database import (
    SQLITE,
    AllLocks,
    Args,
    BadValue,
    Conflict,
    Connection,
    Locks,
    Reads,
    Row,
    Sql,
    Transaction,
)

T = TypeVar("T")


class _SqliteConnection:
    def __init__(
        self,
        database: SqliteDatabase,
        connection: sqlite3.Connection,
        executor: ThreadPoolExecutor | None,
    ) -> None:
        self._database = database
        self._connection = connection
        self._executor = executor

    def _run(self, sql: Sql, args: Args) -> list[Row]:
        return self._connection.execute(sql.sqlite, sql.sqlite_args(args)).fetchall()

    async def fetch(self, sql: Sql, /, **params: Any) -> list[Row]:
        self._database.statements += 1
        args = sql.args(params)
        if self._executor is None:
            return self._run(sql, args)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, self._run, sql, args)

    async def fetch_one(self, sql: Sql, /, **params: Any) -> Row | None:
        rows = await self.fetch(sql, **params)
        return rows[0] if rows else None

    async def fetch_value(self, sql: Sql, /, **params: Any) -> Any:
        row = await self.fetch_one(sql, **params)
        return None if row is None else row[0]


_PAGES_AT_ONCE = 2_000

_SQLITE_VALUE = (
    sqlite3.DataError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
    OverflowError,
    UnicodeEncodeError,
)


class SqliteDatabase:
    """A SQLite file in WAL mode, synchronous=FULL: an acknowledged write survives a power cut."""

    dialect = SQLITE
    at_once = 1

    def __init__(self, path: Path, *, synchronous: str = "full") -> None:
        self.statements = 0
        self.path = path
        self._synchronous = synchronous
        self._writer = self._connect()
        self._reader = self._connect()
        self._slow = self._connect()
        self._write_thread = ThreadPoolExecutor(1, "sqlite-write")
        self._slow_thread = ThreadPoolExecutor(1, "sqlite-slow")
        self._quick = _SqliteConnection(self, self._reader, None)
        self._threaded = _SqliteConnection(self, self._slow, self._slow_thread)
        self._lend_quick = contextlib.nullcontext[Connection](self._quick)
        self._lend_threaded = contextlib.nullcontext[Connection](self._threaded)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, isolation_level=None, check_same_thread=False, cached_statements=512
        )
        for pragma in (
            "auto_vacuum=INCREMENTAL",
            "journal_mode=WAL",
            f"synchronous={self._synchronous}",
            "busy_timeout=10000",
            "temp_store=MEMORY",
            # Most is in the system's cache anyway: more of it here takes memory and saves no time
            # that can be measured. The longer the log grows, the fewer pages are written twice.
            "cache_size=-4096",
            "mmap_size=33554432",
            "wal_autocheckpoint=4000",
        ):
            connection.execute(f"PRAGMA {pragma}").fetchall()
        return connection

    def read(self, *, slow: bool = False) -> contextlib.AbstractAsyncContextManager[Connection]:
        return self._lend_threaded if slow else self._lend_quick

    def together(self) -> Reads:
        return self  # a read is a call, and costs no more alone

    def _transact(self, transaction: Callable[[], Transaction[T]]) -> T:
        connection = self._writer
        try:
            connection.execute("BEGIN IMMEDIATE")
            steps = transaction()
            rows: list[Row] = []
            try:
                step = next(steps)
                while True:
                    sql = step.sql
                    self.statements += 1
                    if step.fetch:
                        rows = connection.execute(
                            sql.sqlite, sql.sqlite_args(step.rows[0])
                        ).fetchall()
                    elif sql.lists:
                        rows = []
                        for args in step.rows:
                            connection.execute(sql.sqlite, sql.sqlite_args(args))
                    else:
                        rows = []
                        connection.executemany(sql.sqlite, step.rows)
                    step = steps.send(rows)
            except StopIteration as done:
                connection.execute("COMMIT")
                value: T = done.value
                return value
        except BaseException as error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            if isinstance(error, sqlite3.IntegrityError):
                raise Conflict(str(error)) from error
            if isinstance(error, _SQLITE_VALUE):
                raise BadValue(str(error)) from error
            raise

    async def transact(self, transaction: Callable[[], Transaction[T]]) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._write_thread, self._transact, transaction)

    async def listen(self, channel: str, heard: Callable[[str], None]) -> None:
        """SQLite tells nobody; what another process wrote is found by the poll of the log."""

    async def ignore(self, channel: str) -> None:
        """Nothing was to be heard."""

    async def give_back(self, *, whole: bool = False) -> None:
        loop = asyncio.get_running_loop()
        # A piece at a time, so that commits go on in between.
        while await loop.run_in_executor(self._write_thread, self._shorten):
            pass
        await loop.run_in_executor(self._write_thread, self._checkpoint)

    def _shorten(self) -> bool:
        self._writer.execute(f"PRAGMA incremental_vacuum({_PAGES_AT_ONCE})").fetchall()
        left: int = self._writer.execute("PRAGMA freelist_count").fetchone()[0]
        return left > 0

    def _checkpoint(self) -> None:
        self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    async def size(self) -> int:
        log = self.path.with_name(f"{self.path.name}-wal")
        return self.path.stat().st_size + (log.stat().st_size if log.exists() else 0)

    async def notify(self, channel: str, payload: str) -> None:
        """There is nobody to tell."""

    def locks(self) -> Locks:
        return AllLocks()

    async def close(self) -> None:
        for thread in (self._write_thread, self._slow_thread):
            await asyncio.get_running_loop().run_in_executor(None, thread.shutdown)
        for connection in (self._slow, self._reader, self._writer):
            connection.close()
