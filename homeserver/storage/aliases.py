"""Room aliases of this server."""

from __future__ import annotations

from dataclasses import dataclass

from homeserver.ids import RoomId, UserId
from homeserver.storage.database import Connection, Sql

INSERT = Sql("INSERT INTO alias (alias, room, creator) VALUES (:alias, :room, :creator)")
"""Conflict: the alias is taken."""

CLAIM_DELETE = Sql("DELETE FROM alias WHERE alias = :alias RETURNING alias")

MOVE = Sql("UPDATE alias SET room = :room WHERE room = :from_room")

_FIND = Sql(
    "SELECT r.room_id, a.creator FROM alias a JOIN room r ON r.nid = a.room WHERE a.alias = :alias"
)
_OF_ROOM = Sql(
    "SELECT a.alias FROM alias a JOIN room r ON r.nid = a.room WHERE r.room_id = :room_id"
    " ORDER BY a.alias"
)


@dataclass(frozen=True, slots=True)
class Alias:
    """Where an alias points, and who made it."""

    alias: str
    room_id: RoomId
    creator: UserId


async def alias(conn: Connection, name: str) -> Alias | None:
    """The alias of this name, if it exists."""
    row = await conn.fetch_one(_FIND, alias=name)
    return None if row is None else Alias(name, RoomId(row[0]), UserId(row[1]))


async def of_room(conn: Connection, room_id: str) -> list[str]:
    """All aliases that point to a room, in alphabetical order."""
    return [row[0] for row in await conn.fetch(_OF_ROOM, room_id=room_id)]
