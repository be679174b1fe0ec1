"""Where a statement runs: here, or in the connection's thread."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from appservice_tasks.storage.database import Database, open_database

LONG = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)"
    " SELECT count(*), max(where_am_i()) FROM n"
)


async def _seen_threads(conn: AsyncConnection) -> set[int]:
    """Fills with the threads in which `where_am_i()` is called."""
    seen: set[int] = set()

    def where_am_i() -> int:
        seen.add(threading.get_ident())
        return 1

    raw = await conn.get_raw_connection()
    assert raw.driver_connection is not None
    await raw.driver_connection.create_function("where_am_i", 0, where_am_i)
    return seen


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'a.db'}"


@pytest.fixture
async def database(url: str) -> Database:
    made = open_database(url)
    async with made.write() as conn:
        await conn.execute(sa.text("CREATE TABLE t (i INTEGER PRIMARY KEY)"))
    return made


async def test_a_short_query_runs_here_and_a_long_one_in_the_thread(database: Database) -> None:
    async with database.read() as conn:
        seen = await _seen_threads(conn)
        assert await conn.scalar(sa.text("SELECT where_am_i()")) == 1
        assert seen == {threading.get_ident()}
        seen.clear()
        assert (await conn.execute(sa.text(LONG))).one() == (100_000, 1)
        assert seen - {threading.get_ident()}
    await database.close()


async def test_a_query_that_took_long_is_not_tried_here_each_time(database: Database) -> None:
    async with database.read() as conn:
        seen = await _seen_threads(conn)
        await conn.execute(sa.text(LONG))
        assert threading.get_ident() in seen, "it was tried here"
        seen.clear()
        for _ in range(3):
            await conn.execute(sa.text(LONG))
        assert threading.get_ident() not in seen
        assert len(seen) == 1
    await database.close()


async def test_a_change_runs_here_once_the_lock_is_held_and_can_be_taken_back(
    database: Database,
) -> None:
    async with database.write() as conn:
        seen = await _seen_threads(conn)
        done = await conn.execute(sa.text("INSERT INTO t VALUES (where_am_i())"))
        assert done.rowcount == 1
        assert seen == {threading.get_ident()}
        await conn.rollback()
    async with database.write() as conn:
        await conn.execute(sa.text("INSERT INTO t VALUES (:i)"), [{"i": i} for i in range(200)])
    async with database.read() as conn:
        assert await conn.scalar(sa.text("SELECT count(*) FROM t")) == 200
    await database.close()


async def test_who_waits_for_the_lock_keeps_nobody_else_waiting(
    database: Database, url: str
) -> None:
    second = open_database(url)
    taken = asyncio.Event()

    async def add() -> None:
        async with second.write() as conn:
            await conn.execute(sa.text("INSERT INTO t VALUES (2)"))
            taken.set()

    async with database.write() as conn:
        await conn.execute(sa.text("INSERT INTO t VALUES (1)"))
        waiting = asyncio.create_task(add())
        for _ in range(20):
            await asyncio.sleep(0.005)
        assert not taken.is_set()
        async with database.read() as reading:
            assert await reading.scalar(sa.text("SELECT count(*) FROM t")) == 0
    await waiting
    async with database.read() as conn:
        assert await conn.scalar(sa.text("SELECT count(*) FROM t")) == 2
    await second.close()
    await database.close()


async def test_a_refused_change_says_why_and_the_transaction_goes_on(database: Database) -> None:
    async with database.write() as conn:
        await conn.execute(sa.text("INSERT INTO t VALUES (1)"))
        with pytest.raises(sa.exc.IntegrityError):
            await conn.execute(sa.text("INSERT INTO t VALUES (1)"))
        await conn.execute(sa.text("INSERT INTO t VALUES (2)"))
    async with database.read() as conn:
        assert await conn.scalar(sa.text("SELECT count(*) FROM t")) == 2
    await database.close()
