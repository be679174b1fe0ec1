"""INSERT ... ON CONFLICT, which both databases have and SQLAlchemy spells twice."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

Rows = Mapping[str, Any] | Sequence[Mapping[str, Any]]


def inserting(conn: AsyncConnection, table: sa.Table) -> sqlite.Insert:
    """The dialect's INSERT; PostgreSQL's has the same methods as SQLite's."""
    return _insert(conn.dialect.name, table)


def _insert(dialect: str, table: sa.Table) -> sqlite.Insert:
    if dialect == "sqlite":
        return sqlite.insert(table)
    made: Any = postgresql.insert(table)
    insert: sqlite.Insert = made
    return insert


async def insert_new(
    conn: AsyncConnection, table: sa.Table, row: Mapping[str, Any], keys: Sequence[str] = ()
) -> bool:
    """Inserts a row unless there is one with these keys; whether it did.

    keys: none: of any unique constraint. Where a table has several, two that insert the same row at
    once may meet in the one that was not named, and PostgreSQL raises.
    """
    inserted = inserting(conn, table).values(row)
    statement = inserted.on_conflict_do_nothing(index_elements=keys or None)
    return (await conn.execute(statement)).rowcount > 0


async def put(
    conn: AsyncConnection, table: sa.Table, row: Mapping[str, Any], keys: Sequence[str]
) -> None:
    """Inserts a row, or replaces the other columns of the one with these keys."""
    await conn.execute(putting(conn.dialect.name, table, tuple(row), tuple(keys)), row)


@functools.cache
def putting(
    dialect: str, table: sa.Table, names: tuple[str, ...], keys: tuple[str, ...]
) -> sqlite.Insert:
    """The INSERT, to be given a row with these names, that replaces the other columns of the one
    with these keys. There are few, and each is dear to make."""
    statement = _insert(dialect, table)
    others = {name: statement.excluded[name] for name in names if name not in keys}
    if not others:
        return statement.on_conflict_do_nothing(index_elements=keys)
    return statement.on_conflict_do_update(index_elements=keys, set_=others)
