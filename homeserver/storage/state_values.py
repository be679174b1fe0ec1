"""What one key of a room's state has said over time: intervals, with the contents behind them."""

from __future__ import annotations

from typing import Any

import orjson

from homeserver.storage.database import Connection, Sql

_VALUES = Sql(
    "SELECT s.from_pos, e.json FROM room_state s LEFT JOIN event e ON e.nid = s.event_nid"
    " WHERE s.room = :room AND s.type = :type AND s.state_key = :state_key ORDER BY s.from_pos"
)


async def contents(
    conn: Connection, room: int, event_type: str, state_key: str
) -> list[tuple[int, dict[str, Any] | None]]:
    """(from which position, content) of each interval, oldest first; None: the key was removed."""
    rows = await conn.fetch(_VALUES, room=room, type=event_type, state_key=state_key)
    return [(row[0], None if row[1] is None else orjson.loads(row[1])["content"]) for row in rows]
