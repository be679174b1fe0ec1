"""Which events relate to which: children of an event, and the threads of a room.

A child that was redacted relates to nothing any more.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from homeserver.storage.database import Connection, Sql
from homeserver.storage.events import Place

MAX_REFERENCES = 100
"""References bundled of one sender to one event; clients page through /relations for more."""

_MAX_EDITS = 5

# "+column" keeps a planner that has no statistics from reading a whole room by that column's index:
# children are found by their parents.
_RANKED = Sql(
    "SELECT relates_to, rel_type, sender, nid, number FROM ("
    " SELECT relates_to, rel_type, sender, nid, COUNT(*) OVER same AS number,"
    " ROW_NUMBER() OVER (PARTITION BY relates_to, rel_type, sender ORDER BY"
    " CASE WHEN rel_type = 'm.replace' THEN origin_server_ts ELSE ord_pos END DESC,"
    " CASE WHEN rel_type = 'm.replace' THEN 0 ELSE ord_minor END DESC, event_id DESC) AS rank"
    " FROM event WHERE relates_to = ANY(:event_ids) AND +room = :room AND status = 0"
    " AND +ord_pos <= :upto AND rel_type IN ('m.replace', 'm.thread', 'm.reference')"
    " WINDOW same AS (PARTITION BY relates_to, rel_type, sender)) AS ranked"
    " WHERE rank = 1 OR (rel_type = 'm.replace' AND rank <= :edits)"
    " OR (rel_type = 'm.reference' AND rank <= :references)"
)
_ORDERED = "ORDER BY ord_pos {0}, ord_minor {0} LIMIT :limit"
_BETWEEN = (
    " AND (ord_pos > :low_pos OR (ord_pos = :low_pos AND ord_minor >= :low_minor))"
    " AND (ord_pos < :high_pos OR (ord_pos = :high_pos AND ord_minor < :high_minor)) "
)
_CHILDREN = {
    backwards: Sql(
        "SELECT nid FROM event WHERE relates_to = ANY(:parents) AND +room = :room AND status = 0"
        " AND (:rel_type = '' OR rel_type = :rel_type) AND (:type = '' OR type = :type)"
        + _BETWEEN
        + _ORDERED.format("DESC" if backwards else "ASC")
    )
    for backwards in (True, False)
}
_IDS_OF_CHILDREN = Sql(
    "SELECT event_id FROM event WHERE relates_to = ANY(:parents) AND +room = :room AND status = 0"
    " AND (:rel_type = '' OR rel_type = :rel_type) AND (:type = '' OR type = :type)"
)
_RELATED_BY = Sql(
    "SELECT DISTINCT relates_to FROM event WHERE relates_to = ANY(:event_ids) AND status = 0"
    " AND (:any_type = 1 OR rel_type = ANY(:rel_types))"
    " AND (:any_sender = 1 OR sender = ANY(:senders))"
)
_THREADS = Sql(
    "SELECT p.nid, c.ord_pos, c.ord_minor FROM (SELECT thread, ord_pos, ord_minor,"
    " ROW_NUMBER() OVER (PARTITION BY thread ORDER BY ord_pos DESC, ord_minor DESC) AS rank,"
    " MAX(CASE WHEN sender = :user_id THEN 1 ELSE 0 END) OVER (PARTITION BY thread) AS mine"
    " FROM event WHERE room = :room AND thread IS NOT NULL AND rel_type = 'm.thread' AND status = 0"
    " AND +ord_pos <= :upto) AS c JOIN event p ON p.event_id = c.thread"
    " WHERE +p.room = :room AND c.rank = 1"
    " AND (c.ord_pos < :pos OR (c.ord_pos = :pos AND c.ord_minor < :minor))"
    " AND (:user_id = '' OR c.mine = 1 OR p.sender = :user_id)"
    " ORDER BY c.ord_pos DESC, c.ord_minor DESC LIMIT :limit"
)


@dataclass(frozen=True, slots=True)
class Child:
    """One of the newest children of one sender. number: of such children this sender has."""

    parent: str
    rel_type: str
    sender: str
    nid: int
    number: int


async def newest_children(
    conn: Connection, room: int, event_ids: list[str], *, upto: int
) -> list[Child]:
    """What bundled aggregations are made of, for each of these events, in no order.

    Of each sender: the newest child in a thread, the newest edits (by their time), and references
    up to MAX_REFERENCES. upto: the last position taken into account.
    """
    rows = await conn.fetch(
        _RANKED,
        event_ids=event_ids,
        room=room,
        upto=upto,
        edits=_MAX_EDITS,
        references=MAX_REFERENCES,
    )
    return [Child(*row) for row in rows]


async def children(
    conn: Connection,
    room: int,
    parents: list[str],
    *,
    low: Place,
    high: Place,
    backwards: bool,
    limit: int,
    rel_type: str | None = None,
    event_type: str | None = None,
) -> list[int]:
    """nids of the events that relate to any of these, from ``low`` (included) up to ``high``
    (excluded), newest first if ``backwards``."""
    rows = await conn.fetch(
        _CHILDREN[backwards],
        parents=parents,
        room=room,
        rel_type=rel_type or "",
        type=event_type or "",
        low_pos=low[0],
        low_minor=low[1],
        high_pos=high[0],
        high_minor=high[1],
        limit=limit,
    )
    return [row[0] for row in rows]


async def ids_of_children(
    conn: Connection,
    room: int,
    parents: list[str],
    *,
    rel_type: str | None = None,
    event_type: str | None = None,
) -> list[str]:
    """Event ids of everything that relates to any of these."""
    rows = await conn.fetch(
        _IDS_OF_CHILDREN, parents=parents, room=room, rel_type=rel_type or "", type=event_type or ""
    )
    return [row[0] for row in rows]


async def related_by(
    conn: Connection,
    event_ids: list[str],
    *,
    rel_types: Collection[str] | None,
    senders: Collection[str] | None,
) -> set[str]:
    """Those of the events that have a child of one of these types by one of these senders; None:
    of any."""
    rows = await conn.fetch(
        _RELATED_BY,
        event_ids=event_ids,
        any_type=int(rel_types is None),
        rel_types=_storable(rel_types),
        any_sender=int(senders is None),
        senders=_storable(senders),
    )
    return {row[0] for row in rows}


async def threads(
    conn: Connection, room: int, *, before: Place, upto: int, participant: str | None, limit: int
) -> list[tuple[int, Place]]:
    """(nid of the root, place of the newest reply) of a room's threads, the most recently answered
    first.

    before: only threads whose newest reply stands before this place. upto: the last position taken
    into account. participant: only threads that this person began or wrote in.
    """
    rows = await conn.fetch(
        _THREADS,
        room=room,
        pos=before[0],
        minor=before[1],
        upto=upto,
        user_id=participant or "",
        limit=limit,
    )
    return [(row[0], (row[1], row[2])) for row in rows]


def _storable(values: Collection[str] | None) -> list[str]:
    """Without those that PostgreSQL's text cannot hold, and which therefore nothing has."""
    return [value for value in values or () if "\0" not in value]
