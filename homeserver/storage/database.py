"""Connections to SQLite or PostgreSQL, and the one way to run SQL on either.

A statement is written once, as :class:`Sql`, with named parameters (``:room``). It is translated
once per dialect into numbered parameters and run on the driver itself, because a layer between
costs more than most of the statements here. Two spellings differ between the dialects and have
their home in this file: ``= ANY(:list)`` (SQLite: a JSON array) and how a transaction is run.

SQLite reads run on the event loop's thread: a point read takes a tenth of a thread hop. What may
take long is read with ``slow=True``, in a thread of its own. Writes have a thread of their own.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import sqlite3
from collections.abc import AsyncIterator, Callable, Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol, TypeVar

import asyncpg
import orjson

T = TypeVar("T")
Row = Sequence[Any]
Args = Sequence[Any]

SQLITE = "sqlite"
POSTGRESQL = "postgresql"
SCHEMA = "homeserver"
"""The PostgreSQL schema that holds every table of the homeserver."""

_PARAM = re.compile(r"(?<![:\w]):([a-z_][a-z0-9_]*)")
_ANY = re.compile(r"=\s*ANY\(:([a-z_][a-z0-9_]*)\)")


class Conflict(Exception):
    """A unique constraint refused a row: somebody else was first."""


class BadValue(Exception):
    """A row has a value that the database does not take, such as text with NUL on PostgreSQL."""


class DatabaseUnavailable(Exception):
    """The connection was lost; whether the transaction was committed is unknown."""


class Sql:
    """One statement for both dialects.

    ``names`` is the order of the parameters: of their first appearance in the text. A row of
    arguments is a tuple in this order. A parameter used as ``= ANY(:name)`` is a list.
    """

    __slots__ = ("lists", "names", "postgresql", "sqlite", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        names: list[str] = []

        def number(match: re.Match[str]) -> str:
            name = match[1]
            if name not in names:
                names.append(name)
            return f"\0{names.index(name) + 1}"

        numbered = _PARAM.sub(number, text)
        self.names = tuple(names)
        self.lists = frozenset(names.index(m[1]) for m in _ANY.finditer(text))
        self.postgresql = numbered.replace("\0", "$")
        self.sqlite = re.sub(
            r"=\s*ANY\(\0(\d+)\)", "IN (SELECT value FROM json_each(\0\\1))", numbered
        ).replace("\0", "?")

    def args(self, params: Mapping[str, Any]) -> Args:
        """The arguments in order; a missing or an unknown name is a programming error."""
        if len(params) != len(self.names):
            raise TypeError(f"parameters {sorted(params)} do not fit {self.names}")
        return tuple(params[name] for name in self.names)

    def sqlite_args(self, args: Args) -> Args:
        if not self.lists:
            return args
        return tuple(
            orjson.dumps(list(arg)).decode() if i in self.lists else arg
            for i, arg in enumerate(args)
        )

    def __repr__(self) -> str:
        return f"Sql({' '.join(self.text.split())[:80]!r})"


class Step:
    """One statement of a transaction with one or many rows of arguments; ``fetch`` wants rows
    back."""

    __slots__ = ("fetch", "rows", "sql")

    def __init__(self, sql: Sql, rows: Sequence[Args], *, fetch: bool = False) -> None:
        self.sql = sql
        self.rows = rows
        self.fetch = fetch


Transaction = Generator[Step, list[Row], T]
"""A transaction written as a generator: it yields steps and is sent their rows. Pure, so that the
same text runs in SQLite's thread without a hop per statement, and on asyncpg."""


class Connection(Protocol):
    """What storage functions read with."""

    async def fetch(self, sql: Sql, /, **params: Any) -> list[Row]:
        """All rows."""

    async def fetch_one(self, sql: Sql, /, **params: Any) -> Row | None:
        """The first row, or None."""

    async def fetch_value(self, sql: Sql, /, **params: Any) -> Any:
        """The first column of the first row, or None."""


class Database(Protocol):
    """A database that is open. ``statements`` counts what has been run, for tests and metrics."""

    dialect: str
    statements: int

    def read(self, *, slow: bool = False) -> contextlib.AbstractAsyncContextManager[Connection]:
        """A connection to read with; every statement sees what was committed when it began."""

    async def transact(self, transaction: Callable[[], Transaction[T]]) -> T:
        """Runs a transaction and returns its value once it is durable.

        Raises Conflict and BadValue (rolled back), DatabaseUnavailable (outcome unknown).
        """

    async def listen(self, channel: str, heard: Callable[[str], None]) -> None:
        """Calls ``heard`` with the payload of notifications on this channel; no effect on
        SQLite."""

    async def close(self) -> None:
        """Waits for what is under way and closes."""


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
            "cache_size=-32768",
            "mmap_size=268435456",
        ):
            connection.execute(f"PRAGMA {pragma}").fetchall()
        return connection

    @contextlib.asynccontextmanager
    async def read(self, *, slow: bool = False) -> AsyncIterator[Connection]:
        yield self._threaded if slow else self._quick

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

    async def close(self) -> None:
        for thread in (self._write_thread, self._slow_thread):
            await asyncio.get_running_loop().run_in_executor(None, thread.shutdown)
        for connection in (self._slow, self._reader, self._writer):
            connection.close()


_LOST = (asyncpg.PostgresConnectionError, asyncpg.InterfaceError, ConnectionError, OSError)


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


class PostgresDatabase:
    """A pool to read with, one connection to commit with, and one that listens."""

    dialect = POSTGRESQL

    def __init__(self, url: str, pool: asyncpg.Pool, options: dict[str, Any]) -> None:
        self.statements = 0
        self.url = url
        self._pool = pool
        self._options = options
        self._writer: Any = None
        self._listener: Any = None

    @classmethod
    async def open(
        cls, url: str, *, pool_size: int, lock_timeout_ms: int, statement_timeout_ms: int
    ) -> PostgresDatabase:
        """Connects. The pool grows to ``pool_size``; the writer and the listener come on top."""
        options = _connect_options(lock_timeout_ms, statement_timeout_ms)
        pool = await asyncpg.create_pool(url, min_size=1, max_size=pool_size, **options)
        return cls(url, pool, options)

    @contextlib.asynccontextmanager
    async def read(self, *, slow: bool = False) -> AsyncIterator[Connection]:
        try:
            async with self._pool.acquire() as connection:
                yield _PostgresConnection(self, connection)
        except (asyncpg.PostgresConnectionError, asyncpg.InterfaceError) as error:
            raise DatabaseUnavailable(str(error)) from error

    async def _writing(self) -> Any:
        if self._writer is None or self._writer.is_closed():
            self._writer = await asyncpg.connect(self.url, **self._options)
        return self._writer

    async def transact(self, transaction: Callable[[], Transaction[T]]) -> T:
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
        await connection.execute("BEGIN")
        steps = transaction()
        rows: list[Row] = []
        try:
            step = next(steps)
            while True:
                self.statements += 1
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
            await connection.execute("COMMIT")
            value: T = done.value
            return value
        except BaseException:
            if not connection.is_closed():
                with contextlib.suppress(*_LOST):
                    await connection.execute("ROLLBACK")
            raise

    async def listen(self, channel: str, heard: Callable[[str], None]) -> None:
        self._listener = await asyncpg.connect(self.url, **self._options)
        await self._listener.add_listener(channel, lambda _c, _pid, _ch, text: heard(text))

    async def close(self) -> None:
        for connection in (self._listener, self._writer):
            if connection is not None and not connection.is_closed():
                await connection.close()
        await self._pool.close()


def _connect_options(lock_timeout_ms: int, statement_timeout_ms: int) -> dict[str, Any]:
    return {
        "statement_cache_size": 512,
        "server_settings": {
            "search_path": SCHEMA,
            "application_name": "team-messenger",
            "lock_timeout": str(lock_timeout_ms),
            "statement_timeout": str(statement_timeout_ms),
            "idle_in_transaction_session_timeout": "30000",
        },
    }


async def open_database(
    url: str,
    *,
    pool_size: int = 8,
    synchronous: str = "full",
    lock_timeout_ms: int = 5_000,
    statement_timeout_ms: int = 30_000,
) -> Database:
    """Opens ``sqlite:///path/to/file`` or ``postgresql://...``; the tables must exist (migrations).

    synchronous: of SQLite, ``full`` or ``normal``. The other settings are PostgreSQL's.
    """
    if url.startswith("sqlite:///"):
        return SqliteDatabase(Path(url.removeprefix("sqlite:///")), synchronous=synchronous)
    return await PostgresDatabase.open(
        url,
        pool_size=pool_size,
        lock_timeout_ms=lock_timeout_ms,
        statement_timeout_ms=statement_timeout_ms,
    )
