"""Receiving an event from another server: the checks on receipt, in their order, and its commit.

1. valid format, 2. signatures (else it is dropped), 3. hashes (else it is redacted):
   `check_received`;
4. its auth events permit it, 5. the state before it permits it (else it is rejected);
6. the current state of the room permits it, 7. and so does the room's policy server (else it is
   soft-failed).

Rejected and soft-failed events are stored, and shown to nobody. A rejected one changes nothing; a
soft-failed one counts in the state after it, for those that follow it.
Source: server-server-api, "Checks performed on receipt of a PDU".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from homeserver.errors import MatrixError
from homeserver.observe import get_logger
from homeserver.protocol.event import Event, StateKey
from homeserver.protocol.handle_redaction import is_applied
from homeserver.services.check_received import CheckReceived, Dropped
from homeserver.services.event_cache import EventCache
from homeserver.services.fetch_events import FetchEvents
from homeserver.services.judge_event import JudgeEvent, Parents, auth_state, refused_by
from homeserver.services.keep_outliers import KeepOutliers, Refusal, refused_by_auth_events
from homeserver.services.keyed_locks import KeyedLocks
from homeserver.services.open_gaps import OpenGaps
from homeserver.services.place_event import (
    NOW,
    Placing,
    StateRowPlan,
    copy_to_place,
    live_write,
    plan_row,
    relate,
)
from homeserver.services.room_heads import RoomHead, RoomHeads
from homeserver.services.state_at import Base, StateMap, difference, ids_of
from homeserver.services.write_event import PushEvaluator
from homeserver.storage import received_events
from homeserver.storage.commit import Committer, LostSwap
from homeserver.storage.database import BadValue, Conflict, Database
from homeserver.storage.events import OK, REJECTED, SOFT_FAILED, StoredEvent

log = get_logger(__name__)

_ATTEMPTS = 8
_PATIENCE = 2
"""Attempts against local writers, who need no resolution and are always faster; then they wait."""


class PolicyServer(Protocol):
    """Step 7: the policy server that a room may have."""

    async def allows(self, event: Event, state: Mapping[StateKey, Event]) -> bool:
        """Whether the event carries the policy server's signature, or is given it."""


@dataclass(frozen=True, slots=True)
class Received:
    """What became of an event. status: OK, SOFT_FAILED or REJECTED. reason: why it was refused.

    known: it had been received before.
    """

    event_id: str
    status: int
    reason: str | None = None
    known: bool = False


@dataclass(slots=True)
class _Incoming:
    """An event under way. outlier: what is stored of it already. refused: by its auth events."""

    event: Event
    parents: Parents
    outlier: StoredEvent | None
    refused: Refusal | None
    before: StateMap | None = None


class ReceiveEvent:
    """Takes events of other servers into rooms of which this server has the state."""

    def __init__(
        self,
        database: Database,
        committer: Committer,
        heads: RoomHeads,
        cache: EventCache,
        push: PushEvaluator,
        checks: CheckReceived,
        fetch: FetchEvents,
        outliers: KeepOutliers,
        judge: JudgeEvent,
        gaps: OpenGaps,
        *,
        policy: PolicyServer | None = None,
    ) -> None:
        self._database = database
        self._committer = committer
        self._heads = heads
        self._cache = cache
        self._push = push
        self._checks = checks
        self._fetch = fetch
        self._outliers = outliers
        self._judge = judge
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
        auth = await self._fetch.auth_events(server, head, room_id, version, event)
        create = head.event("m.room.create")
        refused = refused_by_auth_events(event, auth, create)
        if await self._gaps.misses(head.nid, event.event_id):
            # It is the past of something that came before it: the gap is filled with it in time.
            kept = await self._outliers.keep(head, [event])
            return Received(event.event_id, kept[event.event_id].status)
        parents = await self._parents(server, head, event, refused, fetch_missing=fetch_missing)
        if parents is None:
            kept = await self._outliers.keep(head, [event])
            return Received(event.event_id, kept[event.event_id].status, _reason(refused))
        return await self._commit(_Incoming(event, parents, stored, refused))

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
        parents = Parents([stored for stored in found.values() if stored.placed])
        placed = {stored.event.event_id for stored in parents.placed}
        return parents, [i for i in dict.fromkeys(event.prev_events) if i not in placed]

    async def _commit(self, incoming: _Incoming) -> Received:
        room_id = incoming.event.room_id
        for _ in range(_PATIENCE):
            received = await self._attempt(incoming)
            if received is not None:
                return received
        with self._heads.reserving(room_id):
            for _ in range(_ATTEMPTS):
                received = await self._attempt(incoming)
                if received is not None:
                    return received
        raise MatrixError("The room is written to by too many at once", status=503)

    async def _attempt(self, incoming: _Incoming) -> Received | None:
        """One attempt on the head as it is; None: somebody else wrote meanwhile."""
        event = incoming.event
        head = await self._heads.get(event.room_id)
        version = head.swap
        await self._push.prepare(head)
        placing, refusal = await self._judged(head, incoming)
        if head.dropped or head.swap != version:
            return None
        stored = placing.stored
        if stored.status == OK:
            if placing.target is not None:
                stored.applies_redaction = is_applied(event, placing.target.event, head.power)
            stored.notify, stored.noticed = self._push.evaluate(head, event)
        write = live_write(head, placing)
        head.pending += 1
        try:
            await self._committer.commit(write)
        except (LostSwap, Conflict):
            self._heads.drop(head)
            return None
        except BadValue as error:
            self._heads.drop(head)
            raise Dropped(1, "The event cannot be stored") from error
        finally:
            head.pending -= 1
        if stored.status != OK:
            self._cache.placed(stored)
            log.info("event_refused", event_id=event.event_id, rule=_rule(refusal))
        elif placing.target is not None and placing.target.event.is_state:
            self._heads.drop(head)
        return Received(event.event_id, stored.status, _reason(refusal))

    async def _judged(self, head: RoomHead, incoming: _Incoming) -> tuple[Placing, Refusal | None]:
        """Steps 5 to 7, and what the event leads to. Nothing is changed yet."""
        event = incoming.event
        stored = StoredEvent(event) if incoming.outlier is None else copy_to_place(incoming.outlier)
        create = head.event("m.room.create")
        now = auth_state(head, event)
        on_head = self._on_head(head, incoming)
        refusal = incoming.refused
        before: StateMap | None = None
        if not on_head:
            before = incoming.before
            if before is None:
                before = await self._judge.state_before(head.version, incoming.parents)
                incoming.before = before
        if refusal is None:
            if before is None:
                refusal = refused_by(event, now, create)
            else:
                refusal = await self._judge.refusal(event, before, create)
        stored.status = OK if refusal is None else REJECTED
        if refusal is None:
            refusal = await self._soft_failure(event, now, create)
            if refusal is not None:
                stored.status = SOFT_FAILED
        placing = Placing(stored, None, head.extremities, missing=incoming.parents.missing)
        state_now = None if on_head else ids_of(head)
        if before is not None and before != state_now:
            assert state_now is not None
            placing.plan = await self._plan(head, incoming, state_now, before)
        if stored.status == OK:
            await self._advance(head, incoming, placing, before, state_now)
        return placing, refusal

    def _on_head(self, head: RoomHead, incoming: _Incoming) -> bool:
        """Whether its parents are all extremities, so that the state before it is the head's."""
        return not incoming.parents.given and set(incoming.event.prev_events) == {
            event_id for event_id, _ in head.extremities
        }

    async def _soft_failure(
        self, event: Event, now: Mapping[StateKey, Event], create: Event | None
    ) -> Refusal | None:
        refusal = refused_by(event, now, create)
        if refusal is not None or self._policy is None or await self._policy.allows(event, now):
            return refusal
        return Refusal("policy", "the room's policy server does not allow it")

    async def _plan(
        self, head: RoomHead, incoming: _Incoming, state_now: StateMap, before: StateMap
    ) -> StateRowPlan:
        placed = incoming.parents.placed
        if len(placed) == 1 and not incoming.parents.given:
            (parent,) = placed
            unchanged = not parent.event.is_state or parent.status == REJECTED
            if unchanged and parent.state_id is not None:
                return StateRowPlan(id=parent.state_id)
        bases: list[tuple[Base | StateRowPlan, StateMap]] = [(Base(pos=NOW), state_now)]
        bases += await self._judge.bases(head.nid, head.room_id, placed)
        return await plan_row(self._cache, before, bases)

    async def _advance(
        self,
        head: RoomHead,
        incoming: _Incoming,
        placing: Placing,
        before: StateMap | None,
        state_now: StateMap | None,
    ) -> None:
        """The extremities, and the room's state after an event that counts; and what it redacts."""
        event, stored = incoming.event, placing.stored
        parents = {parent.event.event_id: parent for parent in incoming.parents.placed}
        others = await self._judge.extremities(head, event, parents)
        placing.extremities = [*others, (event.event_id, event.depth)]
        if before is None and not others:
            placing.changes = {event.key: stored} if event.is_state else {}
        else:
            state_now = ids_of(head) if state_now is None else state_now
            before = state_now if before is None else before
            ids = [event_id for event_id, _ in others]
            then = await self._judge.state_after_all(head, state_now, ids, stored, before)
            changed = difference(state_now, then)
            found = await self._cache.by_ids(
                i for i in changed.values() if i is not None and i != event.event_id
            )
            found[event.event_id] = stored
            placing.changes = {
                key: None if event_id is None else found[event_id]
                for key, event_id in changed.items()
            }
        await relate(self._cache, stored)
        if event.redacts is not None:
            target = await self._cache.by_id(event.redacts)
            if target is not None and target.event.room_id == event.room_id:
                placing.target = target
        async with self._database.read() as conn:
            early = await received_events.early_redactions(conn, head.nid, [event.event_id])
        if early:
            placing.early = await self._early(head, event, early[event.event_id])

    async def _early(self, head: RoomHead, event: Event, nid: int) -> int | None:
        """The redaction that came before its target, if it may take effect."""
        redaction = (await self._cache.by_nid([nid])).get(nid)
        if redaction is None or not redaction.shown:
            return None
        return nid if is_applied(redaction.event, event, head.power) else None


def _reason(refusal: Refusal | None) -> str | None:
    return None if refusal is None else refusal.reason


def _rule(refusal: Refusal | None) -> str | None:
    return None if refusal is None else refusal.rule
