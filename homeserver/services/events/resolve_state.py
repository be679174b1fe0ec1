"""State resolution: loads the events that it asks for, and lets others run meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence

from homeserver.observe import metrics
from homeserver.protocol.event import Event
from homeserver.protocol.room_versions import RoomVersion
from homeserver.protocol.state_resolution import Changes, resolution
from homeserver.services.events.event_cache import EventCache
from homeserver.services.events.state_at import StateMap
from homeserver.storage.events import REJECTED, StoredEvent

_SLICE = 0.004
"""Seconds for which a resolution holds the loop; a step of it takes about one millisecond."""

_FEW = 4
"""So many states are compared one with the other."""

_seconds = metrics.histogram(
    "teammessenger_resolution_seconds",
    "Time that state resolutions worked, without what they waited for",
    buckets=(0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2),
)


class ResolveState:
    """Resolves the states of several branches."""

    def __init__(self, cache: EventCache) -> None:
        self._cache = cache

    async def resolve(
        self, version: RoomVersion, states: Sequence[StateMap], *, known: Iterable[StoredEvent] = ()
    ) -> StateMap:
        """The one state of these. known: events among them that are not stored yet."""
        distinct = await _distinct(states)
        if not distinct:
            return {}
        if len(distinct) == 1:
            return distinct[0]
        changes = await self._changes(version, distinct, known)
        if not changes:
            return distinct[0]
        resolved = dict(distinct[0])
        for key, event_id in changes.items():
            if event_id is None:
                resolved.pop(key, None)
            else:
                resolved[key] = event_id
        return resolved

    async def _changes(
        self, version: RoomVersion, states: list[StateMap], known: Iterable[StoredEvent]
    ) -> Changes:
        events: dict[str, Event] = {}
        numbers: dict[str, int] = {}
        rejected: set[str] = set()

        def add(found: Mapping[str, StoredEvent]) -> None:
            for event_id, stored in found.items():
                events[event_id] = stored.event
                # What has no number yet comes after everything that is stored.
                numbers[event_id] = stored.nid or 2**62 + len(numbers)
                if stored.status == REJECTED:
                    rejected.add(event_id)

        add({stored.event.event_id: stored for stored in known})
        loop = asyncio.get_running_loop()
        worked = 0.0
        steps = resolution(version, states, events, rejected, order=numbers.__getitem__)
        begun = loop.time()
        while True:
            try:
                missing = next(steps)
            except StopIteration as done:
                _seconds.observe(worked + loop.time() - begun)
                changes: Changes = done.value
                return changes
            spent = loop.time() - begun
            if missing or spent > _SLICE:
                worked += spent
                if missing:
                    add(await self._cache.by_ids(missing))
                if worked > _SLICE:
                    await asyncio.sleep(0)
                begun = loop.time()


async def _distinct(states: Sequence[StateMap]) -> list[StateMap]:
    """The states without those that equal an earlier one."""
    distinct: list[StateMap] = []
    if len(states) <= _FEW:
        for state in states:
            if not any(state is other or state == other for other in distinct):
                distinct.append(state)
        return distinct
    # Whoever makes many branches makes many states: each is looked at once, not beside each other.
    alike: dict[int, list[StateMap]] = {}
    for state in {id(state): state for state in states}.values():
        others = alike.setdefault(hash(frozenset(state.items())), [])
        if state not in others:
            others.append(state)
            distinct.append(state)
        await asyncio.sleep(0)
    return distinct
