"""Puts the state before events onto bases that a purge leaves."""

from __future__ import annotations

from dataclasses import dataclass, field

from homeserver.protocol.event import StateKey
from homeserver.storage import purge, room_state, states
from homeserver.storage.database import Connection
from homeserver.storage.states import MAX_ENTRIES, StateRow


@dataclass(slots=True)
class Folded:
    """What becomes of a room's state rows.

    newest: the id of the newest row that was looked at. rebased: (base_pos, entries, id) of rows
    whose base goes; base_pos None: a snapshot. gone: ids that nothing names any more. events: nids
    that the rows that stay name.
    """

    newest: int = 0
    rebased: list[tuple[int | None, bytes, int]] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    events: set[int] = field(default_factory=set)


async def fold_states(conn: Connection, room: int, cut: int) -> Folded:
    """How the states before the events from the cut on are said without what precedes it."""
    every, used = await purge.state_rows(conn, room, cut)
    folded = Folded(max(every, default=0))
    if not every:
        return folded
    rows = await states.rows(conn, used)
    named = {row.base_id for row in rows if row.base_id is not None}
    rows += await states.rows(conn, sorted(named - set(used)))
    folded.gone = sorted(set(every) - {row.id for row in rows})
    at_cut = await room_state.at(conn, room, cut - 1)
    for row in rows:
        if row.base_pos is not None and row.base_pos < cut - 1:
            held = await room_state.at(conn, room, row.base_pos)
            _apply(held, row)
            base, entries = _said_from(held, at_cut, cut - 1)
            folded.rebased.append((base, entries, row.id))
            folded.events.update(held.values())
        else:
            folded.events.update(entry[0] for entry in row.entries.values() if entry is not None)
    return folded


def _apply(held: dict[StateKey, int], row: StateRow) -> None:
    for key, entry in row.entries.items():
        if entry is None:
            held.pop(key, None)
        else:
            held[key] = entry[0]


def _said_from(
    held: dict[StateKey, int], base: dict[StateKey, int], pos: int
) -> tuple[int | None, bytes]:
    changed = [nid for key, nid in held.items() if base.get(key) != nid]
    removed = [key for key in base if key not in held]
    if len(changed) + len(removed) > MAX_ENTRIES:
        return None, states.encode(list(held.values()), [])
    return pos, states.encode(changed, removed)
