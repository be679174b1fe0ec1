"""Connections to SQLite or PostgreSQL, and the one way to run SQL on either.

A statement is written once, as :class:`Sql`, with named parameters (``:room``). It is translated
once per dialect into numbered parameters and run on the driver itself (`sqlite`, `postgresql`),
because a layer between costs more than most of the statements here. One spelling is rewritten:
``= ANY(:list)``, for SQLite, into a JSON array.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

import orjson

T = TypeVar("T")
Row = Sequence[Any]
Args = Sequence[Any]

SQLITE = "sqlite"
POSTGRESQL = "postgresql"
SCHEMA = "homeserver"
"""The PostgreSQL schema that holds every table of the homeserver."""

PARAM = re.compile(r"(?<![:\w]):([a-z_][a-z0-9_]*)")
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

        numbered = PARAM.sub(number, text)
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


class Edge(Step):
    """The first or the last statement of a transaction on PostgreSQL, which gives nothing back: it
    travels with BEGIN or COMMIT, and is a statement of its own all the same. text: complete."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        super().__init__(_NOTHING, [()])
        self.text = text


_NOTHING = Sql("SELECT 1")

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


class Locks(Protocol):
    """What one process at a time may do, among those that share a database."""

    async def hold(self, names: Iterable[str]) -> set[str]:
        """Those of these names that this process holds now, having tried to get the others.

        Raises DatabaseUnavailable: all are lost.
        """

    async def close(self) -> None:
        """Lets all of them go."""


class AllLocks:
    """Of a process that shares its database with nobody."""

    async def hold(self, names: Iterable[str]) -> set[str]:
        return set(names)

    async def close(self) -> None:
        """There is nobody to let them go to."""


class Reads(Protocol):
    """Where storage functions read. at_once: how many tasks are worth asking at the same moment."""

    at_once: int

    def read(self, *, slow: bool = False) -> contextlib.AbstractAsyncContextManager[Connection]:
        """A connection to read with; every statement sees what was committed when it began."""


class Database(Reads, Protocol):
    """A database that is open. ``statements`` counts what has been run, for tests and metrics."""

    dialect: str
    statements: int

    def together(self) -> Reads:
        """Where tasks that read the same of many rooms at the same moment share their
        statements."""

    async def transact(self, transaction: Callable[[], Transaction[T]]) -> T:
        """Runs a transaction and returns its value once it is durable.

        Raises Conflict and BadValue (rolled back), DatabaseUnavailable (outcome unknown).
        """

    async def listen(self, channel: str, heard: Callable[[str], None]) -> None:
        """Calls ``heard`` with the payload of notifications on this channel; no effect on
        SQLite."""

    async def ignore(self, channel: str) -> None:
        """Calls nobody any more; whoever listens again hears what is notified from then on."""

    async def give_back(self, *, whole: bool = False) -> None:
        """Makes room that deleted rows took usable again, beside other work.

        SQLite's file gets smaller at once. PostgreSQL uses the room for new rows, and gives it back
        to the disk where it is at a file's end; with ``whole`` it writes tables anew, each of
        which nobody can use meanwhile.
        """

    async def size(self) -> int:
        """Bytes on the disk, with those that were written last."""

    async def notify(self, channel: str, payload: str) -> None:
        """Tells the processes that listen on a channel, this one included, at most 7,999 bytes."""

    def locks(self) -> Locks:
        """Locks that end with this process, or with its connection; the caller closes them."""

    async def close(self) -> None:
        """Waits for what is under way and closes."""
