"""Notifications that belong to one person: highlights, and all of those with push rules of their
own."""

from __future__ import annotations

from dataclasses import dataclass

from homeserver.storage.database import Connection, Sql

INSERT = Sql(
    "INSERT INTO notification (user_id, room, thread, ord_pos, ord_minor, event_nid, notify,"
    " highlight) VALUES (:user_id, :room, :thread, :nid, 0, :nid, :notify, :highlight)"
)
INSERT_AT = Sql(
    "INSERT INTO notification (user_id, room, thread, ord_pos, ord_minor, event_nid, notify,"
    " highlight) VALUES (:user_id, :room, :thread, :ord_pos, 0, :nid, :notify, :highlight)"
)
"""As INSERT, of an event that does not stand at its number."""
DELETE_OF_EVENT = Sql(
    "DELETE FROM notification WHERE event_nid = (SELECT nid FROM event WHERE event_id = :event_id)"
)
_OF_USER = Sql(
    "SELECT thread, ord_pos, ord_minor, notify, highlight, event_nid FROM notification"
    " WHERE user_id = :user_id AND room = :room AND ord_pos > :after ORDER BY ord_pos, ord_minor"
)
_OF_EVENTS = Sql(
    "SELECT event_nid, user_id, notify, highlight FROM notification WHERE event_nid = ANY(:nids)"
)


@dataclass(frozen=True, slots=True)
class Notice:
    """What one event means to one person."""

    user_id: str
    notify: bool
    highlight: bool


@dataclass(frozen=True, slots=True)
class StoredNotice:
    """A notice at its place. thread: "" is the main timeline."""

    thread: str
    ord_pos: int
    ord_minor: int
    notify: bool
    highlight: bool
    event_nid: int


async def of_user(conn: Connection, user_id: str, room: int, *, after: int) -> list[StoredNotice]:
    """The person's notices in a room after a position, oldest first."""
    rows = await conn.fetch(_OF_USER, user_id=user_id, room=room, after=after)
    return [
        StoredNotice(row[0], row[1], row[2], bool(row[3]), bool(row[4]), row[5]) for row in rows
    ]


async def of_events(conn: Connection, nids: list[int]) -> dict[int, list[Notice]]:
    """What these events mean to single persons, by the event's nid."""
    found: dict[int, list[Notice]] = {}
    for nid, user_id, notify, highlight in await conn.fetch(_OF_EVENTS, nids=nids):
        found.setdefault(nid, []).append(Notice(user_id, bool(notify), bool(highlight)))
    return found
