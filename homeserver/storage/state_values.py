"""What one key of a room's state has said over time: intervals, with the contents behind them."""

from __future__ import annotations

from typing import Any

import orjson

from homeserver.storage.database import Connection, Sql

_VALUES = Sql(
    "SELECT s.room, s.from_pos, e.json FROM room_state s LEFT JOIN event e ON e.nid = s.event_nid"
    " WHERE s.room = ANY(:rooms) AND s.type = :type AND s.state_key = :state_key"
    " ORDER BY s.from_pos"
)


async def contents(
    conn: Connection, rooms: list[int], event_type: str, state_key: str
) -> dict[int, list[tuple[int, dict[str, Any] | None]]]:
    """By room, (from which position, content) of each interval, oldest first; None: the key was
    removed."""
    found: dict[int, list[tuple[int, dict[str, Any] | None]]] = {room: [] for room in rooms}
    rows = await conn.fetch(_VALUES, rooms=rooms, type=event_type, state_key=state_key)
    for room, from_pos, raw in rows:
        found[room].append((from_pos, None if raw is None else orjson.loads(raw)["content"]))
    return found
