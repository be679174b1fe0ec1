"""Brings a database to the newest revision of the tables."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from homeserver.storage.database import SCHEMA

_VERSIONS = Path(__file__).parent / "migrations" / "versions"


class NewerDatabase(Exception):
    """The database has been used by a newer version of the program; its text says what to do."""


def newest_revision() -> str:
    """The number of the last revision, such as `0001`."""
    return max(path.name[1:5] for path in _VERSIONS.glob("v[0-9][0-9][0-9][0-9]_*.py"))


async def migrate(url: str) -> None:
    """Makes the tables or changes them, as needed; with nothing to do it takes milliseconds.

    url: `sqlite:///absolute/path` (the folder exists) or `postgresql://...`, whose schema
    `homeserver` is made. All revisions are applied or none; several processes may call it at once.
    Raises NewerDatabase, and the driver's errors when the database cannot be reached.
    """
    newest = newest_revision()
    current = await revision_of(url)
    if current == newest:
        return
    if current is not None and current > newest:
        raise NewerDatabase(
            f"The database has revision {current}, this version of the program knows {newest}: "
            "start the newer version, or restore a backup made with this one."
        )
    # alembic and SQLAlchemy's engines take half a second to import: only when there is work.
    from homeserver.storage.migrations.run import upgrade

    await upgrade(url)


async def revision_of(url: str) -> str | None:
    """The revision that the database has; None: no tables yet."""
    if url.startswith("sqlite:///"):
        return _sqlite_revision(Path(url.removeprefix("sqlite:///")))
    import asyncpg  # who has a file does without it

    connection = await asyncpg.connect(url)
    try:
        if await connection.fetchval("SELECT to_regclass($1)", f"{SCHEMA}.alembic_version") is None:
            return None
        revision: str | None = await connection.fetchval(
            f"SELECT version_num FROM {SCHEMA}.alembic_version"
        )
        return revision
    finally:
        await connection.close()


def _sqlite_revision(path: Path) -> str | None:
    if not path.exists():
        return None
    connection = sqlite3.connect(path, timeout=60)
    try:
        if not connection.execute(
            "SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'"
        ).fetchone():
            return None
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return None if row is None else str(row[0])
    finally:
        connection.close()
