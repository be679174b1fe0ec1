"""Who looks for what others wrote looks when there may be something, and now and then."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from appservice_tasks.storage import tables
from appservice_tasks.storage.database import Database, open_database
from appservice_tasks.storage.watch import Watch


@pytest.fixture
async def pair(tasks_database: str) -> AsyncIterator[tuple[Database, Database]]:
    """Two processes with one database."""
    made = open_database(tasks_database), open_database(tasks_database)
    yield made
    for each in made:
        await each.close()


async def test_each_commit_is_new_once_and_whoever_made_it(pair: tuple[Database, Database]) -> None:
    mine, other = pair
    watch = mine.watch()
    assert await watch.is_new(), "the first time everything is"
    for number, writer in enumerate((other, mine)):
        async with writer.write() as conn:
            await conn.execute(tables.as_txn.insert(), {"txn_id": str(number), "at": 1})
        looks = 0
        while not await watch.is_new():
            looks += 1
            assert looks < 20, "one looks sooner than one does anyway"
            await asyncio.sleep(0.02)


class Mark:
    def __init__(self, linger: float) -> None:
        self.linger = linger
        self.value = 1

    async def read(self) -> object:
        return self.value

    def close(self) -> None:
        """There is nothing open."""


async def _looks(watch: Watch, clock: list[float], *moments: float) -> list[bool]:
    found: list[bool] = []
    for moment in moments:
        clock[0] = moment
        found.append(await watch.is_new())
    return found


async def test_one_looks_a_little_longer_where_a_commit_may_be_seen_late() -> None:
    clock = [0.0]
    mark = Mark(linger=0.5)
    watch = Watch(mark, lambda: clock[0])
    assert await _looks(watch, clock, 0.1, 0.3, 0.9) == [True, True, False]
    mark.value = 2
    assert await _looks(watch, clock, 1.0, 1.4, 1.6) == [True, True, False]


async def test_one_looks_now_and_then_and_again_after_a_failure() -> None:
    clock = [0.0]
    watch = Watch(Mark(linger=0), lambda: clock[0])
    assert await _looks(watch, clock, 0.1, 0.2, 1.9, 2.2, 2.3) == [True, False, False, True, False]
    watch.again()
    assert await _looks(watch, clock, 2.4, 2.5) == [True, False]
