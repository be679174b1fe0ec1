"""What other servers ask of a room's events and state.

A server gets whole only what history visibility lets one of its people see; of the rest it gets
what keeps the graph together, redacted.
Source: server-server-api, "Retrieving event authorization information", "Backfilling and
retrieving missing events", "Retrieving events".
"""

from __future__ import annotations

from collections.abc import Iterable

from homeserver.errors import NotFound
from homeserver.protocol.event import Event
from homeserver.services.events.event_cache import EventCache
from homeserver.services.events.room_heads import RoomHead, RoomHeads
from homeserver.services.events.state_at import StateAt, StateMap
from homeserver.services.receiving.event_source import Pdu, StateEvents, StateIds
from homeserver.services.receiving.server_visibility import ServerVisibility
from homeserver.storage.events import REJECTED, StoredEvent

MAX_EVENTS = 100
"""Events given at once, whatever limit was asked for."""

_NO_EVENT = "There is no such event, or you may not see it"


class ServeEvents:
    """Answers other servers. Raises NotFound (room, event), Forbidden (not in the room)."""

    def __init__(
        self,
        heads: RoomHeads,
        cache: EventCache,
        state_at: StateAt,
        visible: ServerVisibility,
    ) -> None:
        self._heads = heads
        self._cache = cache
        self._state_at = state_at
        self._visible = visible

    async def event(self, server: str, event_id: str) -> Pdu:
        """One event that the server may see."""
        stored = await self._cache.by_id(event_id)
        if stored is None:
            raise NotFound(_NO_EVENT)
        head = await self._heads.get(stored.event.room_id)
        self._visible.check_in_room(head, server)
        shown = await self._visible.allowed(server, [stored], redact=False)
        if not shown and not stored.placed:
            shown = [stored.event]  # auth events and state are given to all who are in the room
        if not shown:
            raise NotFound(_NO_EVENT)
        return shown[0].pdu

    async def state_ids(self, server: str, room_id: str, event_id: str) -> StateIds:
        """The state before an event, and its auth chain, as ids."""
        state = await self._state_before(server, room_id, event_id)
        ids = list(state.values())
        chain = await self.auth_chain(ids)
        return StateIds(ids, sorted(chain.keys() - set(ids)))

    async def state(self, server: str, room_id: str, event_id: str) -> StateEvents:
        """The state before an event, and its auth chain."""
        state = await self._state_before(server, room_id, event_id)
        return await self.state_events(state.values())

    async def state_events(self, event_ids: Iterable[str]) -> StateEvents:
        """These events as a state, and the rest of their auth chains."""
        ids = list(event_ids)
        chain = await self.auth_chain(ids)
        found = [chain.pop(event_id) for event_id in ids if event_id in chain]
        return StateEvents([event.pdu for event in found], [e.pdu for e in chain.values()])

    async def event_auth(self, server: str, room_id: str, event_id: str) -> list[Pdu]:
        """The auth chain of an event."""
        stored = await self._in_room(server, room_id, event_id)
        chain = await self.auth_chain(stored.event.auth_events)
        return [event.pdu for event in chain.values()]

    async def backfill(
        self, server: str, room_id: str, event_ids: list[str], limit: int
    ) -> list[Pdu]:
        """These events and those before them, at most ``limit``, newest first by depth."""
        head = await self._enter(server, room_id)
        limit = min(limit, MAX_EVENTS)
        found: dict[str, StoredEvent] = {}
        near = await self._of_room(head, event_ids)
        while near and len(found) < limit:
            newest = max(near.values(), key=lambda stored: (stored.event.depth, stored.place))
            del near[newest.event.event_id]
            found[newest.event.event_id] = newest
            parents = [i for i in newest.event.prev_events if i not in found and i not in near]
            near.update(await self._of_room(head, parents))
        return await self._given(server, found.values())

    async def missing_events(
        self,
        server: str,
        room_id: str,
        earliest: list[str],
        latest: list[str],
        limit: int,
        min_depth: int,
    ) -> list[Pdu]:
        """Events between ``earliest`` and ``latest``, both excluded, breadth first from the latest;
        given oldest first."""
        head = await self._enter(server, room_id)
        limit = min(limit, MAX_EVENTS)
        found: dict[str, StoredEvent] = {}
        seen = {*earliest, *latest}
        level = [
            i
            for stored in (await self._of_room(head, latest)).values()
            for i in stored.event.prev_events
        ]
        while level and len(found) < limit:
            level = [i for i in dict.fromkeys(level) if i not in seen]
            seen.update(level)
            known = await self._of_room(head, level)
            level = []
            for stored in known.values():
                if stored.event.depth < min_depth or len(found) == limit:
                    continue
                found[stored.event.event_id] = stored
                level += stored.event.prev_events
        return await self._given(server, reversed(found.values()))

    async def auth_chain(self, event_ids: Iterable[str]) -> dict[str, Event]:
        """The events and everything they rest on, by id."""
        chain: dict[str, Event] = {}
        level = list(dict.fromkeys(event_ids))
        while level:
            found = await self._cache.by_ids(level)
            below: dict[str, None] = {}
            for event_id, stored in found.items():
                chain[event_id] = stored.event
                below.update(dict.fromkeys(stored.event.auth_events))
            level = [event_id for event_id in below if event_id not in chain]
        return chain

    async def _given(self, server: str, found: Iterable[StoredEvent]) -> list[Pdu]:
        shown = await self._visible.allowed(server, list(found), redact=True)
        return [event.pdu for event in shown]

    async def _enter(self, server: str, room_id: str) -> RoomHead:
        head = await self._heads.get(room_id)
        self._visible.check_in_room(head, server)
        return head

    async def _in_room(self, server: str, room_id: str, event_id: str) -> StoredEvent:
        await self._enter(server, room_id)
        stored = await self._cache.by_id(event_id)
        if stored is None or stored.event.room_id != room_id:
            raise NotFound(_NO_EVENT)
        return stored

    async def _state_before(self, server: str, room_id: str, event_id: str) -> StateMap:
        stored = await self._in_room(server, room_id, event_id)
        if not stored.placed or stored.status == REJECTED:
            raise NotFound(_NO_EVENT)
        return await self._state_at.before(stored)

    async def _of_room(self, head: RoomHead, event_ids: Iterable[str]) -> dict[str, StoredEvent]:
        """Those of the events that stand in the room and count."""
        found = await self._cache.by_ids(event_ids)
        return {
            event_id: stored
            for event_id, stored in found.items()
            if stored.placed and stored.status != REJECTED and stored.room == head.nid
        }
