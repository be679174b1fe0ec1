"""Up to where people have read: one receipt for each room, person, type and thread."""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from homeserver.storage.database import Args, Connection, Row, Sql
from homeserver.storage.events import Place

READ = "m.read"
READ_PRIVATE = "m.read.private"

UNTHREADED = ""
MAIN = "main"

UPSERT = Sql(
    "INSERT INTO receipt (room, user_id, type, thread, event_id, ord_pos, ord_minor, ts, position)"
    " VALUES (:room, :user_id, :type, :thread, :event_id, :ord_pos, :ord_minor, :ts, :position)"
    " ON CONFLICT (room, user_id, type, thread) DO UPDATE SET event_id = excluded.event_id,"
    " ord_pos = excluded.ord_pos, ord_minor = excluded.ord_minor, ts = excluded.ts,"
    " position = excluded.position WHERE excluded.ord_pos > receipt.ord_pos"
    " OR (excluded.ord_pos = receipt.ord_pos AND excluded.ord_minor > receipt.ord_minor)"
)
"""A receipt never moves backwards, in whatever order two of them are committed."""

_COLUMNS = "room, user_id, type, thread, event_id, ord_pos, ord_minor, ts"
_MOVED = Sql(
    f"SELECT {_COLUMNS} FROM receipt WHERE room = :room AND position > :after"
    " AND position <= :upto ORDER BY position"
)
_OF_ROOMS = Sql(
    f"SELECT {_COLUMNS} FROM receipt WHERE room = ANY(:rooms) AND position <= :upto"
    " ORDER BY position"
)
_OF_USER = Sql(f"SELECT {_COLUMNS} FROM receipt WHERE room = :room AND user_id = :user_id")


@dataclass(frozen=True, slots=True)
class ReceiptFact:
    """A receipt; also the fact of a log row of kind receipt.

    type: m.read or m.read.private, which nobody but its user may see. thread: UNTHREADED, MAIN,
    or the event id of a root. ord_pos, ord_minor: the place of the event. ts: milliseconds.
    """

    room: int
    user_id: str
    type: str
    thread: str
    event_id: str
    ord_pos: int
    ord_minor: int
    ts: int

    @property
    def place(self) -> Place:
        return self.ord_pos, self.ord_minor


def upsert_args(fact: ReceiptFact, position: int) -> Args:
    """The row of UPSERT."""
    return (
        fact.room,
        fact.user_id,
        fact.type,
        fact.thread,
        fact.event_id,
        fact.ord_pos,
        fact.ord_minor,
        fact.ts,
        position,
    )


def log_data(fact: ReceiptFact) -> bytes:
    """What the log's row says of a receipt, beside the room and the person."""
    said = [fact.type, fact.thread, fact.event_id, fact.ord_pos, fact.ord_minor, fact.ts]
    return orjson.dumps(said)


def from_log(room: int, user_id: str, data: bytes) -> ReceiptFact:
    """The receipt that a row of the log tells of."""
    return ReceiptFact(room, user_id, *orjson.loads(data))


async def moved(conn: Connection, room: int, after: int, upto: int) -> list[ReceiptFact]:
    """Receipts of a room whose last move lies in (after, upto], oldest first; private ones too."""
    return _facts(await conn.fetch(_MOVED, room=room, after=after, upto=upto))


async def of_rooms(
    conn: Connection, rooms: list[int], *, upto: int
) -> dict[int, list[ReceiptFact]]:
    """Every receipt of each of these rooms that does not lie after a position, by room."""
    found: dict[int, list[ReceiptFact]] = {room: [] for room in rooms}
    for fact in _facts(await conn.fetch(_OF_ROOMS, rooms=rooms, upto=upto)):
        found[fact.room].append(fact)
    return found


async def of_user(conn: Connection, room: int, user_id: str) -> list[ReceiptFact]:
    """A person's own receipts in a room."""
    return _facts(await conn.fetch(_OF_USER, room=room, user_id=user_id))


def _facts(rows: list[Row]) -> list[ReceiptFact]:
    return [ReceiptFact(*row) for row in rows]
