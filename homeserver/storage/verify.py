"""Whether what is stored fits together: read-only, for administrators and for tests after a
crash."""

from __future__ import annotations

from collections.abc import AsyncIterator

import orjson

from homeserver.protocol.event import load_pdu
from homeserver.protocol.hashing import event_id_of
from homeserver.protocol.room_versions import ROOM_VERSIONS
from homeserver.storage.database import Connection, Sql, open_database

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
_ROOMS = Sql("SELECT room_id, extremities FROM room")
_EXISTS = Sql("SELECT event_id FROM event WHERE event_id = ANY(:event_ids)")
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
