from __future__ import annotations

from urllib.parse import urlsplit

import asyncpg
import pytest

from homeserver.storage.database import Sql
from homeserver.storage.migrate import newest_revision, revision_of
from homeserver.storage.open_database import open_database
from tests.harness.postgres import Cluster, find_binaries


def test_a_machine_that_runs_the_tests_has_postgresql() -> None:
    assert find_binaries() is not None


async def test_each_test_has_a_database_of_its_own(postgres: Cluster) -> None:
    first, second = postgres.create(), postgres.create()
    try:
        connection = await asyncpg.connect(postgres.url(first))
        await connection.execute("CREATE TABLE only_in_the_first (n int)")
        await connection.close()
        connection = await asyncpg.connect(postgres.url(second))
        assert await connection.fetchval("SELECT to_regclass('only_in_the_first')") is None
        await connection.close()
    finally:
        postgres.drop(first)
        postgres.drop(second)


async def test_a_template_is_built_once(postgres: Cluster) -> None:
    built: list[str] = []
    names = {postgres.template("once", built.append) for _ in range(2)}
    assert len(names) == 1
    assert len(built) <= 1  # another worker may have built it
    copy = postgres.create(names.pop())
    postgres.drop(copy)


def test_a_test_of_storage_runs_on_both_databases(
    request: pytest.FixtureRequest, database_url: str
) -> None:
    scheme = urlsplit(database_url).scheme
    assert f"[{scheme}]" in request.node.name


async def test_a_migrated_database_has_the_newest_tables(migrated_database_url: str) -> None:
    assert await revision_of(migrated_database_url) == newest_revision()


async def test_a_migrated_database_is_a_tests_own(migrated_database_url: str) -> None:
    database = await open_database(migrated_database_url)
    try:
        async with database.read() as connection:
            assert await connection.fetch_value(Sql("SELECT count(*) FROM event")) == 0
    finally:
        await database.close()
