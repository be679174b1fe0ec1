"""The state before events where it is not the room's: forks, gaps, history.

A row names a base, the room's state after a position or a snapshot, and what differs from it. One
with neither base is a snapshot itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from homeserver.protocol.event import StateKey
from homeserver.storage.database import Connection, Sql

MAX_ENTRIES = 64
"""A row that would differ in more becomes a snapshot."""

INSERT = Sql(
    "INSERT INTO state (id, room, base_pos, base_id, entries)"
    " VALUES (:id, :room, :base_pos, :base_id, :entries)"
)
_ROWS = Sql("SELECT id, base_pos, base_id, entries FROM state WHERE id = ANY(:ids)")
_KEYS = Sql("SELECT nid, type, state_key, event_id FROM event WHERE nid = ANY(:nids)")


@dataclass(frozen=True, slots=True)
class StateRow:
    """One row. entries: what differs from the base, as (nid, event id); None: the key is empty."""

    id: int
    base_pos: int | None
    base_id: int | None
    entries: dict[StateKey, tuple[int, str] | None]

    @property
    def is_snapshot(self) -> bool:
        """Whether it has no base."""
        return self.base_pos is None and self.base_id is None


def encode(held: list[int], removed: list[StateKey]) -> bytes:
    """``entries``: nids of the events held, and the keys that are empty. An event knows its key."""
    if removed:
        return orjson.dumps({"set": held, "removed": removed})
    return orjson.dumps({"set": held})


async def rows(conn: Connection, ids: list[int]) -> list[StateRow]:
    """The rows that exist among these, in no order."""
    raw = [
        (id_, pos, base, orjson.loads(entries))
        for id_, pos, base, entries in await conn.fetch(_ROWS, ids=ids)
    ]
    nids = sorted({nid for *_, entries in raw for nid in entries["set"]})
    keys: dict[int, tuple[str, str, str]] = {}
    for start in range(0, len(nids), 1000):
        for nid, *rest in await conn.fetch(_KEYS, nids=nids[start : start + 1000]):
            keys[nid] = (rest[0], rest[1], rest[2])
    found: list[StateRow] = []
    for id_, pos, base, entries in raw:
        removed = [(event_type, state_key) for event_type, state_key in entries.get("removed", ())]
        held: dict[StateKey, tuple[int, str] | None] = dict.fromkeys(removed)
        for nid in entries["set"]:
            event_type, state_key, event_id = keys[nid]
            held[(event_type, state_key)] = (nid, event_id)
        found.append(StateRow(id_, pos, base, held))
    return found
