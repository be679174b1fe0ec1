"""Keeping events outside of their room's order: auth events, and the state of other servers.

They have passed steps 1 to 4 of the checks on receipt. Nobody is shown them, and they may be given
a place later.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from homeserver.protocol.auth_rules import AuthRejected, check_auth, check_auth_events
from homeserver.protocol.event import Event
from homeserver.services.events.event_cache import EventCache
from homeserver.storage import received_events
from homeserver.storage.commit import Committer, LogRow, RoomRef, Write
from homeserver.storage.database import Args, Conflict, Database, Sql, Step, Transaction
from homeserver.storage.events import OK, OUTLIER, REJECTED, StoredEvent

HISTORY = "history"
"""The kind of log rows that number what nobody waits for."""

_FEW = 100
"""So many are stored in one commit. More are numbered by one, then stored outside of the ticket."""
_BATCH = 500
_JUDGED = 64
"""Events judged before others may run."""


@dataclass(slots=True)
class Refusal:
    """Why an event is rejected, and by which rule."""

    rule: str
    reason: str


class KeepOutliers:
    """Stores outliers, parents first."""

    def __init__(self, database: Database, committer: Committer, cache: EventCache) -> None:
        self._database = database
        self._committer = committer
        self._cache = cache

    async def keep(self, room: RoomRef, events: Iterable[Event]) -> dict[str, StoredEvent]:
        """Stores what is not stored yet; all that are stored then, of these.

        events: of checks 1 to 3. Those whose auth events are neither stored nor among them are
        left out.
        """
        given = {event.event_id: event for event in events}
        while True:
            found = await self._cache.by_ids(given)
            fresh = [event for event_id, event in given.items() if event_id not in found]
            if not fresh:
                return found
            needed = {i for event in fresh for i in event.auth_events}
            needed.update(_create_id(event) for event in fresh if _names_create(event))
            known = await self._cache.by_ids(needed - found.keys())
            known.update(found)
            judged = await _judged(fresh, known)
            if not judged:
                return found
            for stored in judged:
                stored.room = room.nid
            try:
                await self._store(room, judged)
            except Conflict:
                continue  # another process was first with some of them
            found.update((stored.event.event_id, stored) for stored in judged)
            return found

    async def _store(self, room: RoomRef, judged: list[StoredEvent]) -> None:
        row = LogRow(HISTORY, room, count=len(judged))

        def number() -> None:
            for nid, stored in enumerate(judged, row.position - len(judged) + 1):
                stored.nid = nid

        if len(judged) <= _FEW:

            def bind() -> list[tuple[Sql, list[Args]]]:
                number()
                return [(received_events.INSERT, [received_events.insert_args(s) for s in judged])]

            await self._committer.commit(Write(log=[row], bind=bind))
            return
        await self._committer.commit(Write(log=[row]))
        number()
        for start in range(0, len(judged), _BATCH):
            part = judged[start : start + _BATCH]

            def insert(part: list[StoredEvent] = part) -> Transaction[None]:
                yield Step(received_events.INSERT, [received_events.insert_args(s) for s in part])

            await self._database.transact(insert)


def refused_by_auth_events(
    event: Event, auth: Mapping[str, StoredEvent], create: Event | None
) -> Refusal | None:
    """Step 4: whether the event's own auth events permit it; None: they do.

    auth: every auth event. create: the room's create event, which some versions do not name.
    """
    named = [auth[event_id] for event_id in event.auth_events]
    rejected = {stored.event.event_id for stored in named if stored.status == REJECTED}
    try:
        check_auth_events(event, [stored.event for stored in named], rejected=rejected)
        state = {stored.event.key: stored.event for stored in named}
        check_auth(event, state, create=create)
    except AuthRejected as refused:
        return Refusal(refused.rule, refused.reason)
    return None


def create_of(event: Event, known: Mapping[str, StoredEvent]) -> Event | None:
    """The create event of an event's room where the room ID names it; else None."""
    stored = known.get(_create_id(event)) if _names_create(event) else None
    return None if stored is None or stored.status != OK else stored.event


def _names_create(event: Event) -> bool:
    """Whether the event names its room's create event by the room ID."""
    return event.version.room_id_is_create_hash and event.type != "m.room.create"


def _create_id(event: Event) -> str:
    return "$" + event.room_id[1:]


async def _judged(fresh: list[Event], known: dict[str, StoredEvent]) -> list[StoredEvent]:
    """Those of the events whose auth events are there, each after its auth events."""
    judged: list[StoredEvent] = []
    known = dict(known)
    lacking: dict[str, int] = {}
    waiting: dict[str, list[Event]] = {}
    ready: deque[Event] = deque()
    for event in fresh:
        missing = {*event.auth_events, *([_create_id(event)] if _names_create(event) else ())}
        missing -= known.keys()
        if not missing:
            ready.append(event)
        lacking[event.event_id] = len(missing)
        for event_id in missing:
            waiting.setdefault(event_id, []).append(event)
    while ready:
        event = ready.popleft()
        create = create_of(event, known)
        if create is None and _names_create(event):
            continue
        refusal = refused_by_auth_events(event, known, create)
        stored = StoredEvent(event, status=OK if refusal is None else REJECTED, place_kind=OUTLIER)
        known[event.event_id] = stored
        judged.append(stored)
        if len(judged) % _JUDGED == 0:
            await asyncio.sleep(0)
        for other in waiting.pop(event.event_id, ()):
            lacking[other.event_id] -= 1
            if not lacking[other.event_id]:
                ready.append(other)
    return judged
