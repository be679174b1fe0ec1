"""The published rooms: which they are, and what their state says of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from homeserver.storage.database import Connection, Sql

SET_PUBLIC = Sql("UPDATE room SET is_public = :is_public WHERE nid = :nid")

DESCRIBING = (
    "m.room.create",
    "m.room.name",
    "m.room.topic",
    "m.room.canonical_alias",
    "m.room.avatar",
    "m.room.join_rules",
    "m.room.history_visibility",
    "m.room.guest_access",
    "m.room.encryption",
)
"""The state (with an empty state key) that tells strangers what a room is."""

_PUBLISHED = Sql(
    "SELECT r.nid, r.room_id, (SELECT COUNT(*) FROM membership m WHERE m.room = r.nid"
    " AND m.membership = 'join') AS joined FROM room r WHERE r.is_public = 1"
    " ORDER BY joined DESC, r.nid"
)
_IS_PUBLIC = Sql("SELECT is_public FROM room WHERE room_id = :room_id")
_CONTENTS = Sql(
    "SELECT s.room, s.type, e.json FROM room_state s JOIN event e ON e.nid = s.event_nid"
    " WHERE s.room = ANY(:rooms) AND s.type = ANY(:types) AND s.state_key = ''"
    " AND s.to_pos IS NULL"
)


@dataclass(frozen=True, slots=True)
class PublishedRoom:
    """A room of the directory, and how many have joined it."""

    nid: int
    room_id: str
    joined: int


async def published(conn: Connection) -> list[PublishedRoom]:
    """Every published room, the one with the most members first."""
    return [PublishedRoom(*row) for row in await conn.fetch(_PUBLISHED)]


async def is_public(conn: Connection, room_id: str) -> bool | None:
    """Whether a room is published, None if this server does not have it."""
    flag = await conn.fetch_value(_IS_PUBLIC, room_id=room_id)
    return None if flag is None else bool(flag)


async def contents(conn: Connection, rooms: list[int]) -> dict[int, dict[str, dict[str, Any]]]:
    """What DESCRIBING holds now: room -> type -> content."""
    found: dict[int, dict[str, dict[str, Any]]] = {nid: {} for nid in rooms}
    rows = await conn.fetch(_CONTENTS, rooms=rooms, types=list(DESCRIBING))
    for room, event_type, raw in rows:
        found[room][event_type] = orjson.loads(raw)["content"]
    return found
