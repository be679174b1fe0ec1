"""Getting from other servers what an event needs before it can be judged: its auth events, its
parents, or the state at parents that nobody gives us.

Source: server-server-api, "Retrieving event authorization information", "Backfilling and
retrieving missing events", "Retrieving events".
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from homeserver.errors import MatrixError
from homeserver.observe import get_logger
from homeserver.protocol.event import Event
from homeserver.protocol.room_versions import RoomVersion
from homeserver.services.events.event_cache import EventCache
from homeserver.services.events.keep_outliers import KeepOutliers
from homeserver.services.events.state_at import StateMap, with_event
from homeserver.services.receiving.check_received import CheckReceived, Dropped
from homeserver.services.receiving.event_source import EventSource, Pdu, SourceFailed
from homeserver.storage.commit import RoomRef
from homeserver.storage.events import REJECTED, StoredEvent

log = get_logger(__name__)

MISSING_LIMIT = 20
"""Events asked for between ours and a new one."""

_VERIFIED = 32
"""Events checked before others may run: some three milliseconds."""
_AT_ONCE = 8
_ONE_BY_ONE = 50
"""So many events of a state are asked for each; if more are missing, the whole state is."""
_AUTH_DEPTH = 16
"""Rounds of auth events of auth events, where no server gives a whole chain."""
_MOST_AUTH = 1_000
"""Events fetched one by one for one: each may cite ten more, and who made them up may go on."""


class Unobtainable(MatrixError):
    """What an event needs cannot be had now; it may be sent again."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, status=503)


class FetchEvents:
    """Fetches events and checks them (steps 1 to 3); keeps auth events and state as outliers."""

    def __init__(
        self, source: EventSource, checks: CheckReceived, outliers: KeepOutliers, cache: EventCache
    ) -> None:
        self._source = source
        self._checks = checks
        self._outliers = outliers
        self._cache = cache

    async def checked(
        self, pdus: Iterable[Pdu], room_id: str, version: RoomVersion
    ) -> dict[str, Event]:
        """Those of the events that pass and are of this room, by id."""
        found: dict[str, Event] = {}
        for number, pdu in enumerate(pdus, 1):
            if number % _VERIFIED == 0:
                await asyncio.sleep(0)
            try:
                event = await self._checks.check(pdu, version)
            except Dropped as dropped:
                log.info("fetched_event_dropped", step=dropped.step, reason=dropped.message)
                continue
            if event.room_id == room_id:
                found[event.event_id] = event
        return found

    async def strays(self, room_id: str, events: Iterable[Event]) -> set[str]:
        """Those of the events that name a parent in another room: with it they would bring along
        that room's state."""
        events = list(events)
        parents = await self._cache.by_ids({i for event in events for i in event.prev_events})
        other = {i for i, stored in parents.items() if stored.event.room_id != room_id}
        return {event.event_id for event in events if not other.isdisjoint(event.prev_events)}

    async def between(
        self, server: str, room_id: str, version: RoomVersion, ours: list[str], event: Event
    ) -> list[Event]:
        """The events between our extremities and this one, parents first; empty if none come."""
        try:
            pdus = await self._source.missing_events(
                server, room_id, ours, [event.event_id], MISSING_LIMIT, 0
            )
        except SourceFailed as failed:
            log.info("missing_events_failed", server=server, reason=str(failed))
            return []
        found = await self.checked(pdus[:MISSING_LIMIT], room_id, version)
        found.pop(event.event_id, None)
        return parents_first(found)

    async def auth_events(
        self, server: str, room: RoomRef, room_id: str, version: RoomVersion, event: Event
    ) -> dict[str, StoredEvent]:
        """All auth events of an event; those that are missing are fetched.

        Raises Unobtainable.
        """
        found = await self._cache.by_ids(event.auth_events)
        if len(found) == len(set(event.auth_events)):
            return found
        try:
            pdus = await self._source.event_auth(server, room_id, event.event_id)
            chain = await self.checked(pdus, room_id, version)
            await self._outliers.keep(room, chain.values())
        except SourceFailed as failed:
            log.info("event_auth_failed", server=server, reason=str(failed))
        found = await self._cache.by_ids(event.auth_events)
        missing = set(event.auth_events) - found.keys()
        if missing:
            await self._keep_with_auth(server, room, room_id, version, missing)
            found = await self._cache.by_ids(event.auth_events)
        if len(found) < len(set(event.auth_events)):
            raise Unobtainable("Auth events of the event are missing")
        return found

    async def state_after(
        self, server: str, room: RoomRef, room_id: str, version: RoomVersion, event_id: str
    ) -> StateMap:
        """The state after an event that we cannot judge ourselves, as a server gives it.

        Raises Unobtainable.
        """
        before = await self.state_before(server, room, room_id, version, event_id)
        await self._keep_with_auth(server, room, room_id, version, {event_id})
        stored = (await self._cache.by_ids([event_id])).get(event_id)
        if stored is None or stored.event.room_id != room_id:
            raise Unobtainable("A parent of the event is missing")
        return with_event(before, stored)

    async def state_before(
        self, server: str, room: RoomRef, room_id: str, version: RoomVersion, event_id: str
    ) -> StateMap:
        """The state before an event, as a server gives it. Raises Unobtainable."""
        try:
            ids = await self._source.state_ids(server, room_id, event_id)
            wanted = {*ids.state, *ids.auth_chain}
            missing = wanted - (await self._cache.by_ids(wanted)).keys()
            if len(missing) > _ONE_BY_ONE:
                whole = await self._source.state(server, room_id, event_id)
                events = await self.checked([*whole.auth_chain, *whole.state], room_id, version)
                await self._outliers.keep(room, events.values())
            elif missing:
                await self._keep_with_auth(server, room, room_id, version, missing)
        except SourceFailed as failed:
            raise Unobtainable("The state before the event is not to be had") from failed
        found = await self._cache.by_ids(ids.state)
        state: StateMap = {}
        for event_id_, stored in found.items():
            event = stored.event
            if event.is_state and event.room_id == room_id and stored.status != REJECTED:
                state[event.key] = event_id_
        if ("m.room.create", "") not in state:
            raise Unobtainable("The state before the event has no create event")
        return state

    async def _keep_with_auth(
        self, server: str, room: RoomRef, room_id: str, version: RoomVersion, event_ids: set[str]
    ) -> None:
        """Fetches events one by one, with what they cite, and keeps them as outliers."""
        missing = event_ids - (await self._cache.by_ids(event_ids)).keys()
        found: dict[str, Event] = {}
        for _ in range(_AUTH_DEPTH):
            if not missing:
                break
            if len(found) + len(missing) > _MOST_AUTH:
                raise Unobtainable("The event rests on too many that nobody gives together")
            fetched = await self._each(server, sorted(missing))
            fresh = await self.checked(fetched, room_id, version)
            found.update(fresh)
            cited = {i for event in fresh.values() for i in event.auth_events} - found.keys()
            missing = cited - (await self._cache.by_ids(cited)).keys()
        await self._outliers.keep(room, found.values())

    async def _each(self, server: str, event_ids: list[str]) -> list[Pdu]:
        gate = asyncio.Semaphore(_AT_ONCE)

        async def one(event_id: str) -> Pdu | None:
            async with gate:
                try:
                    return await self._source.event(server, event_id)
                except SourceFailed:
                    return None

        fetched = await asyncio.gather(*(one(event_id) for event_id in event_ids))
        return [pdu for pdu in fetched if pdu is not None]


def parents_first(events: dict[str, Event]) -> list[Event]:
    """The events so that each comes after those of its parents that are among them.

    Depth decides between others; it is what senders say and may be wrong.
    """
    ordered: list[Event] = []
    done: set[str] = set()
    for start in sorted(events, key=lambda i: (events[i].depth, i)):
        stack = [start]
        while stack:
            event_id = stack[-1]
            if event_id in done:
                stack.pop()
                continue
            waiting = [i for i in events[event_id].prev_events if i in events and i not in done]
            # A circle cannot be made of hashes; version 1 and 2 name events as they like.
            waiting = [i for i in waiting if i not in stack]
            if waiting:
                stack.extend(sorted(waiting, key=lambda i: (events[i].depth, i), reverse=True))
            else:
                stack.pop()
                done.add(event_id)
                ordered.append(events[event_id])
    return ordered
