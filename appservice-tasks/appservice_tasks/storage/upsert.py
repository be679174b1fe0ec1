"""INSERT ... ON CONFLICT, which both databases have and SQLAlchemy spells twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

Rows = Mapping[str, Any] | Sequence[Mapping[str, Any]]


def inserting(conn: AsyncConnection, table: sa.Table) -> sqlite.Insert:
    """The dialect's INSERT; PostgreSQL's has the same methods as SQLite's."""
    if conn.dialect.name == "sqlite":
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
    statement = inserting(conn, table).values(row)
    others = {name: statement.excluded[name] for name in row if name not in keys}
    if others:
        statement = statement.on_conflict_do_update(index_elements=keys, set_=others)
    else:
        statement = statement.on_conflict_do_nothing(index_elements=keys)
    await conn.execute(statement)
