"""The state of a room before and after any event, and after any position: event ids by key.

Where the state before an event is the room's, nothing is stored with the event, and what is
written here is one query on the intervals. Elsewhere a row of `state` says what differs.
"""

from __future__ import annotations

from dataclasses import dataclass

from homeserver.protocol.event import StateKey
from homeserver.services.events.room_heads import RoomHead, RoomHeads
from homeserver.services.ground.bounded_cache import BoundedCache
from homeserver.storage import room_state, states
from homeserver.storage.commit import LogRow
from homeserver.storage.database import Reads
from homeserver.storage.events import REJECTED, StoredEvent
from homeserver.storage.log import PURGED
from homeserver.storage.states import StateRow

StateMap = dict[StateKey, str]
"""Event ids by key. Never changed once it was handed out."""

_ROW_BYTES = 600
_ENTRY_BYTES = 450
"""That a row takes in memory, and one entry of it."""

_MANY = 200
"""Keys that changed since a position; if there are more, the whole state is read."""


@dataclass(frozen=True, slots=True)
class Base:
    """What a row of `state` can differ from: the room's state after ``pos``, or snapshot ``id``."""

    pos: int | None = None
    id: int | None = None


class StateAt:
    """Looks states up."""

    def __init__(self, database: Reads, heads: RoomHeads, *, max_bytes: int) -> None:
        """max_bytes: for rows kept in memory."""
        self._database = database
        self._heads = heads
        self._rows: BoundedCache[int, StateRow] = BoundedCache(
            "states",
            max_bytes=max_bytes,
            weigh=lambda _, row: _ROW_BYTES + _ENTRY_BYTES * len(row.entries),
        )

    def learn(self, rows: list[LogRow]) -> None:
        """A listener of the feed: a purge writes rows anew."""
        if any(row.kind == PURGED for row in rows):
            self._rows.clear()

    async def before(self, stored: StoredEvent) -> StateMap:
        """The state before an event that has its place; ValueError for an outlier."""
        if not stored.placed:
            raise ValueError(f"the state before {stored.event.event_id} is not known")
        room_id = stored.event.room_id
        if stored.state_id is None:
            return await self.at(stored.room, room_id, stored.ord_pos - 1)
        row = await self.row(stored.state_id)
        state = dict(await self.base(stored.room, room_id, _base_of(row)))
        for key, held in row.entries.items():
            if held is None:
                state.pop(key, None)
            else:
                state[key] = held[1]
        return state

    async def after(self, stored: StoredEvent) -> StateMap:
        """The state after an event: with it, if it is a state event and was not rejected."""
        return with_event(await self.before(stored), stored)

    async def base_before(self, stored: StoredEvent) -> Base:
        """What the state before an event is written down against."""
        if stored.state_id is None:
            return Base(pos=stored.ord_pos - 1)
        return _base_of(await self.row(stored.state_id))

    async def base(self, room: int, room_id: str, base: Base) -> StateMap:
        """The state that a base stands for."""
        if base.pos is not None:
            return await self.at(room, room_id, base.pos)
        if base.id is None:
            return {}
        row = await self.row(base.id)
        return {key: held[1] for key, held in row.entries.items() if held is not None}

    async def at(self, room: int, room_id: str, pos: int) -> StateMap:
        """S(pos). From the head, if it is in memory and not much has changed since."""
        head = self._heads.peek(room_id)
        if head is None:
            async with self._database.read() as conn:
                return await room_state.ids_at(conn, room, pos)
        changed = _changed_since(head, pos)
        if len(changed) > _MANY:
            async with self._database.read() as conn:
                return await room_state.ids_at(conn, room, pos)
        state = ids_of(head)
        by_type: dict[str, list[str]] = {}
        for event_type, state_key in changed:
            state.pop((event_type, state_key), None)
            by_type.setdefault(event_type, []).append(state_key)
        async with self._database.read() as conn:
            for event_type, keys in by_type.items():
                state.update(await room_state.ids_at_keys(conn, room, pos, event_type, keys))
        return state

    async def row(self, state_id: int) -> StateRow:
        """A row of `state`. KeyError if there is none."""
        return (await self.rows([state_id]))[state_id]

    async def rows(self, ids: list[int]) -> dict[int, StateRow]:
        """Rows of `state` by id."""
        found: dict[int, StateRow] = {}
        missing: list[int] = []
        for state_id in ids:
            row = self._rows.get(state_id)
            if row is None:
                missing.append(state_id)
            else:
                found[state_id] = row
        if missing:
            async with self._database.read() as conn:
                for row in await states.rows(conn, missing):
                    found[row.id] = row
                    self._rows.put(row.id, row)
        return found


def ids_of(head: RoomHead) -> StateMap:
    """The head's state as event ids."""
    return {key: stored.event.event_id for key, stored in head.state.items()}


def with_event(before: StateMap, stored: StoredEvent) -> StateMap:
    """The state after an event, from that before it."""
    event = stored.event
    if event.state_key is None or stored.status == REJECTED:
        return before
    return {**before, event.key: event.event_id}


def difference(old: StateMap, new: StateMap) -> dict[StateKey, str | None]:
    """What to do to the old state to get the new one; None: the key is empty there."""
    changes: dict[StateKey, str | None] = dict(new.items() - old.items())
    if len(old) + len(changes) != len(new) or changes:
        changes.update((key, None) for key in old.keys() - new.keys())
    return changes


def _base_of(row: StateRow) -> Base:
    if row.is_snapshot:
        return Base(id=row.id)
    return Base(pos=row.base_pos, id=row.base_id)


def _changed_since(head: RoomHead, pos: int) -> list[StateKey]:
    return [
        key
        for rows in (head.since, head.emptied)
        for key, row in rows.items()
        if not 0 < row.position <= pos
    ]
