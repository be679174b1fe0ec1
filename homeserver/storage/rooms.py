"""Rooms: their number, version and head."""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from homeserver.storage.database import Connection, Sql

INSERT = Sql(
    "INSERT INTO room (nid, room_id, room_version, version, extremities, creator, is_public,"
    " created_ts) VALUES (:nid, :room_id, :room_version, :version, :extremities, :creator,"
    " :is_public, :created_ts)"
)
JOINING = b"null"
"""As ``extremities``: this server is about to join, and has no event of its own to build on."""
LEAVE_BEHIND = Sql(
    "UPDATE room SET version = version + 1, extremities = :extremities WHERE nid = :nid"
)
"""Before a room is joined anew: nobody builds on what this server knew of it."""
_ROOM = Sql(
    "SELECT nid, room_id, room_version, version, extremities, creator, is_public"
    " FROM room WHERE room_id = :room_id"
)
_NID = Sql("SELECT nid FROM room WHERE room_id = :room_id")
_IDS = Sql("SELECT nid, room_id FROM room WHERE nid = ANY(:nids)")
CLAIM = Sql(
    "UPDATE room SET claim_process = :process, claim_until = :until WHERE nid = :nid"
    " AND (claim_until IS NULL OR claim_until < :now OR claim_process = :process) RETURNING nid"
)
"""A claim: no other process writes into the room until this one has, or until that time."""

RELEASE = Sql(
    "UPDATE room SET claim_process = NULL, claim_until = NULL"
    " WHERE nid = :nid AND claim_process = :process"
)


@dataclass(frozen=True, slots=True)
class RoomRow:
    """A room. ``extremities``: (event id, depth) of each event that nothing refers to yet; none
    while this server is about to join."""

    nid: int
    room_id: str
    room_version: str
    version: int
    extremities: list[tuple[str, int]]
    creator: str
    is_public: bool


async def room(conn: Connection, room_id: str) -> RoomRow | None:
    """The room of this id, if this server has it."""
    row = await conn.fetch_one(_ROOM, room_id=room_id)
    if row is None:
        return None
    nid, _, room_version, version, extremities, creator, is_public = row
    return RoomRow(
        nid,
        room_id,
        room_version,
        version,
        [(event_id, depth) for event_id, depth in orjson.loads(extremities) or ()],
        creator,
        bool(is_public),
    )


async def room_nid(conn: Connection, room_id: str) -> int | None:
    """The number of the room of this id, None if this server does not have it."""
    nid: int | None = await conn.fetch_value(_NID, room_id=room_id)
    return nid


async def room_ids(conn: Connection, nids: list[int]) -> dict[int, str]:
    """Room ids by number; unknown numbers are absent."""
    return {row[0]: row[1] for row in await conn.fetch(_IDS, nids=nids)}
