"""Opens a database with the driver of its address."""

from __future__ import annotations

from pathlib import Path

from homeserver.storage.database import Database


async def open_database(
    url: str,
    *,
    pool_size: int = 8,
    synchronous: str = "full",
    lock_timeout_ms: int = 5_000,
    statement_timeout_ms: int = 30_000,
) -> Database:
    """Opens ``sqlite:///path/to/file`` or ``postgresql://...``; the tables must exist (migrations).

    synchronous: of SQLite, ``full`` or ``normal``. The other settings are PostgreSQL's.
    """
    # Nobody pays for the driver that is not used.
    if url.startswith("sqlite:///"):
        from homeserver.storage.sqlite import SqliteDatabase

        return SqliteDatabase(Path(url.removeprefix("sqlite:///")), synchronous=synchronous)
    from homeserver.storage.postgresql import PostgresDatabase

    return await PostgresDatabase.open(
        url,
        pool_size=pool_size,
        lock_timeout_ms=lock_timeout_ms,
        statement_timeout_ms=statement_timeout_ms,
    )
