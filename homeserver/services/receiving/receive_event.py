"""Receiving an event from another server: the checks on receipt, in their order, and its commit.

1. valid format, 2. signatures (else it is dropped), 3. hashes (else it is redacted):
   `check_received`;
4. its auth events permit it, 5. the state before it permits it (else it is rejected);
6. the current state of the room permits it, 7. and so does the room's policy server (else it is
   soft-failed): `take_event`.

Rejected and soft-failed events are stored, and shown to nobody. A rejected one changes nothing; a
soft-failed one counts in the state after it, for those that follow it.
Source: server-server-api, "Checks performed on receipt of a PDU".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from homeserver.errors import MatrixError
from homeserver.observe import get_logger
from homeserver.protocol.event import Event
from homeserver.services.events.event_cache import EventCache
from homeserver.services.events.judge_event import Parents
from homeserver.services.events.keep_outliers import KeepOutliers, Refusal, refused_by_auth_events
from homeserver.services.events.open_gaps import OpenGaps
from homeserver.services.events.room_heads import RoomHead, RoomHeads
from homeserver.services.events.take_event import Incoming, PolicyServer, TakeEvent
from homeserver.services.ground.keyed_locks import KeyedLocks
from homeserver.services.receiving.check_received import CheckReceived, Dropped
from homeserver.services.receiving.fetch_events import FetchEvents
from homeserver.storage.database import BadValue

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Received:
    """What became of an event. status: OK, SOFT_FAILED or REJECTED. reason: why it was refused.

    known: it had been received before.
    """

    event_id: str
    status: int
    reason: str | None = None
    known: bool = False


class ReceiveEvent:
    """Takes events of other servers into rooms of which this server has the state."""

    def __init__(
        self,
        heads: RoomHeads,
        cache: EventCache,
        checks: CheckReceived,
        fetch: FetchEvents,
        outliers: KeepOutliers,
        take: TakeEvent,
        gaps: OpenGaps,
        *,
        policy: PolicyServer | None = None,
    ) -> None:
        self._heads = heads
        self._cache = cache
        self._checks = checks
        self._fetch = fetch
        self._outliers = outliers
        self._take_event = take
        self._gaps = gaps
        self._policy = policy
        self.locks = KeyedLocks()

    async def receive(self, server: str, room_id: str, pdu: dict[str, Any]) -> Received:
        """Takes an event of a room, sent by ``server``; committed when this returns.

        Raises NotFound (unknown room), Dropped (steps 1, 2), Unobtainable (auth events or the state
        before it are not to be had now).
        """
        head = await self._heads.get(room_id)
        event = await self._checks.check(pdu, head.version)
        if event.room_id != room_id:
            raise Dropped(1, "The event is of another room")
        return await self.take(server, event)

    async def take(self, server: str, event: Event) -> Received:
        """As `receive`, of an event that has passed steps 1 to 3."""
        async with self.locks.holding(event.room_id):
            return await self._take(server, event, fetch_missing=True)

    async def _take(self, server: str, event: Event, *, fetch_missing: bool) -> Received:
        stored = await self._cache.by_id(event.event_id)
        if stored is not None and stored.placed:
            return Received(event.event_id, stored.status, known=True)
        head = await self._heads.get(event.room_id)
        room_id, version = event.room_id, head.version
        if await self._fetch.strays(room_id, [event]):
            raise Dropped(1, "A parent of the event is in another room")
        auth = await self._fetch.auth_events(server, head, room_id, version, event)
        create = head.event("m.room.create")
        refused = refused_by_auth_events(event, auth, create)
        if not event.prev_events or await self._gaps.misses(head.nid, event.event_id):
            # It is the past of something that came before it: the gap is filled with it in time.
            # So is what has no parents: beside the present, it would say that the room is empty.
            kept = await self._outliers.keep(head, [event])
            return Received(event.event_id, kept[event.event_id].status, _reason(refused))
        parents = await self._parents(server, head, event, refused, fetch_missing=fetch_missing)
        if parents is None:
            kept = await self._outliers.keep(head, [event])
            return Received(event.event_id, kept[event.event_id].status, _reason(refused))
        return await self._commit(Incoming(event, parents, stored, refused, policy=self._policy))

    async def _parents(
        self,
        server: str,
        head: RoomHead,
        event: Event,
        refused: Refusal | None,
        *,
        fetch_missing: bool,
    ) -> Parents | None:
        """The parents, fetched if they are missing; None: it is not worth it."""
        parents, missing = await self._known_parents(event)
        if not missing:
            return parents
        if refused is not None:
            return None
        room_id, version = event.room_id, head.version
        if fetch_missing:
            ours = [event_id for event_id, _ in head.extremities]
            for earlier in await self._fetch.between(server, room_id, version, ours, event):
                try:
                    await self._take(server, earlier, fetch_missing=False)
                except MatrixError as error:
                    log.info("parent_not_taken", event_id=earlier.event_id, reason=str(error))
            parents, missing = await self._known_parents(event)
        for event_id in missing:
            parents.given[event_id] = await self._fetch.state_after(
                server, head, room_id, version, event_id
            )
        return parents

    async def _known_parents(self, event: Event) -> tuple[Parents, list[str]]:
        found = await self._cache.by_ids(event.prev_events)
        room_id = event.room_id
        parents = Parents([s for s in found.values() if s.placed and s.event.room_id == room_id])
        placed = {stored.event.event_id for stored in parents.placed}
        return parents, [i for i in dict.fromkeys(event.prev_events) if i not in placed]

    async def _commit(self, incoming: Incoming) -> Received:
        try:
            taken = await self._take_event.take(incoming)
        except BadValue as error:
            raise Dropped(1, "The event cannot be stored") from error
        stored = taken.stored
        return Received(stored.event.event_id, stored.status, _reason(taken.refusal))


def _reason(refusal: Refusal | None) -> str | None:
    return None if refusal is None else refusal.reason
