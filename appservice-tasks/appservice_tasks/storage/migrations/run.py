"""The slow half of `storage.migrate`: what needs alembic."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from appservice_tasks.storage.database import SCHEMA, SQLITE_PREFIX

_LOCK = 4823
"""The advisory lock of migrations: several processes may start at once."""


def alembic_config(connection: sa.Connection) -> Config:
    """alembic's configuration without its file."""
    config = Config()
    folder = Path(__file__).parent
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.set_main_option("file_template", "v%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    return config


def _engine(url: str) -> AsyncEngine:
    if url.startswith(SQLITE_PREFIX):
        path = url.removeprefix(SQLITE_PREFIX)
        # A file that cannot be opened is found out here: the driver's thread would still be
        # telling of it when the loop has ended.
        sqlite3.connect(path).close()
        engine = create_async_engine(
            sa.URL.create("sqlite+aiosqlite", database=path), poolclass=NullPool
        )
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
        event.listen(engine.sync_engine, "begin", _begin_sqlite)
        return engine

    async def connect() -> Any:
        return await asyncpg.connect(url, server_settings={"search_path": SCHEMA})

    return create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver's own transactions leave schema changes outside.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "busy_timeout=60000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[AsyncConnection]:
    """A connection in a transaction, alone with the schema; committed at the end of the block."""
    engine = _engine(url)
    try:
        async with engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                await connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
                await connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
            yield connection
    finally:
        await engine.dispose()


async def upgrade(url: str) -> None:
    """Applies every revision that the database lacks: all of them or, where one fails, none."""
    async with connected(url) as connection:
        await connection.run_sync(lambda sync: command.upgrade(alembic_config(sync), "head"))
