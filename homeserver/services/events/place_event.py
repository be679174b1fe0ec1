"""Giving an event of another server its place: the rows that say so, and the state before it.

Live events stand at the position of their commit. What is backfilled stands under the event whose
past it is. The state before an event is NULL where it is the room's, else a row of `state`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import orjson

from homeserver.protocol import relations
from homeserver.protocol.client_event import redacted_event
from homeserver.protocol.event import StateKey
from homeserver.services.events.event_cache import EventCache
from homeserver.services.events.keep_outliers import HISTORY
from homeserver.services.events.room_heads import MEMBER, RoomHead
from homeserver.services.events.state_at import Base, StateMap, difference
from homeserver.storage import (
    events,
    gaps,
    membership,
    notifications,
    received_events,
    room_state,
    states,
)
from homeserver.storage.commit import LogRow, RoomRef, Swap, Write
from homeserver.storage.database import Args, Sql
from homeserver.storage.events import LIVE, OK, StoredEvent

Statement = tuple[Sql, list[Args]]

NOW = -1
"""As the position of a base: just before the event itself."""


@dataclass(slots=True)
class StateRowPlan:
    """A row of `state` to be. id: 0 until it is stored; of a row that is stored already, its id.

    base: `Base(NOW)` for the room's state just before the event; `Base()` makes a snapshot.
    snapshot: the base, if it is a snapshot that is stored together with the row. by: the event
    that the row is stored with, and again where its write is tried again.
    """

    id: int = 0
    base: Base = field(default_factory=Base)
    snapshot: StateRowPlan | None = None
    held: list[StoredEvent] = field(default_factory=list)
    removed: list[StateKey] = field(default_factory=list)
    by: StoredEvent | None = None

    def insert(self, stored: StoredEvent, before_pos: int) -> list[Statement]:
        """The statement that stores the row, unless it is stored already or with another event."""
        if self.by is not stored and (self.id or self.by is not None):
            return []
        self.by, self.id = stored, stored.nid
        base_pos = before_pos if self.base.pos == NOW else self.base.pos
        base_id = self.base.id if self.snapshot is None else self.snapshot.id
        entries = states.encode(sorted(stored.nid for stored in self.held), self.removed)
        return [(states.INSERT, [(self.id, stored.room, base_pos, base_id, entries)])]


async def plan_row(
    cache: EventCache,
    before: StateMap,
    bases: Sequence[tuple[Base | StateRowPlan, StateMap]],
    *,
    known: Mapping[str, StoredEvent] | None = None,
) -> StateRowPlan:
    """The row of a state: what differs least from one of these bases, or a snapshot.

    bases: a plan among them is a snapshot that is stored together with the row. known: events that
    are.
    """
    best: Base | StateRowPlan = Base()
    least: dict[StateKey, str | None] = dict(before)
    for base, state in bases:
        changes = difference(state, before)
        few = len(changes) <= states.MAX_ENTRIES
        if few and (len(changes) < len(least) or len(least) > states.MAX_ENTRIES):
            best, least = base, changes
    known = known or {}
    ids = [event_id for event_id in least.values() if event_id is not None]
    found = await cache.by_ids(event_id for event_id in ids if event_id not in known)
    return StateRowPlan(
        base=best if isinstance(best, Base) else Base(),
        snapshot=best if isinstance(best, StateRowPlan) else None,
        held=[known.get(event_id) or found[event_id] for event_id in ids],
        removed=[key for key, event_id in least.items() if event_id is None],
    )


@dataclass(slots=True)
class Placing:
    """An event that was judged, and everything that its commit writes.

    stored: with its status; nid 0, or that of the outlier it was. plan: None if the state before it
    is the room's. extremities, changes: the head's after it. missing: parents that nobody gave us.
    target: what it redacts, if it may. early: the redaction that came before it.
    """

    stored: StoredEvent
    plan: StateRowPlan | None
    extremities: list[tuple[str, int]]
    changes: Mapping[StateKey, StoredEvent | None] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    target: StoredEvent | None = None
    early: int | None = None

    @property
    def resolved(self) -> bool:
        """Whether the room's state changes otherwise than by the event itself."""
        event = self.stored.event
        mine = {event.key: self.stored} if event.is_state and self.stored.status == OK else {}
        return dict(self.changes) != mine


def live_write(
    head: RoomHead,
    placing: Placing,
    *,
    also: Mapping[StateKey, StoredEvent | None] | None = None,
    fixed: Sequence[Statement] = (),
) -> Write:
    """The write that commits a live event; the head is then as it will be after it.

    also: what changed just before, and is to be told with it. fixed: further statements.
    """
    stored = placing.stored
    event = stored.event
    current = event.is_state and placing.changes.get(event.key) is stored
    row = LogRow(
        "event" if stored.status == OK else HISTORY,
        head,
        event.state_key if current and event.type == MEMBER else None,
        fact=stored if stored.status == OK else None,
        state={**(also or {}), **placing.changes} if placing.resolved or also else None,
    )
    since = {
        key: known
        for key in placing.changes
        if (known := head.since.get(key) or head.emptied.get(key)) is not None
    }
    expected = head.swap
    was_outlier = stored.nid != 0
    head.advance(row, placing.extremities, placing.changes)
    write = Write(
        log=[row],
        grouped=True,
        swap=Swap(head, expected, head.swap, orjson.dumps(head.extremities)),
    )
    write.bind = lambda: [*_bind_live(head, placing, row, since, was_outlier), *fixed]
    return write


def _bind_live(
    head: RoomHead,
    placing: Placing,
    row: LogRow,
    since: Mapping[StateKey, LogRow],
    was_outlier: bool,
) -> list[Statement]:
    # The committer may try a write again, at another position: nothing here may rest on what an
    # earlier attempt has put down.
    stored, room, pos = placing.stored, head.nid, row.position
    if not was_outlier:
        stored.nid = pos
    stored.room, stored.ord_pos, stored.ord_minor = room, pos, 0
    stored.place_kind = LIVE
    bound = place_statements(placing, before_pos=pos - 1, insert=not was_outlier)
    for key, held in placing.changes.items():
        if key in since:
            bound.append((room_state.CLOSE, [(pos, room, *key, since[key].position)]))
        nid = None if held is None else held.nid
        bound.append((room_state.INSERT, [(room, *key, pos, nid)]))
        if key[0] == MEMBER:
            bound.append(member_statement(room, key[1], held, pos))
    thread = stored.thread or ""
    noticed = [
        (n.user_id, room, thread, pos, stored.nid, int(n.notify), int(n.highlight))
        for n in stored.noticed or ()
    ]
    if noticed:
        bound.append((notifications.INSERT_AT, list(noticed)))
    if placing.missing:
        bound.append((gaps.INSERT, [(room, pos, 0, gaps.encode(placing.missing))]))
    row.data = _data(placing, row, was_outlier)
    return bound


def _data(placing: Placing, row: LogRow, was_outlier: bool) -> bytes | None:
    """What other processes cannot see from the event itself."""
    said: dict[str, object] = {}
    if was_outlier:
        said["nid"] = placing.stored.nid
    if row.state is not None:
        said["state"] = [held.nid for held in row.state.values() if held is not None]
        said["removed"] = [key for key, held in row.state.items() if held is None]
    if placing.missing:
        said["gap"] = True
    return orjson.dumps(said) if said else None


def place_statements(placing: Placing, *, before_pos: int, insert: bool) -> list[Statement]:
    """The event's row, that of the state before it, and redactions either way.

    Its place, and the numbers of all it names, must be known.
    """
    stored = placing.stored
    room, nid = stored.room, stored.nid
    bound: list[Statement] = []
    if placing.plan is not None:
        bound += placing.plan.insert(stored, before_pos)
        stored.state_id = placing.plan.id
    if placing.early is not None and stored.status == OK:
        stored.event = redacted_event(stored.event)
        stored.redacted_by = placing.early
        stored.relates_to = stored.rel_type = None
        stored.notify, stored.noticed = 0, []
        bound.append((received_events.FORGET_EARLY, [(stored.event.event_id,)]))
    if insert:
        bound.append((received_events.INSERT, [received_events.insert_args(stored)]))
    else:
        bound.append((received_events.PLACE, [received_events.place_args(stored)]))
    if placing.early is not None and stored.status == OK and not insert:
        pruned = stored.event
        bound.append((events.REDACT, [(pruned.to_bytes(), placing.early, pruned.event_id)]))
    if placing.target is not None and stored.applies_redaction:
        pruned = redacted_event(placing.target.event)
        bound.append((notifications.DELETE_OF_EVENT, [(pruned.event_id,)]))
        bound.append((events.REDACT, [(pruned.to_bytes(), nid, pruned.event_id)]))
    elif stored.event.redacts is not None and placing.target is None and stored.status == OK:
        early = (stored.event.redacts, room, nid)
        bound.append((received_events.REDACTED_EARLY, [early]))
    return bound


def member_statement(room: int, user_id: str, held: StoredEvent | None, pos: int) -> Statement:
    """The row of ``membership`` after a change of state at a position."""
    if held is None:
        # Nobody's membership is removed: their clients have to hear that they are out.
        return membership.UPSERT_AT, [(room, user_id, "leave", user_id, 0, pos)]
    event = held.event
    kind = event.membership or "leave"
    return membership.UPSERT_AT, [(room, user_id, kind, event.sender, held.nid, pos)]


def copy_to_place(stored: StoredEvent) -> StoredEvent:
    """An outlier, to be given a place; the one in memory stays as it is until that is committed."""
    return replace(stored, rendered={}, noticed=None)


async def relate(cache: EventCache, stored: StoredEvent) -> None:
    """Finds what the event relates to, and its thread."""
    relation = relations.relation_of(stored.event.content)
    if relation is None or relation.event_id is None:
        return
    if relation.rel_type is not None:
        stored.relates_to, stored.rel_type = relation.event_id, relation.rel_type
    if relation.rel_type == relations.THREAD:
        stored.thread = relation.event_id
    else:
        related = await cache.by_id(relation.event_id)
        if related is not None and related.event.room_id == stored.event.room_id:
            stored.thread = related.thread


def history_row(room: RoomRef, count: int, *, data: bytes | None = None) -> LogRow:
    """A row that numbers events of the past."""
    return LogRow(HISTORY, room, data=data, count=count)
