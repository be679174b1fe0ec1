"""Whether what is stored fits together: read-only, for administrators and for tests after a
crash."""

from __future__ import annotations

from collections.abc import AsyncIterator

import orjson

from homeserver.protocol.event import load_pdu
from homeserver.protocol.hashing import event_id_of
from homeserver.protocol.room_versions import ROOM_VERSIONS
from homeserver.storage.database import Connection, Sql
from homeserver.storage.open_database import open_database

_PAGE = 1000

_BROKEN_CHAIN = Sql(
    "SELECT l.position FROM log l LEFT JOIN log p ON p.position = l.prev"
    " WHERE l.prev > 0 AND p.position IS NULL"
    " AND l.position > (SELECT MIN(position) FROM log) LIMIT 10"
)
_NOT_LOGGED = Sql(
    "SELECT e.event_id FROM event e LEFT JOIN log l ON l.position = e.nid"
    " WHERE e.place = 0 AND l.position IS NULL"
    " AND e.nid >= (SELECT COALESCE(MIN(position), 0) FROM log) LIMIT 10"
)
_OPEN_TWICE = Sql(
    "SELECT room, type, state_key FROM room_state WHERE to_pos IS NULL"
    " GROUP BY room, type, state_key HAVING COUNT(*) > 1 LIMIT 10"
)
_TORN = Sql(
    "SELECT s.room, s.type, s.state_key FROM room_state s WHERE s.to_pos IS NOT NULL"
    " AND NOT EXISTS (SELECT 1 FROM room_state n WHERE n.room = s.room AND n.type = s.type"
    " AND n.state_key = s.state_key AND n.from_pos = s.to_pos) LIMIT 10"
)
_STATE_WITHOUT_EVENT = Sql(
    "SELECT s.room, s.type, s.state_key FROM room_state s LEFT JOIN event e ON e.nid = s.event_nid"
    " WHERE s.event_nid IS NOT NULL AND e.nid IS NULL LIMIT 10"
)
_OTHER_MEMBERSHIP = Sql(
    "SELECT s.room, s.state_key FROM room_state s LEFT JOIN membership m ON m.room = s.room"
    " AND m.user_id = s.state_key WHERE s.type = 'm.room.member' AND s.to_pos IS NULL"
    " AND s.event_nid IS NOT NULL AND (m.event_nid IS NULL OR m.event_nid <> s.event_nid) LIMIT 10"
)
_MISPLACED = Sql(
    "SELECT event_id FROM event WHERE (place = 0 AND (ord_pos IS NULL OR ord_minor <> 0))"
    " OR (place = 1 AND (ord_pos IS NULL OR ord_minor >= 0 OR state_id IS NULL OR status = 1))"
    " OR (place = 2 AND (ord_pos IS NOT NULL OR state_id IS NOT NULL OR status = 1)) LIMIT 10"
)
_STATE_ROW_MISSING = Sql(
    "SELECT e.event_id FROM event e LEFT JOIN state s ON s.id = e.state_id AND s.room = e.room"
    " WHERE e.state_id IS NOT NULL AND s.id IS NULL LIMIT 10"
)
_NO_BASE = Sql(
    "SELECT s.id FROM state s LEFT JOIN state b ON b.id = s.base_id WHERE s.base_id IS NOT NULL"
    " AND (s.base_pos IS NOT NULL OR b.id IS NULL OR b.base_id IS NOT NULL"
    " OR b.base_pos IS NOT NULL) LIMIT 10"
)
_REJECTED_STATE = Sql(
    "SELECT s.room, s.type, s.state_key FROM room_state s JOIN event e ON e.nid = s.event_nid"
    " WHERE e.status = 2 LIMIT 10"
)
_NOTHING_AFTER_GAP = Sql(
    "SELECT g.room, g.anchor_pos FROM gap g WHERE NOT EXISTS (SELECT 1 FROM event e"
    " WHERE e.room = g.room AND e.ord_pos = g.anchor_pos AND e.ord_minor = 0)"
    " OR EXISTS (SELECT 1 FROM event e WHERE e.room = g.room AND e.ord_pos = g.anchor_pos"
    " AND e.ord_minor < g.low_minor) LIMIT 10"
)
_ENTRIES = Sql("SELECT id, entries FROM state WHERE id > :after ORDER BY id LIMIT :limit")
_NIDS = Sql("SELECT nid FROM event WHERE nid = ANY(:nids)")
_ROOMS = Sql("SELECT room_id, extremities FROM room")
_EXISTS = Sql(
    "SELECT event_id FROM event WHERE event_id = ANY(:event_ids) AND status = 0 AND place = 0"
)
_EVENTS = Sql(
    "SELECT e.nid, e.event_id, e.json, r.room_version FROM event e JOIN room r ON r.nid = e.room"
    " WHERE e.nid > :after ORDER BY e.nid LIMIT :limit"
)

_CHECKS = (
    (_BROKEN_CHAIN, "log row {0} follows a row that is not there"),
    (_NOT_LOGGED, "event {0} is not in the log"),
    (_OPEN_TWICE, "state {1} {2!r} of room {0} has two current values"),
    (_TORN, "state {1} {2!r} of room {0} ends where nothing begins"),
    (_STATE_WITHOUT_EVENT, "state {1} {2!r} of room {0} names an event that is not there"),
    (_MISPLACED, "event {0} does not stand where its kind does"),
    (_STATE_ROW_MISSING, "the state before event {0} is not there"),
    (_NO_BASE, "state row {0} has no base"),
    (_REJECTED_STATE, "state {1} {2!r} of room {0} names a rejected event"),
    (_NOTHING_AFTER_GAP, "the gap of room {0} at {1} is not before any event"),
    (_OTHER_MEMBERSHIP, "the membership of {1} in room {0} is not what the room's state says"),
)


async def verify(url: str) -> list[str]:
    """Every fault found, as a sentence; at most ten of each kind. Reads every event once."""
    database = await open_database(url)
    try:
        async with database.read(slow=True) as conn:
            return [fault async for fault in _faults(conn)]
    finally:
        await database.close()


async def _faults(conn: Connection) -> AsyncIterator[str]:
    for sql, sentence in _CHECKS:
        for row in await conn.fetch(sql):
            yield sentence.format(*row)
    for room_id, extremities in await conn.fetch(_ROOMS):
        newest = orjson.loads(extremities)
        if newest is None:
            continue
        ids = [event_id for event_id, _ in newest]
        found = {row[0] for row in await conn.fetch(_EXISTS, event_ids=ids)}
        if not ids or set(ids) - found:
            yield f"the newest event of room {room_id} is not there"
    async for fault in _faulty_entries(conn):
        yield fault
    after = 0
    while True:
        rows = await conn.fetch(_EVENTS, after=after, limit=_PAGE)
        if not rows:
            return
        for nid, event_id, raw, room_version in rows:
            after = nid
            version = ROOM_VERSIONS[room_version]
            if event_id_of(load_pdu(raw, version), version) != event_id:
                yield f"event {event_id} is not what its id says"


async def _faulty_entries(conn: Connection) -> AsyncIterator[str]:
    """Rows of ``state`` whose entries name events that are not there."""
    after = 0
    while rows := await conn.fetch(_ENTRIES, after=after, limit=_PAGE):
        named = [(row[0], orjson.loads(row[1])["set"]) for row in rows]
        nids = sorted({nid for _, held in named for nid in held})
        found = {row[0] for row in await conn.fetch(_NIDS, nids=nids)}
        for after, held in named:
            if not found.issuperset(held):
                yield f"state row {after} names an event that is not there"
