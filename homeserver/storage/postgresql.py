"""PostgreSQL: a pool to read with, one connection to commit with, one that listens."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any, TypeVar

import asyncpg

from homeserver.storage.database import (
    POSTGRESQL,
    SCHEMA,
    BadValue,
    Conflict,
    Connection,
    DatabaseUnavailable,
    Edge,
    Locks,
    Reads,
    Row,
    Sql,
    Transaction,
)
from homeserver.storage.gathered_reads import GatheredReads
from homeserver.storage.postgresql_listener import Listener
from homeserver.storage.postgresql_locks import PostgresLocks

T = TypeVar("T")

_NOTIFY = Sql("SELECT pg_notify(:channel, :payload)")

_LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    OSError,
)


class _PostgresConnection:
    def __init__(self, database: PostgresDatabase, connection: Any) -> None:
        self._database = database
        self._connection = connection

    async def fetch(self, sql: Sql, /, **params: Any) -> list[Row]:
        self._database.statements += 1
        rows: list[Row] = await self._connection.fetch(sql.postgresql, *sql.args(params))
        return rows

    async def fetch_one(self, sql: Sql, /, **params: Any) -> Row | None:
        self._database.statements += 1
        row: Row | None = await self._connection.fetchrow(sql.postgresql, *sql.args(params))
        return row

    async def fetch_value(self, sql: Sql, /, **params: Any) -> Any:
        row = await self.fetch_one(sql, **params)
        return None if row is None else row[0]


_SHRINKING = ("event", "room_state", "state", "notification", "receipt", "membership", "log")
"""The tables that a purge deletes from, the largest first."""


class PostgresDatabase:
    """A pool to read with, one connection to commit with, and one that listens."""

    dialect = POSTGRESQL
    at_once = 1

    def __init__(self, url: str, pool: asyncpg.Pool, options: dict[str, Any]) -> None:
        self.statements = 0
        self.url = url
        self._pool = pool
        self._options = options
        self._writer: Any = None
        self._one_at_a_time = asyncio.Lock()
        self._listener = Listener(self._connect)
        self._together = GatheredReads(self)

    @classmethod
    async def open(
        cls, url: str, *, pool_size: int, lock_timeout_ms: int, statement_timeout_ms: int
    ) -> PostgresDatabase:
        """Connects. The pool grows to ``pool_size``; the writer and the listener come on top."""
        options = _connect_options(lock_timeout_ms, statement_timeout_ms)
        pool = await asyncpg.create_pool(
            url, min_size=1, max_size=pool_size, reset=_leave, **options
        )
        return cls(url, pool, options)

    @contextlib.asynccontextmanager
    async def read(self, *, slow: bool = False) -> AsyncIterator[Connection]:
        try:
            async with self._pool.acquire() as connection:
                yield _PostgresConnection(self, connection)
        except _LOST as error:
            raise DatabaseUnavailable(str(error)) from error

    def together(self) -> Reads:
        return self._together

    async def _writing(self) -> Any:
        if self._writer is None or self._writer.is_closed():
            self._writer = await self._connect()
        return self._writer

    async def transact(self, transaction: Callable[[], Transaction[T]]) -> T:
        # One connection: what is stored beside the committer would get into its transaction.
        async with self._one_at_a_time:
            return await self._transact(transaction)

    async def _transact(self, transaction: Callable[[], Transaction[T]]) -> T:
        try:
            connection = await self._writing()
            return await self._run(connection, transaction)
        except asyncpg.UniqueViolationError as error:
            raise Conflict(str(error.constraint_name)) from error
        except asyncpg.DataError as error:
            raise BadValue(str(error)) from error
        except _LOST as error:
            if self._writer is not None:
                self._writer.terminate()
                self._writer = None
            raise DatabaseUnavailable(str(error)) from error

    async def _run(self, connection: Any, transaction: Callable[[], Transaction[T]]) -> T:
        steps = transaction()
        rows: list[Row] = []
        end = "COMMIT"
        try:
            step = next(steps)
            if isinstance(step, Edge):
                self.statements += 1
                await connection.execute(f"BEGIN; {step.text}")
                step = steps.send(rows)
            else:
                await connection.execute("BEGIN")
            while True:
                self.statements += 1
                if isinstance(step, Edge):
                    end = f"{step.text}; COMMIT"
                    step = steps.send([])
                    continue
                text = step.sql.postgresql
                if step.fetch:
                    rows = await connection.fetch(text, *step.rows[0])
                elif len(step.rows) == 1:
                    rows = []
                    await connection.fetch(text, *step.rows[0])
                else:
                    rows = []
                    await connection.executemany(text, step.rows)
                step = steps.send(rows)
        except StopIteration as done:
            await connection.execute(end)
            value: T = done.value
            return value
        except BaseException:
            if not connection.is_closed():
                with contextlib.suppress(*_LOST):
                    await connection.execute("ROLLBACK")
            raise

    async def _connect(self) -> Any:
        return await asyncpg.connect(self.url, **self._options)

    async def listen(self, channel: str, heard: Callable[[str], None]) -> None:
        await self._listener.listen(channel, heard)

    async def ignore(self, channel: str) -> None:
        await self._listener.ignore(channel)

    async def notify(self, channel: str, payload: str) -> None:
        async with self.read() as connection:
            await connection.fetch(_NOTIFY, channel=channel, payload=payload)

    def locks(self) -> Locks:
        return PostgresLocks(self._connect)

    async def give_back(self, *, whole: bool = False) -> None:
        connection = await asyncpg.connect(self.url, **self._options)
        try:
            await connection.execute("SET statement_timeout = 0; SET lock_timeout = 0")
            for table in _SHRINKING:
                options = "FULL, ANALYZE" if whole else "ANALYZE"
                await connection.execute(f"VACUUM ({options}) {table}")
        finally:
            await connection.close()

    async def size(self) -> int:
        async with self._pool.acquire() as connection:
            found: int = await connection.fetchval("SELECT pg_database_size(current_database())")
            return found

    async def close(self) -> None:
        await self._listener.close()
        if self._writer is not None and not self._writer.is_closed():
            await self._writer.close()
        await self._pool.close()


async def _leave(connection: Any) -> None:
    """Nothing is put back when a connection returns to the pool, since reading changes nothing of
    it: that would be a second round trip for each read."""


def _connect_options(lock_timeout_ms: int, statement_timeout_ms: int) -> dict[str, Any]:
    return {
        "statement_cache_size": 512,
        "server_settings": {
            "search_path": SCHEMA,
            "application_name": "team-messenger",
            "lock_timeout": str(lock_timeout_ms),
            "statement_timeout": str(statement_timeout_ms),
            "idle_in_transaction_session_timeout": "30000",
            # A machine that has gone without a word holds its locks for so long at most.
            "tcp_keepalives_idle": "10",
            "tcp_keepalives_interval": "5",
            "tcp_keepalives_count": "3",
        },
    }
