"""The revisions make exactly the tables that the code declares."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from homeserver.config import REPOSITORY
from homeserver.storage.migrate import NewerDatabase, migrate, newest_revision, revision_of
from homeserver.storage.migrations.dump import dump
from homeserver.storage.migrations.run import connected
from homeserver.storage.tables import metadata
from tests.harness.postgres import Cluster

_CATALOGUE = """
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
       pg_get_expr(d.adbin, d.adrelid)
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
  LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
 WHERE c.relnamespace = 'homeserver'::regnamespace AND c.relkind = 'r'
   AND c.relname <> 'alembic_version'
UNION ALL
SELECT c.relname, i.relname, pg_get_indexdef(i.oid), x.indisunique, NULL
  FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class c ON c.oid = x.indrelid
 WHERE c.relnamespace = 'homeserver'::regnamespace AND c.relname <> 'alembic_version'
 ORDER BY 1, 2
"""


async def _sqlite_dump(url: str) -> str:
    async with connected(url) as connection:
        return await connection.run_sync(dump)


async def _create_all(url: str) -> None:
    async with connected(url) as connection:
        await connection.run_sync(metadata.create_all)


async def _catalogue(url: str) -> list[tuple[Any, ...]]:
    connection = await asyncpg.connect(url)
    try:
        return [tuple(row) for row in await connection.fetch(_CATALOGUE)]
    finally:
        await connection.close()


async def test_revisions_make_the_declared_tables_on_sqlite(tmp_path: Path) -> None:
    await migrate(f"sqlite:///{tmp_path / 'migrated.db'}")
    await _create_all(f"sqlite:///{tmp_path / 'declared.db'}")
    migrated = await _sqlite_dump(f"sqlite:///{tmp_path / 'migrated.db'}")
    assert migrated == await _sqlite_dump(f"sqlite:///{tmp_path / 'declared.db'}")


async def test_revisions_make_the_declared_tables_on_postgresql(postgres: Cluster) -> None:
    names = [postgres.create(), postgres.create()]
    migrated, declared = map(postgres.url, names)
    await migrate(migrated)
    await _create_all(declared)
    found = await _catalogue(migrated)
    assert len(found) > 50
    assert found == await _catalogue(declared)
    for name in names:
        postgres.drop(name)


async def test_the_dump_shows_what_the_revisions_make(tmp_path: Path) -> None:
    await migrate(f"sqlite:///{tmp_path / 'db'}")
    page = (REPOSITORY / "schema" / "db" / "homeserver.sql").read_text()
    assert page == await _sqlite_dump(f"sqlite:///{tmp_path / 'db'}"), (
        "run: python -m homeserver.storage.migrations"
    )


async def test_processes_that_start_at_once_migrate_once(database_url: str) -> None:
    await asyncio.gather(migrate(database_url), migrate(database_url), migrate(database_url))
    assert await revision_of(database_url) == newest_revision()


async def test_an_up_to_date_database_costs_next_to_nothing(database_url: str) -> None:
    await migrate(database_url)
    best = 1.0
    for _ in range(3):
        started = time.perf_counter()
        await migrate(database_url)
        best = min(best, time.perf_counter() - started)
    assert best < 0.1


def test_an_up_to_date_database_needs_no_alembic(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'db'}"
    asyncio.run(migrate(url))
    program = (
        "import asyncio, sys; from homeserver.storage.migrate import migrate;"
        "asyncio.run(migrate(sys.argv[1])); sys.exit('alembic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program, url], cwd=REPOSITORY, check=False)
    assert done.returncode == 0


async def test_a_database_of_a_newer_program_is_left_alone(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'db'}"
    await migrate(url)
    connection = sqlite3.connect(tmp_path / "db")
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    with pytest.raises(NewerDatabase, match="9999"):
        await migrate(url)


async def test_a_sqlite_file_can_give_space_back(tmp_path: Path) -> None:
    await migrate(f"sqlite:///{tmp_path / 'db'}")
    connection = sqlite3.connect(tmp_path / "db")
    assert connection.execute("PRAGMA auto_vacuum").fetchone() == (2,), "incremental"
    connection.close()
