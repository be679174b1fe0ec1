"""A room's state as intervals: what each key held, from which position to which.

S(p), the state after position p, is the rows with from_pos <= p and (to_pos is NULL or to_pos > p).
"""

from __future__ import annotations

from dataclasses import dataclass

from homeserver.protocol.event import StateKey
from homeserver.storage.database import Connection, Sql

INSERT = Sql(
    "INSERT INTO room_state (room, type, state_key, from_pos, to_pos, event_nid)"
    " VALUES (:room, :type, :state_key, :from_pos, NULL, :event_nid)"
)
CLOSE = Sql(
    "UPDATE room_state SET to_pos = :to_pos WHERE room = :room AND type = :type"
    " AND state_key = :state_key AND from_pos = :from_pos"
)
_CURRENT = Sql(
    "SELECT type, state_key, from_pos, event_nid FROM room_state"
    " WHERE room = :room AND to_pos IS NULL AND event_nid IS NOT NULL"
)
_REMOVED = Sql(
    "SELECT type, state_key, from_pos FROM room_state"
    " WHERE room = :room AND to_pos IS NULL AND event_nid IS NULL"
)
_IDS_AT = Sql(
    "SELECT s.type, s.state_key, e.event_id FROM room_state s JOIN event e ON e.nid = s.event_nid"
    " WHERE s.room = :room AND s.from_pos <= :pos AND (s.to_pos IS NULL OR s.to_pos > :pos)"
)
_IDS_AT_KEYS = Sql(
    "SELECT s.type, s.state_key, e.event_id FROM room_state s JOIN event e ON e.nid = s.event_nid"
    " WHERE s.room = :room AND s.type = :type AND s.state_key = ANY(:state_keys)"
    " AND s.from_pos <= :pos AND (s.to_pos IS NULL OR s.to_pos > :pos)"
)
_OF_SERVER = Sql(
    "SELECT state_key, event_nid FROM room_state WHERE room = :room AND type = 'm.room.member'"
    " AND state_key LIKE :pattern ESCAPE '!' AND +from_pos <= :pos"
    " AND (to_pos IS NULL OR to_pos > :pos) AND event_nid IS NOT NULL"
)
_AT = Sql(
    "SELECT type, state_key, event_nid FROM room_state WHERE room = :room AND from_pos <= :pos"
    " AND (to_pos IS NULL OR to_pos > :pos) AND event_nid IS NOT NULL"
)
_AT_KEYS = Sql(
    "SELECT type, state_key, event_nid FROM room_state WHERE room = :room AND type = :type"
    " AND state_key = ANY(:state_keys) AND from_pos <= :pos"
    " AND (to_pos IS NULL OR to_pos > :pos) AND event_nid IS NOT NULL"
)
_AT_TYPE = Sql(
    "SELECT type, state_key, event_nid FROM room_state WHERE room = :room AND type = :type"
    " AND +from_pos <= :pos AND (to_pos IS NULL OR to_pos > :pos) AND event_nid IS NOT NULL"
)
_FIRST_OF_TYPE = Sql("SELECT MIN(from_pos) FROM room_state WHERE room = :room AND type = :type")
_AT_TYPES = Sql(
    "SELECT type, event_nid FROM room_state WHERE room = :room AND type = ANY(:types)"
    " AND state_key = '' AND from_pos <= :pos AND (to_pos IS NULL OR to_pos > :pos)"
    " AND event_nid IS NOT NULL"
)
_DURING = Sql(
    "SELECT type, state_key, from_pos, to_pos, event_nid FROM room_state WHERE room = :room"
    " AND from_pos <= :upto AND (to_pos IS NULL OR to_pos > :pos) AND event_nid IS NOT NULL"
)
_DURING_NOT_MEMBERS = Sql(f"{_DURING.text} AND (type <> 'm.room.member' OR from_pos > :pos)")
_AT_TYPES_IN = Sql(
    "SELECT room, type, event_nid FROM room_state WHERE room = ANY(:rooms) AND type = ANY(:types)"
    " AND state_key = '' AND from_pos <= :pos AND (to_pos IS NULL OR to_pos > :pos)"
    " AND event_nid IS NOT NULL"
)
_CHANGED = Sql(
    "SELECT type, state_key, event_nid FROM room_state WHERE room = :room"
    " AND from_pos > :after AND from_pos <= :upto AND (to_pos IS NULL OR to_pos > :upto)"
    " AND event_nid IS NOT NULL"
)
_REDACTED = Sql(
    "SELECT s.type, s.state_key, s.event_nid FROM event e JOIN room_state s ON s.room = e.room"
    " AND s.type = e.type AND s.state_key = e.state_key AND s.event_nid = e.nid"
    " WHERE e.room = :room AND e.redacted_by > :after AND e.redacted_by <= :upto"
    " AND s.from_pos <= :upto AND (s.to_pos IS NULL OR s.to_pos > :upto)"
)
_HISTORY = Sql(
    "SELECT from_pos, to_pos, event_nid FROM room_state WHERE room = :room AND type = :type"
    " AND state_key = :state_key ORDER BY from_pos"
)


@dataclass(frozen=True, slots=True)
class Interval:
    """What one key held from ``from_pos`` on, before ``to_pos``; None: it still holds it."""

    from_pos: int
    to_pos: int | None
    event_nid: int | None


async def current(conn: Connection, room: int) -> list[tuple[StateKey, int, int]]:
    """Every key of the current state: (key, since which position, event nid)."""
    rows = await conn.fetch(_CURRENT, room=room)
    return [((row[0], row[1]), row[2], row[3]) for row in rows]


async def removed(conn: Connection, room: int) -> list[tuple[StateKey, int]]:
    """The keys that are empty now and were not always: (key, since which position)."""
    rows = await conn.fetch(_REMOVED, room=room)
    return [((row[0], row[1]), row[2]) for row in rows]


async def ids_at(conn: Connection, room: int, pos: int) -> dict[StateKey, str]:
    """S(pos): event id by key."""
    rows = await conn.fetch(_IDS_AT, room=room, pos=pos)
    return {(row[0], row[1]): row[2] for row in rows}


async def ids_at_keys(
    conn: Connection, room: int, pos: int, event_type: str, state_keys: list[str]
) -> dict[StateKey, str]:
    """S(pos) at these keys of one type: event ids."""
    rows = await conn.fetch(
        _IDS_AT_KEYS, room=room, pos=pos, type=event_type, state_keys=state_keys
    )
    return {(row[0], row[1]): row[2] for row in rows}


async def members_of(conn: Connection, room: int, pos: int, server: str) -> dict[str, int]:
    """S(pos) at the members of one server: event nid by user id."""
    escaped = server.replace("!", "!!").replace("%", "!%").replace("_", "!_")
    rows = await conn.fetch(_OF_SERVER, room=room, pos=pos, pattern=f"@%:{escaped}")
    return {row[0]: row[1] for row in rows}


async def at(conn: Connection, room: int, pos: int) -> dict[StateKey, int]:
    """S(pos): event nid by key."""
    rows = await conn.fetch(_AT, room=room, pos=pos)
    return {(row[0], row[1]): row[2] for row in rows}


async def during(
    conn: Connection, room: int, pos: int, upto: int, *, members: bool = True
) -> tuple[dict[StateKey, int], dict[StateKey, int]]:
    """S(pos), without memberships if ``members`` is False; and the keys of S(upto) whose value is
    newer than that."""
    rows = await conn.fetch(
        _DURING if members else _DURING_NOT_MEMBERS, room=room, pos=pos, upto=upto
    )
    before: dict[StateKey, int] = {}
    newer: dict[StateKey, int] = {}
    for event_type, state_key, from_pos, to_pos, nid in rows:
        if from_pos <= pos:
            before[event_type, state_key] = nid
        elif to_pos is None or to_pos > upto:
            newer[event_type, state_key] = nid
    return before, newer


async def at_keys(
    conn: Connection, room: int, pos: int, event_type: str, state_keys: list[str]
) -> dict[StateKey, int]:
    """S(pos) at these keys of one type."""
    rows = await conn.fetch(_AT_KEYS, room=room, pos=pos, type=event_type, state_keys=state_keys)
    return {(row[0], row[1]): row[2] for row in rows}


async def at_type(conn: Connection, room: int, pos: int, event_type: str) -> dict[StateKey, int]:
    """S(pos) at all keys of one type."""
    rows = await conn.fetch(_AT_TYPE, room=room, pos=pos, type=event_type)
    return {(row[0], row[1]): row[2] for row in rows}


async def first_of_type(conn: Connection, room: int, event_type: str) -> int | None:
    """The position at which the room first had state of this type."""
    first: int | None = await conn.fetch_value(_FIRST_OF_TYPE, room=room, type=event_type)
    return first


async def changed(conn: Connection, room: int, *, after: int, upto: int) -> dict[StateKey, int]:
    """Keys of S(upto) whose value is newer than ``after``."""
    rows = await conn.fetch(_CHANGED, room=room, after=after, upto=upto)
    return {(row[0], row[1]): row[2] for row in rows}


async def redacted(conn: Connection, room: int, *, after: int, upto: int) -> dict[StateKey, int]:
    """Keys of S(upto) whose event was redacted in (after, upto]."""
    rows = await conn.fetch(_REDACTED, room=room, after=after, upto=upto)
    return {(row[0], row[1]): row[2] for row in rows}


async def history(conn: Connection, room: int, event_type: str, state_key: str) -> list[Interval]:
    """Everything one key ever held, oldest first."""
    rows = await conn.fetch(_HISTORY, room=room, type=event_type, state_key=state_key)
    return [Interval(*row) for row in rows]


async def at_types(conn: Connection, room: int, pos: int, types: list[str]) -> dict[StateKey, int]:
    """S(pos) at the empty state key of these types."""
    rows = await conn.fetch(_AT_TYPES, room=room, pos=pos, types=types)
    return {(row[0], ""): row[1] for row in rows}


async def at_types_in(
    conn: Connection, rooms: list[int], pos: int, types: list[str]
) -> dict[int, list[int]]:
    """As `at_types`, of several rooms: event nids by room; rooms without any are absent."""
    found: dict[int, list[int]] = {}
    for room, _, nid in await conn.fetch(_AT_TYPES_IN, rooms=rooms, pos=pos, types=types):
        found.setdefault(room, []).append(nid)
    return found
