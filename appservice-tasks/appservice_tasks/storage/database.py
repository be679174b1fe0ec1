"""Connections to SQLite or PostgreSQL by SQLAlchemy Core.

`read()` gives a connection whose statements see one another's time; `write()` gives a transaction
that is committed at the end of the block. On SQLite writers queue for one connection and begin at
once with the lock, so that no transaction ever has to be taken back for having read too early.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import weakref
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from appservice_tasks.storage import sqlite_driver
from appservice_tasks.storage.watch import Mark, PostgresMark, SqliteMark, Watch

SCHEMA = "tasks"
"""The PostgreSQL schema that holds every table."""

SQLITE_PREFIX = "sqlite:///"

_PREPARED = 500

_THREAD_ENDS_S = 10.0


class Database:
    """An open database. Its tables must be up to date (`storage.migrate`)."""

    def __init__(
        self,
        reader: AsyncEngine,
        writer: AsyncEngine,
        threads: weakref.WeakSet[threading.Thread],
        mark: Mark,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._threads = threads
        self._mark = mark
        self.is_sqlite = reader.dialect.name == "sqlite"

    @contextlib.asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A connection to read with."""
        async with self._reader.connect() as connection:
            yield connection

    @contextlib.asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """A transaction: committed at the end of the block, rolled back if it raises."""
        async with self._writer.begin() as connection:
            yield connection

    def watch(self) -> Watch:
        """Tells whether anything may have been committed since it was asked before."""
        return Watch(self._mark)

    async def close(self) -> None:
        """Closes every connection."""
        self._mark.close()
        await self._reader.dispose()
        await self._writer.dispose()
        # The thread of a connection that was given up in the middle of a statement still has its
        # result to tell, and must not find the loop closed.
        for thread in list(self._threads):
            await asyncio.to_thread(thread.join, _THREAD_ENDS_S)


def open_database(url: str, *, pool_size: int = 10, synchronous: str = "FULL") -> Database:
    """Opens `sqlite:///absolute/path` or `postgresql://...`. Nothing is connected to yet.

    synchronous: of SQLite; FULL lets an acknowledged write survive a power cut.
    """
    if url.startswith(SQLITE_PREFIX):
        path = url.removeprefix(SQLITE_PREFIX)
        threads: weakref.WeakSet[threading.Thread] = weakref.WeakSet()
        return Database(
            _sqlite(path, "BEGIN", synchronous, threads, pool_size=4),
            _sqlite(path, "BEGIN IMMEDIATE", synchronous, threads, pool_size=1),
            threads,
            SqliteMark(path),
        )

    async def connect() -> Any:
        return await asyncpg.connect(
            url,
            server_settings={
                "search_path": SCHEMA,
                "application_name": "team-messenger-tasks",
                "lock_timeout": "10000",
                "statement_timeout": "60000",
                "idle_in_transaction_session_timeout": "60000",
                # Queries are short; compiling them takes longer than running them, and so does
                # starting processes to share them.
                "jit": "off",
                "max_parallel_workers_per_gather": "0",
            },
        )

    engine = create_async_engine(
        "postgresql+asyncpg://",
        connect_args={
            "async_creator_fn": connect,
            # As many statements as we have; lists with many filters come and go.
            "prepared_statement_cache_size": _PREPARED,
        },
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=30,
    )
    event.listen(engine.sync_engine, "checkout", _refuse_closed)
    # Each statement sees its own time anyway: a transaction would be two more trips.
    reader = engine.execution_options(isolation_level="AUTOCOMMIT")
    return Database(reader, engine, weakref.WeakSet(), PostgresMark(reader))


def _refuse_closed(connection: Any, _record: object, _proxy: object) -> None:
    """The pool then takes another one. A connection is told of its end; to ask it each time would
    cost more than what it is taken for."""
    if connection.driver_connection.is_closed():
        raise sa.exc.DisconnectionError


def _sqlite(
    path: str,
    begin: str,
    synchronous: str,
    threads: weakref.WeakSet[threading.Thread],
    *,
    pool_size: int,
) -> AsyncEngine:
    engine = create_async_engine(
        sa.URL.create(sqlite_driver.DRIVER, database=path),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=60,
    )

    def prepare(connection: Any, _record: object) -> None:
        threads.add(connection.driver_connection._thread)
        connection.isolation_level = None  # the driver begins too late otherwise
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            f"synchronous={synchronous}",
            "busy_timeout=20000",
            "foreign_keys=OFF",
            "temp_store=MEMORY",
            "cache_size=-32768",
            "mmap_size=268435456",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    def on_begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql(begin)

    def roll_back(connection: Any, _record: object, _error: object) -> None:
        # Of a task that was cancelled in the middle of a statement. A closed connection with such
        # a statement would keep the database locked until Python collects it.
        task = asyncio.ensure_future(connection.driver_connection.rollback())
        task.add_done_callback(lambda done: done.cancelled() or done.exception())

    event.listen(engine.sync_engine, "connect", prepare)
    event.listen(engine.sync_engine, "invalidate", roll_back)
    event.listen(engine.sync_engine, "begin", on_begin)
    return engine
