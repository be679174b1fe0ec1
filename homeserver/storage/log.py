"""The log: one row for each position."""

from __future__ import annotations

from dataclasses import dataclass

from homeserver.storage.database import Connection, Sql

PURGED = "purge"
"""The kind of a row that tells that history of its room is gone. data: ``{"before": place}``, or
``{"room_id": ...}`` when the room itself is."""

_LAST = Sql("SELECT position FROM log ORDER BY position DESC LIMIT 1")
_AFTER = Sql(
    "SELECT position, prev, kind, room, user_id, data FROM log WHERE position > :position"
    " ORDER BY position LIMIT :limit"
)


@dataclass(frozen=True, slots=True)
class StoredLogRow:
    """A row of the log as any process reads it."""

    position: int
    prev: int
    kind: str
    room: int | None
    user_id: str | None
    data: bytes | None


async def last_position(conn: Connection) -> int:
    """The newest position; 0 in an empty database."""
    return await conn.fetch_value(_LAST) or 0


async def after(conn: Connection, position: int, *, limit: int) -> list[StoredLogRow]:
    """Rows after a position, oldest first."""
    rows = await conn.fetch(_AFTER, position=position, limit=limit)
    return [StoredLogRow(*row) for row in rows]
