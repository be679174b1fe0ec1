"""Storing events that others made: of any status, at any place, or at none yet."""

from __future__ import annotations

from homeserver.storage.database import Args, Connection, Sql
from homeserver.storage.events import OUTLIER, StoredEvent

INSERT = Sql(
    "INSERT INTO event (nid, room, event_id, type, state_key, sender, status, place, ord_pos,"
    " ord_minor, state_id, notify, thread, relates_to, rel_type, replaces, redacted_by, txn_device,"
    " txn_id, depth, origin_server_ts, json)"
    " VALUES (:nid, :room, :event_id, :type, :state_key, :sender, :status, :place, :ord_pos,"
    " :ord_minor, :state_id, :notify, :thread, :relates_to, :rel_type, :replaces, :redacted_by,"
    " :txn_device, :txn_id, :depth, :origin_server_ts, :json)"
)
PLACE = Sql(
    "UPDATE event SET status = :status, place = :place, ord_pos = :ord_pos, ord_minor = :ord_minor,"
    " state_id = :state_id, notify = :notify, replaces = :replaces, thread = :thread,"
    " relates_to = :relates_to, rel_type = :rel_type WHERE nid = :nid"
)
"""Gives an outlier its place."""

REDACTED_EARLY = Sql(
    "INSERT INTO early_redaction (event_id, room, redaction) VALUES (:event_id, :room, :redaction)"
    " ON CONFLICT (event_id, redaction) DO NOTHING"
)
FORGET_EARLY = Sql("DELETE FROM early_redaction WHERE event_id = :event_id")

_EARLY = Sql(
    "SELECT event_id, redaction FROM early_redaction"
    " WHERE room = :room AND event_id = ANY(:event_ids) ORDER BY redaction"
)
_FORKED = Sql(
    "SELECT MIN(ord_pos), MAX(ord_pos) FROM event WHERE room = :room AND state_id IS NOT NULL"
)
_KNOWN = Sql("SELECT event_id FROM event WHERE event_id = ANY(:event_ids)")


def insert_args(stored: StoredEvent) -> Args:
    """The row of INSERT."""
    event = stored.event
    outlier = stored.place_kind == OUTLIER
    return (
        stored.nid,
        stored.room,
        event.event_id,
        event.type,
        event.state_key,
        event.sender,
        stored.status,
        stored.place_kind,
        None if outlier else stored.ord_pos,
        None if outlier else stored.ord_minor,
        stored.state_id,
        stored.notify,
        stored.thread,
        stored.relates_to,
        stored.rel_type,
        stored.replaces,
        stored.redacted_by,
        stored.txn_device,
        stored.txn_id,
        event.depth,
        event.origin_server_ts,
        event.to_bytes(),
    )


def place_args(stored: StoredEvent) -> Args:
    """The row of PLACE."""
    return (
        stored.status,
        stored.place_kind,
        stored.ord_pos,
        stored.ord_minor,
        stored.state_id,
        stored.notify,
        stored.replaces,
        stored.thread,
        stored.relates_to,
        stored.rel_type,
        stored.nid,
    )


async def early_redactions(conn: Connection, room: int, event_ids: list[str]) -> dict[str, int]:
    """Of these events those whose redaction came first: nid of the first redaction."""
    found: dict[str, int] = {}
    for event_id, redaction in await conn.fetch(_EARLY, room=room, event_ids=event_ids):
        found.setdefault(event_id, redaction)
    return found


async def forked_between(conn: Connection, room: int) -> tuple[int, int] | None:
    """The first and the last ord_pos of events before which the state is not that of the room;
    None: there are none."""
    row = await conn.fetch_one(_FORKED, room=room)
    return None if row is None or row[0] is None else (row[0], row[1])


async def known(conn: Connection, event_ids: list[str]) -> set[str]:
    """Those of these events that are stored, in whatever way."""
    return {row[0] for row in await conn.fetch(_KNOWN, event_ids=event_ids)}
