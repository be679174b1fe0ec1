"""Events as they are stored, each with its place in the one order of its room."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import orjson

from homeserver.protocol.event import Event
from homeserver.protocol.room_versions import ROOM_VERSIONS
from homeserver.storage.database import Args, Connection, Row, Sql
from homeserver.storage.notifications import Notice

OK, SOFT_FAILED, REJECTED = 0, 1, 2
LIVE, BACKFILLED, OUTLIER = 0, 1, 2
NOTIFY, HIGHLIGHT_ALL = 1, 2

Place = tuple[int, int]
"""(ord_pos, ord_minor): where an event stands in its room. Live events have minor 0."""


@dataclass(slots=True, eq=False, weakref_slot=True)
class StoredEvent:
    """An event and what this server knows of it. Identified by ``nid``.

    nid, ord_pos: 0 until the event is committed.
    notify: NOTIFY if the default push rules notify members, HIGHLIGHT_ALL if they highlight for
    all.
    thread: the event id of the root of the thread it belongs to.
    replaces: nid of the state event whose place it took.
    redacted_by: nid of the redaction; ``event`` is then the redacted one.
    applies_redaction: it is a redaction that was allowed to prune its target.
    status: OK, SOFT_FAILED or REJECTED. place_kind: LIVE, BACKFILLED or OUTLIER.
    state_id: the row of `state` with the state before it; None: S(ord_pos - 1).
    noticed: the notices that were committed with it; None where it was read for another reason
    than that it is new.
    has_relations: whether some event relates to it.
    rendered: JSON for clients, by form; emptied when a redaction or relation arrives.
    """

    event: Event
    nid: int = 0
    room: int = 0
    ord_pos: int = 0
    ord_minor: int = 0
    notify: int = 0
    thread: str | None = None
    relates_to: str | None = None
    rel_type: str | None = None
    replaces: int | None = None
    redacted_by: int | None = None
    txn_device: str | None = None
    txn_id: str | None = None
    status: int = OK
    place_kind: int = LIVE
    state_id: int | None = None
    applies_redaction: bool = False
    noticed: list[Notice] | None = None
    has_relations: bool = False
    rendered: dict[Any, bytes] = field(default_factory=dict)

    @property
    def place(self) -> Place:
        return self.ord_pos, self.ord_minor

    @property
    def placed(self) -> bool:
        """Whether it stands in its room's order, and the state before it is known."""
        return self.place_kind != OUTLIER

    @property
    def shown(self) -> bool:
        """Whether readers may be shown it at all."""
        return self.status == OK and self.place_kind != OUTLIER


INSERT = Sql(
    "INSERT INTO event (nid, room, event_id, type, state_key, sender, status, place, ord_pos,"
    " ord_minor, state_id, notify, thread, relates_to, rel_type, replaces, redacted_by, txn_device,"
    " txn_id, depth, origin_server_ts, json)"
    " VALUES (:nid, :room, :event_id, :type, :state_key, :sender, 0, 0, :nid, 0, NULL, :notify,"
    " :thread, :relates_to, :rel_type, :replaces, NULL, :txn_device, :txn_id, :depth,"
    " :origin_server_ts, :json)"
)
"""A live event, at the position that is its nid, whose state before is the room's."""

REDACT = Sql(
    "UPDATE event SET json = :json, redacted_by = :nid, notify = 0, relates_to = NULL,"
    " rel_type = NULL WHERE event_id = :event_id"
)
"""Prunes the target of a redaction: what it said leaves the disk with the redaction's commit."""

_COLUMNS = (
    "e.event_id, e.nid, e.room, e.ord_pos, e.ord_minor, e.notify, e.thread, e.relates_to,"
    " e.rel_type, e.replaces, e.redacted_by, e.txn_device, e.txn_id, e.status, e.place, e.state_id,"
    " e.json, r.room_version"
)
_BY_NID = Sql(
    f"SELECT {_COLUMNS} FROM event e JOIN room r ON r.nid = e.room WHERE e.nid = ANY(:nids)"
)
_BY_ID = Sql(
    f"SELECT {_COLUMNS} FROM event e JOIN room r ON r.nid = e.room"
    " WHERE e.event_id = ANY(:event_ids)"
)
# The index of a room's order is to be read from the place on, and no further than the limit,
# however long the room is. PostgreSQL, who guesses how many rows conditions leave, would rather
# read all of the room and sort: so the bounds are a row's, what is beyond the other end is cut off
# afterwards, the limit is one that it does not know, and the status no value that it takes for
# rare.
_PAGE = (
    "SELECT nid FROM (SELECT nid, ord_pos, ord_minor FROM event WHERE room = :room AND status < 1"
    " AND (ord_pos, ord_minor) {begin} (:pos, :minor) ORDER BY ord_pos{way}, ord_minor{way}"
    " LIMIT (SELECT CAST(:limit AS bigint))) AS page"
    " WHERE (ord_pos, ord_minor) {end} (:end_pos, :end_minor)"
    " ORDER BY ord_pos{way}, ord_minor{way}"
)
_BACKWARDS = Sql(_PAGE.format(begin="<", end=">=", way=" DESC"))
_FORWARDS = Sql(_PAGE.format(begin=">=", end="<", way=""))
_RELATED = Sql("SELECT DISTINCT relates_to FROM event WHERE relates_to = ANY(:event_ids)")
_REDACTED_BY = Sql(
    "SELECT event_id, redacted_by FROM event WHERE event_id = ANY(:event_ids)"
    " AND redacted_by IS NOT NULL"
)
_ANNOTATIONS = Sql(
    "SELECT json FROM event WHERE relates_to = :event_id AND rel_type = 'm.annotation'"
    " AND +room = :room AND sender = :sender AND type = :type AND status = 0"
)


def insert_args(stored: StoredEvent) -> Args:
    """The row of INSERT."""
    event = stored.event
    return (
        stored.nid,
        stored.room,
        event.event_id,
        event.type,
        event.state_key,
        event.sender,
        stored.notify,
        stored.thread,
        stored.relates_to,
        stored.rel_type,
        stored.replaces,
        stored.txn_device,
        stored.txn_id,
        event.depth,
        event.origin_server_ts,
        event.to_bytes(),
    )


def _stored(row: Row) -> StoredEvent:
    event_id, nid, room, ord_pos, ord_minor, notify, thread, relates_to = row[:8]
    rel_type, replaces, redacted_by, txn_device, txn_id = row[8:13]
    status, place_kind, state_id, raw, room_version = row[13:]
    return StoredEvent(
        Event.from_bytes(raw, ROOM_VERSIONS[room_version], event_id=event_id),
        nid,
        room,
        ord_pos or 0,
        ord_minor or 0,
        notify,
        thread,
        relates_to,
        rel_type,
        replaces,
        redacted_by,
        txn_device,
        txn_id,
        status,
        place_kind,
        state_id,
    )


async def by_nid(conn: Connection, nids: list[int]) -> list[StoredEvent]:
    """The events that exist among these, in no order."""
    return [_stored(row) for row in await conn.fetch(_BY_NID, nids=nids)]


async def by_id(conn: Connection, event_ids: list[str]) -> list[StoredEvent]:
    """The events that exist among these, in no order."""
    return [_stored(row) for row in await conn.fetch(_BY_ID, event_ids=event_ids)]


async def before(
    conn: Connection, room: int, place: Place, *, limit: int, low: Place = (0, 0)
) -> list[int]:
    """nids of the room's events before ``place`` (excluded) down to ``low`` (included), newest
    first."""
    rows = await conn.fetch(
        _BACKWARDS,
        room=room,
        pos=place[0],
        minor=place[1],
        end_pos=low[0],
        end_minor=low[1],
        limit=limit,
    )
    return [row[0] for row in rows]


async def since(
    conn: Connection, room: int, place: Place, *, limit: int, high: Place = (2**62, 0)
) -> list[int]:
    """nids of the room's events from ``place`` (included) up to ``high`` (excluded), oldest
    first."""
    rows = await conn.fetch(
        _FORWARDS,
        room=room,
        pos=place[0],
        minor=place[1],
        end_pos=high[0],
        end_minor=high[1],
        limit=limit,
    )
    return [row[0] for row in rows]


async def related(conn: Connection, event_ids: list[str]) -> set[str]:
    """Those of these events to which some other event relates."""
    return {row[0] for row in await conn.fetch(_RELATED, event_ids=event_ids)}


async def redacted_by(conn: Connection, event_ids: list[str]) -> dict[str, int]:
    """The nid of the redaction of each of these events that was redacted."""
    rows = await conn.fetch(_REDACTED_BY, event_ids=event_ids)
    return {row[0]: row[1] for row in rows}


async def annotations_by(
    conn: Connection, room: int, event_id: str, sender: str, event_type: str
) -> list[dict[str, Any]]:
    """The contents of this person's annotations of an event; redacted ones are not among them."""
    rows = await conn.fetch(
        _ANNOTATIONS, event_id=event_id, room=room, sender=sender, type=event_type
    )
    return [orjson.loads(row[0])["content"] for row in rows]
