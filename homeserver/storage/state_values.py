"""What one key of a room's state has said over time: intervals, with the contents behind them."""

from __future__ import annotations

from typing import Any

import orjson

from homeserver.storage.database import Connection, Sql

_VALUES = Sql(
    "SELECT s.from_pos, e.json FROM room_state s LEFT JOIN event e ON e.nid = s.event_nid"
    " WHERE s.room = :room AND s.type = :type AND s.state_key = :state_key ORDER BY s.from_pos"
)
_VALUES_IN = Sql(
    "SELECT s.room, s.from_pos, e.json FROM room_state s LEFT JOIN event e ON e.nid = s.event_nid"
    " WHERE s.room = ANY(:rooms) AND s.type = :type AND s.state_key = :state_key"
    " ORDER BY s.from_pos"
)


async def contents(
    conn: Connection, room: int, event_type: str, state_key: str
) -> list[tuple[int, dict[str, Any] | None]]:
    """(from which position, content) of each interval, oldest first; None: the key was removed."""
    rows = await conn.fetch(_VALUES, room=room, type=event_type, state_key=state_key)
    return [(row[0], _content(row[1])) for row in rows]


async def contents_in(
    conn: Connection, rooms: list[int], event_type: str, state_key: str
) -> dict[int, list[tuple[int, dict[str, Any] | None]]]:
    """As `contents`, of several rooms."""
    found: dict[int, list[tuple[int, dict[str, Any] | None]]] = {room: [] for room in rooms}
    rows = await conn.fetch(_VALUES_IN, rooms=rooms, type=event_type, state_key=state_key)
    for room, from_pos, raw in rows:
        found[room].append((from_pos, _content(raw)))
    return found


def _content(raw: bytes | None) -> dict[str, Any] | None:
    if raw is None:
        return None
    content: dict[str, Any] = orjson.loads(raw)["content"]
    return content
