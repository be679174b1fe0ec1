"""Connections of the tasks service to PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from appservice_tasks.storage.database import open_database
from tests.harness.postgres import Cluster


@pytest.fixture
def empty(postgres: Cluster) -> Iterator[str]:
    name = postgres.create()
    yield postgres.url(name)
    postgres.drop(name)


async def test_a_connection_that_was_ended_is_replaced_before_it_is_used(empty: str) -> None:
    database = open_database(empty, pool_size=1)
    other = open_database(empty, pool_size=1)
    own = sa.select(sa.func.pg_backend_pid())
    async with database.read() as conn:
        ended = await conn.scalar(own)
    async with other.read() as conn:
        assert await conn.scalar(sa.select(sa.func.pg_terminate_backend(ended, 5_000)))
    async with database.write() as conn:
        assert await conn.scalar(own) != ended
    await database.close()
    await other.close()


async def test_statements_stay_prepared(empty: str) -> None:
    database = open_database(empty, pool_size=1)
    async with database.read() as conn:
        for number in range(200):
            await conn.scalar(sa.select(sa.literal_column(str(number))))
        held = sa.select(sa.func.count()).select_from(sa.text("pg_prepared_statements"))
        assert (await conn.execute(held)).scalar_one() >= 200
    await database.close()
