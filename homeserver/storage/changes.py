"""Which rooms have anything new for a reader who is further behind than memory reaches."""

from __future__ import annotations

from homeserver.storage.database import Connection, Sql

_EVENTS = Sql(
    "SELECT r.nid FROM room r WHERE r.nid = ANY(:rooms) AND EXISTS (SELECT 1 FROM event e"
    " WHERE e.room = r.nid AND e.ord_pos > :after AND e.ord_pos <= :upto)"
)
_RECEIPTS = Sql(
    "SELECT r.nid FROM room r WHERE r.nid = ANY(:rooms) AND EXISTS (SELECT 1 FROM receipt c"
    " WHERE c.room = r.nid AND c.position > :after AND c.position <= :upto)"
)
_STATE = Sql(
    "SELECT r.nid FROM room r WHERE r.nid = ANY(:rooms) AND EXISTS (SELECT 1 FROM room_state s"
    " WHERE s.room = r.nid AND s.from_pos > :after AND s.from_pos <= :upto)"
)


async def rooms_with_events(
    conn: Connection, rooms: list[int], *, after: int, upto: int
) -> set[int]:
    """Those of the rooms with timeline events or state changes in (after, upto]."""
    found = await conn.fetch(_EVENTS, rooms=rooms, after=after, upto=upto)
    changed = await conn.fetch(_STATE, rooms=rooms, after=after, upto=upto)
    return {row[0] for row in (*found, *changed)}


async def rooms_with_receipts(
    conn: Connection, rooms: list[int], *, after: int, upto: int
) -> set[int]:
    """Those of the rooms with receipts that moved in (after, upto]."""
    found = await conn.fetch(_RECEIPTS, rooms=rooms, after=after, upto=upto)
    return {row[0] for row in found}
