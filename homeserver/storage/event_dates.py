"""Events by when their senders say they were sent."""

from __future__ import annotations

from homeserver.storage.database import Connection, Sql

_AT_OR_AFTER = Sql(
    "SELECT nid FROM event WHERE room = :room AND origin_server_ts >= :ts AND status = 0"
    " AND ord_pos IS NOT NULL ORDER BY origin_server_ts, ord_pos, ord_minor"
    " LIMIT :limit OFFSET :offset"
)
_AT_OR_BEFORE = Sql(
    "SELECT nid FROM event WHERE room = :room AND origin_server_ts <= :ts AND status = 0"
    " AND ord_pos IS NOT NULL ORDER BY origin_server_ts DESC, ord_pos DESC, ord_minor DESC"
    " LIMIT :limit OFFSET :offset"
)


async def nearest(
    conn: Connection, room: int, ts: int, *, backwards: bool, offset: int, limit: int
) -> list[int]:
    """nids of the room's events nearest to a time first: at or after it, or at or before it if
    ``backwards``. Of one time, the first in the room's order, or the last."""
    sql = _AT_OR_BEFORE if backwards else _AT_OR_AFTER
    rows = await conn.fetch(sql, room=room, ts=ts, limit=limit, offset=offset)
    return [row[0] for row in rows]
