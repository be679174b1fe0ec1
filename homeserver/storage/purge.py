"""Taking history off the disk: which rows of a room are needed, and statements that delete the
others.

A cut is the place of the first event that stays. What holds on after it needs some of what stood
before: events of the state since the cut, the forward extremities, and the auth chains of all that
stays. Those become outliers.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass

from homeserver.storage.database import Args, Connection, Sql

Statement = tuple[Sql, list[Args]]

_PAGE = 500

_FIRST_SINCE = Sql(
    "SELECT ord_pos FROM event WHERE room = :room AND origin_server_ts >= :ts"
    " AND ord_pos IS NOT NULL AND status = 0 ORDER BY ord_pos LIMIT 1"
)
_PLACE_OF = Sql("SELECT ord_pos FROM event WHERE room = :room AND event_id = ANY(:event_ids)")
_BEFORE = Sql(
    "SELECT nid FROM event WHERE room = :room AND (ord_pos < :cut OR ord_pos IS NULL) ORDER BY nid"
)
_SINCE = Sql("SELECT nid FROM event WHERE room = :room AND ord_pos >= :cut ORDER BY nid")
_STATES_SINCE = Sql(
    "SELECT DISTINCT state_id FROM event WHERE room = :room AND ord_pos >= :cut"
    " AND state_id IS NOT NULL"
)
_STATES = Sql("SELECT id FROM state WHERE room = :room ORDER BY id")
_OF_ROOM = Sql("SELECT nid FROM event WHERE room = :room ORDER BY nid")
_BODIES = Sql("SELECT nid, event_id, state_key, json FROM event WHERE nid = ANY(:nids)")
_STATE_EVENTS = Sql(
    "SELECT e.event_id FROM room_state s JOIN event e ON e.nid = s.event_nid"
    " WHERE s.room = :room AND (s.to_pos IS NULL OR s.to_pos >= :cut)"
)
_BY_SENDER = Sql(
    "SELECT e.nid, e.event_id, e.json, r.room_version FROM event e"
    " JOIN room r ON r.nid = e.room WHERE e.room = :room AND e.sender = :sender AND e.nid > :after"
    " AND e.state_key IS NULL AND e.type <> 'm.room.redaction' AND e.redacted_by IS NULL"
    " ORDER BY e.nid LIMIT :limit"
)

_DELETE_STATE = Sql(
    "DELETE FROM room_state WHERE room = :room AND to_pos IS NOT NULL AND to_pos < :cut"
)
_REBASE = Sql(
    "UPDATE state SET base_pos = :base_pos, base_id = NULL, entries = :entries WHERE id = :id"
)
_DELETE_ROW = Sql("DELETE FROM state WHERE id = :id")
_NO_NEW_STATE = Sql(
    "SELECT 1 WHERE COALESCE((SELECT MAX(id) FROM state WHERE room = :room), 0) = :newest"
)
_DELETE_GAPS = Sql("DELETE FROM gap WHERE room = :room AND anchor_pos < :cut")
_DELETE_NOTICES = Sql("DELETE FROM notification WHERE room = :room AND ord_pos < :cut")
_DELETE_EVENT = Sql("DELETE FROM event WHERE nid = :nid")
_MAKE_OUTLIER = Sql(
    "UPDATE event SET place = 2, ord_pos = NULL, ord_minor = NULL, state_id = NULL, notify = 0,"
    " replaces = NULL WHERE nid = :nid"
)
_PRUNE = Sql(
    "UPDATE event SET json = :json, notify = 0, relates_to = NULL, rel_type = NULL WHERE nid = :nid"
)

_WHOLE = tuple(
    Sql(f"DELETE FROM {table} WHERE room = :room")
    for table in (
        "alias",
        "receipt",
        "account_data",
        "notification",
        "membership",
        "gap",
        "state",
        "room_state",
    )
)
_DELETE_ROOM = Sql("DELETE FROM room WHERE nid = :room")


async def first_since(conn: Connection, room: int, ts: int) -> int | None:
    """The place of the room's first event that is not older than a time (milliseconds)."""
    place: int | None = await conn.fetch_value(_FIRST_SINCE, room=room, ts=ts)
    return place


async def first_place(conn: Connection, room: int, event_ids: list[str]) -> int | None:
    """The lowest place of these events; None where one has none, or is not there."""
    rows = await conn.fetch(_PLACE_OF, room=room, event_ids=event_ids)
    places = [row[0] for row in rows if row[0] is not None]
    return min(places) if len(places) == len(event_ids) else None


@dataclass(frozen=True, slots=True)
class Body:
    """An event as it lies in the table. json: canonical."""

    nid: int
    event_id: str
    is_state: bool
    json: bytes


@dataclass(frozen=True, slots=True)
class Message:
    """An event that somebody may take back."""

    nid: int
    event_id: str
    json: bytes
    room_version: str


async def before(conn: Connection, room: int, cut: int) -> list[int]:
    """nids of the events before the cut, and of outliers."""
    return [row[0] for row in await conn.fetch(_BEFORE, room=room, cut=cut)]


async def since(conn: Connection, room: int, cut: int) -> list[int]:
    """nids of the events from the cut on."""
    return [row[0] for row in await conn.fetch(_SINCE, room=room, cut=cut)]


async def state_rows(conn: Connection, room: int, cut: int) -> tuple[list[int], list[int]]:
    """The ids of all the room's state rows, and of those that events from the cut on name."""
    every = [row[0] for row in await conn.fetch(_STATES, room=room)]
    used = [row[0] for row in await conn.fetch(_STATES_SINCE, room=room, cut=cut)]
    return every, used


async def of_room(conn: Connection, room: int) -> list[int]:
    """nids of all events of a room."""
    return [row[0] for row in await conn.fetch(_OF_ROOM, room=room)]


async def bodies(conn: Connection, nids: list[int]) -> AsyncIterator[Body]:
    """The events of these nids, read a page at a time."""
    for start in range(0, len(nids), _PAGE):
        for nid, event_id, key, raw in await conn.fetch(_BODIES, nids=nids[start : start + _PAGE]):
            yield Body(nid, event_id, key is not None, raw)


async def state_events(conn: Connection, room: int, cut: int) -> set[str]:
    """The ids of all events that were state at some time from just before the cut on."""
    return {row[0] for row in await conn.fetch(_STATE_EVENTS, room=room, cut=cut)}


async def messages_by(
    conn: Connection, room: int, sender: str, *, after: int, limit: int
) -> list[Message]:
    """What a person said in a room and has not taken back, from a nid (excluded) on."""
    rows = await conn.fetch(_BY_SENDER, room=room, sender=sender, after=after, limit=limit)
    return [Message(*row) for row in rows]


def intervals_before(room: int, cut: int) -> list[Statement]:
    """Deletes what no event from the cut on refers to, events apart."""
    args: list[Args] = [(room, cut)]
    return [(_DELETE_STATE, args), (_DELETE_GAPS, args), (_DELETE_NOTICES, args)]


def state_changes(
    rebased: Iterable[tuple[int | None, bytes, int]], gone: Iterable[int]
) -> list[Statement]:
    """Gives state rows, (base_pos, entries, id) each, another base, and deletes others."""
    changed: list[Args] = list(rebased)
    deleted: list[Args] = [(id_,) for id_ in gone]
    return [(sql, rows) for sql, rows in ((_REBASE, changed), (_DELETE_ROW, deleted)) if rows]


def no_new_state(room: int, newest: int) -> tuple[Sql, Args]:
    """Claims that no state row was added since the newest (0: there was none)."""
    return _NO_NEW_STATE, _NO_NEW_STATE.args({"room": room, "newest": newest})


def events(gone: Iterable[int], outliers: Iterable[int]) -> list[Statement]:
    """Deletes events, and takes others out of the room's order."""
    deleted: list[Args] = [(nid,) for nid in gone]
    taken_out: list[Args] = [(nid,) for nid in outliers]
    both = (_DELETE_EVENT, deleted), (_MAKE_OUTLIER, taken_out)
    return [(sql, rows) for sql, rows in both if rows]


def room_itself(room: int) -> list[Statement]:
    """Deletes a room, its events apart: those go first."""
    return [(sql, [(room,)]) for sql in (*_WHOLE, _DELETE_ROOM)]


def pruned(contents: Iterable[tuple[bytes, int]]) -> list[Statement]:
    """Replaces the JSON of events, (JSON, nid) each, by what is left when their content is taken
    back."""
    return [(_PRUNE, list(contents))]
