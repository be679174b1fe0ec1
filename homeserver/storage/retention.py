"""How long rooms keep what was said in them."""

from __future__ import annotations

import orjson

from homeserver.storage.database import Args, Connection, Sql

_LIFETIMES = Sql(
    "SELECT s.room, e.json FROM room_state s JOIN event e ON e.nid = s.event_nid"
    " WHERE s.type = 'm.room.retention' AND s.state_key = '' AND s.to_pos IS NULL"
)
_OLDEST = Sql(
    "SELECT r.nid, r.room_id, (SELECT e.origin_server_ts FROM event e WHERE e.room = r.nid"
    " AND e.ord_pos IS NOT NULL ORDER BY e.ord_pos LIMIT 1) FROM room r"
)
_FIRST = Sql("INSERT INTO setting (key, value) VALUES ('retention', '0') ON CONFLICT DO NOTHING")
_CLAIM = Sql(
    "UPDATE setting SET value = :now WHERE key = 'retention' AND value <= :before RETURNING key"
)


async def lifetimes(conn: Connection) -> dict[int, int]:
    """Milliseconds that rooms want to keep what is said in them, by the room's number."""
    found: dict[int, int] = {}
    for room, raw in await conn.fetch(_LIFETIMES):
        wished = orjson.loads(raw)["content"].get("max_lifetime")
        if isinstance(wished, int) and wished > 0:
            found[room] = wished
    return found


async def oldest(conn: Connection) -> list[tuple[int, str, int]]:
    """(number, room id, time of the first event in its order) of every room that has one."""
    rows = await conn.fetch(_OLDEST)
    return [(nid, room_id, ts) for nid, room_id, ts in rows if ts is not None]


def first_claim() -> list[tuple[Sql, list[Args]]]:
    """What `claim` needs to be there."""
    return [(_FIRST, [()])]


def claim(now: int, interval: int) -> tuple[Sql, Args]:
    """Claims the round of this interval (milliseconds) for one process."""
    # As text of one length, which compares like the numbers.
    return _CLAIM, _CLAIM.args({"now": f"{now:015d}", "before": f"{now - interval:015d}"})
