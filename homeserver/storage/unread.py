"""What unread counts are derived from."""

from __future__ import annotations

from homeserver.storage.database import Connection, Sql

_NOTIFYING = Sql(
    "SELECT ord_pos, thread, notify FROM event WHERE room = :room AND notify > 0"
    " ORDER BY ord_pos DESC LIMIT :limit"
)
_RECEIPTS = Sql(
    "SELECT room, thread, MAX(ord_pos) FROM receipt WHERE room = ANY(:rooms)"
    " AND user_id = :user_id GROUP BY room, thread"
)
_OWN = Sql(
    "SELECT thread, MAX(ord_pos) FROM event WHERE room = :room AND sender = :user_id"
    " AND ord_pos > :after GROUP BY thread"
)
_CUSTOM_FROM = Sql("SELECT custom_push_from FROM account WHERE user_id = :user_id")
_NOTIFYING_OF = Sql(
    "SELECT ord_pos, thread FROM event WHERE room = :room AND notify > 0 AND sender = ANY(:senders)"
    " AND ord_pos > :after ORDER BY ord_pos"
)


async def notifying(conn: Connection, room: int, *, limit: int) -> list[tuple[int, str, int]]:
    """The newest events that the default rules notify: (ord_pos, thread or "", bits), oldest
    first."""
    rows = await conn.fetch(_NOTIFYING, room=room, limit=limit)
    return [(row[0], row[1] or "", row[2]) for row in reversed(rows)]


async def notifying_of(
    conn: Connection, room: int, senders: list[str], *, after: int
) -> list[tuple[int, str]]:
    """Notifying events of these senders after a position: (ord_pos, thread or "")."""
    rows = await conn.fetch(_NOTIFYING_OF, room=room, senders=senders, after=after)
    return [(row[0], row[1] or "") for row in rows]


async def receipts_in(
    conn: Connection, rooms: list[int], user_id: str
) -> dict[int, dict[str, int]]:
    """Up to where the user has read each room, publicly or privately, by the receipt's thread id
    ("" none)."""
    found: dict[int, dict[str, int]] = {room: {} for room in rooms}
    for room, thread, pos in await conn.fetch(_RECEIPTS, rooms=rooms, user_id=user_id):
        found[room][thread] = pos
    return found


async def own_last(conn: Connection, room: int, user_id: str, *, after: int) -> dict[str, int]:
    """The user's own last event after a position, by thread ("" the main timeline)."""
    rows = await conn.fetch(_OWN, room=room, user_id=user_id, after=after)
    return {row[0] or "": row[1] for row in rows}


async def custom_push_from(conn: Connection, user_id: str) -> int | None:
    """Since which position the user's push rules differ from the default ones."""
    found: int | None = await conn.fetch_value(_CUSTOM_FROM, user_id=user_id)
    return found
