"""Taking an event into its room, live: steps 5 to 7 of the checks on receipt, and the commit.

What takes long is worked out on the head as it is; if somebody writes meanwhile it is worked out
again. Used for events of other servers, and for our own where a room has more extremities than an
event can name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from homeserver.errors import MatrixError
from homeserver.observe import get_logger, metrics
from homeserver.protocol.event import Event, StateKey
from homeserver.protocol.handle_redaction import is_applied
from homeserver.services.events.event_cache import EventCache
from homeserver.services.events.judge_event import JudgeEvent, Parents, auth_state, refused_by
from homeserver.services.events.keep_outliers import Refusal
from homeserver.services.events.place_event import (
    NOW,
    Placing,
    Statement,
    StateRowPlan,
    copy_to_place,
    live_write,
    plan_row,
    relate,
)
from homeserver.services.events.room_heads import RoomHead, RoomHeads
from homeserver.services.events.state_at import Base, StateMap, difference, ids_of
from homeserver.services.ground.keyed_locks import KeyedLocks
from homeserver.storage import received_events
from homeserver.storage.commit import Committer, LostSwap
from homeserver.storage.database import Conflict, Database
from homeserver.storage.events import OK, REJECTED, SOFT_FAILED, StoredEvent
from homeserver.storage.notifications import Notice

log = get_logger(__name__)

_ATTEMPTS = 8
_PATIENCE = 2
"""Attempts against local writers, who need no resolution and are always faster; then they wait."""

_taken = metrics.counter(
    "teammessenger_events_taken", "Events judged by the state before them", ["status"]
)
_STATUS = {OK: "ok", SOFT_FAILED: "soft_failed", REJECTED: "rejected"}


class PolicyServer(Protocol):
    """Step 7: the policy server that a room may have."""

    async def allows(self, event: Event, state: Mapping[StateKey, Event]) -> bool:
        """Whether the event carries the policy server's signature, or is given it."""


class PushEvaluator(Protocol):
    """Says whom an event notifies."""

    async def prepare(self, head: RoomHead) -> Sequence[object]:
        """Loads the rules of the members whose rules differ, so that ``evaluate`` need not wait.
        Who calls it keeps what it returns until then, and with it the rules in memory."""

    def evaluate(self, head: RoomHead, event: Event) -> tuple[int, list[Notice]]:
        """(bits for everyone: NOTIFY, HIGHLIGHT_ALL; notices of single members)."""


@dataclass(slots=True)
class Incoming:
    """An event under way. outlier: what is stored of it already. refused: by its auth events.

    policy: of the room. also: statements of the same commit. txn_device, txn_id: of the client that
    sent it to us.
    """

    event: Event
    parents: Parents
    outlier: StoredEvent | None = None
    refused: Refusal | None = None
    before: StateMap | None = None
    policy: PolicyServer | None = None
    also: Sequence[Statement] = ()
    txn_device: str | None = None
    txn_id: str | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """An event that was committed. refusal: why it was rejected or soft-failed."""

    stored: StoredEvent
    refusal: Refusal | None


class TakeEvent:
    """Takes events. One at a time in a room, as far as this process is concerned."""

    def __init__(
        self,
        database: Database,
        committer: Committer,
        heads: RoomHeads,
        cache: EventCache,
        push: PushEvaluator,
        judge: JudgeEvent,
    ) -> None:
        self._database = database
        self._committer = committer
        self._heads = heads
        self._cache = cache
        self._push = push
        self._judge = judge
        self._locks = KeyedLocks()

    async def take(self, incoming: Incoming) -> Taken:
        """Judges and commits an event. Raises BadValue (it cannot be stored), Conflict (of a
        statement of ``also``), MatrixError 503 (others write all the time)."""
        async with self._locks.holding(incoming.event.room_id):
            return await self._take(incoming)

    async def _take(self, incoming: Incoming) -> Taken:
        room_id = incoming.event.room_id
        for _ in range(_PATIENCE):
            taken = await self._attempt(incoming)
            if taken is not None:
                return taken
        with self._heads.reserving(room_id):
            for _ in range(_ATTEMPTS):
                taken = await self._attempt(incoming)
                if taken is not None:
                    return taken
        raise MatrixError("The room is written to by too many at once", status=503)

    async def _attempt(self, incoming: Incoming) -> Taken | None:
        """One attempt on the head as it is; None: somebody else wrote meanwhile."""
        event = incoming.event
        head = await self._heads.get(event.room_id)
        version = head.swap
        _rules = await self._push.prepare(head)
        placing, refusal = await self._judged(head, incoming)
        if head.dropped or head.swap != version:
            return None
        stored = placing.stored
        if stored.status == OK:
            if placing.target is not None:
                stored.applies_redaction = is_applied(event, placing.target.event, head.power)
            stored.notify, stored.noticed = self._push.evaluate(head, event)
        write = live_write(head, placing, fixed=incoming.also)
        head.pending += 1
        try:
            await self._committer.commit(write)
        except BaseException as error:
            self._heads.drop(head)
            if isinstance(error, LostSwap) or (isinstance(error, Conflict) and not incoming.also):
                return None
            raise
        finally:
            head.pending -= 1
        _taken.labels(_STATUS[stored.status]).inc()
        if refusal is not None:
            self._cache.placed(stored)
            log.info("event_refused", event_id=event.event_id, rule=refusal.rule)
        elif placing.target is not None and placing.target.event.is_state:
            self._heads.drop(head)
        return Taken(stored, refusal)

    async def _judged(self, head: RoomHead, incoming: Incoming) -> tuple[Placing, Refusal | None]:
        """Steps 5 to 7, and what the event leads to. Nothing is changed yet."""
        event = incoming.event
        stored = StoredEvent(event) if incoming.outlier is None else copy_to_place(incoming.outlier)
        stored.txn_device, stored.txn_id = incoming.txn_device, incoming.txn_id
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
                refusal = refused_by(event, now, create, levels=head.power)
            else:
                refusal = await self._judge.refusal(event, before, create)
        stored.status = OK if refusal is None else REJECTED
        if refusal is None:
            # The state before it may be the current one, which was just asked.
            current = None if before is None else refused_by(event, now, create, levels=head.power)
            refusal = current or await self._policy_refusal(incoming, now)
            if refusal is not None:
                stored.status = SOFT_FAILED
        placing = Placing(stored, None, head.extremities)
        state_now = None if on_head else ids_of(head)
        if before is not None and before != state_now:
            assert state_now is not None
            placing.plan = await self._plan(head, incoming, state_now, before)
        if stored.status == OK:
            await self._advance(head, incoming, placing, before, state_now)
        return placing, refusal

    def _on_head(self, head: RoomHead, incoming: Incoming) -> bool:
        """Whether its parents are all extremities, so that the state before it is the head's."""
        return not incoming.parents.given and set(incoming.event.prev_events) == {
            event_id for event_id, _ in head.extremities
        }

    async def _policy_refusal(
        self, incoming: Incoming, now: Mapping[StateKey, Event]
    ) -> Refusal | None:
        policy = incoming.policy
        if policy is None or await policy.allows(incoming.event, now):
            return None
        return Refusal("policy", "the room's policy server does not allow it")

    async def _plan(
        self, head: RoomHead, incoming: Incoming, state_now: StateMap, before: StateMap
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
        incoming: Incoming,
        placing: Placing,
        before: StateMap | None,
        state_now: StateMap | None,
    ) -> None:
        """The extremities, and the room's state after an event that counts; and what it redacts."""
        event, stored = incoming.event, placing.stored
        parents = {parent.event.event_id: parent for parent in incoming.parents.placed}
        others = await self._judge.extremities(head, event, parents)
        placing.extremities = [*others, (event.event_id, event.depth)]
        placing.missing = incoming.parents.missing
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
