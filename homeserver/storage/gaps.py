"""Gaps: where the parents of an event are missing, and with them the history before it."""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from homeserver.storage.database import Connection, Sql
from homeserver.storage.events import Place

INSERT = Sql(
    "INSERT INTO gap (room, anchor_pos, low_minor, missing_event_ids)"
    " VALUES (:room, :anchor_pos, :low_minor, :missing)"
)
CLAIM = Sql(
    "DELETE FROM gap WHERE room = :room AND anchor_pos = :anchor_pos AND low_minor = :low_minor"
    " RETURNING anchor_pos"
)
"""Takes a gap that is still as it was read; who fills it puts back what is left of it."""
CLOSE = Sql("DELETE FROM gap WHERE room = :room AND anchor_pos = :anchor_pos")
_ALL = Sql("SELECT room, anchor_pos, low_minor, missing_event_ids FROM gap ORDER BY anchor_pos")
_OF_ROOM = Sql(
    "SELECT room, anchor_pos, low_minor, missing_event_ids FROM gap WHERE room = :room"
    " ORDER BY anchor_pos"
)


@dataclass(frozen=True, slots=True)
class Gap:
    """Before the event at ``anchor_pos``, and what was already fetched of its past, there is more.

    low_minor: of the lowest place taken under the anchor. missing: the parents that are not there.
    """

    room: int
    anchor_pos: int
    low_minor: int
    missing: tuple[str, ...]

    @property
    def place(self) -> Place:
        """Just before this place it lies."""
        return self.anchor_pos, self.low_minor


def encode(missing: list[str]) -> bytes:
    """``missing_event_ids``."""
    return orjson.dumps(missing)


async def of_room(conn: Connection, room: int) -> list[Gap]:
    """The open gaps of a room, oldest first."""
    return [
        Gap(row[0], row[1], row[2], tuple(orjson.loads(row[3])))
        for row in await conn.fetch(_OF_ROOM, room=room)
    ]


async def every(conn: Connection) -> list[Gap]:
    """All open gaps, oldest first."""
    return [
        Gap(row[0], row[1], row[2], tuple(orjson.loads(row[3]))) for row in await conn.fetch(_ALL)
    ]
