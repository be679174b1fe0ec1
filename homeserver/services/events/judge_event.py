"""Judging an event of another server by the room: steps 4 to 6 of the checks on receipt.

Source: server-server-api, "Checks performed on receipt of a PDU", "Rejection", "Soft failure".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from homeserver.protocol.auth_events import CREATE_KEY, auth_event_keys
from homeserver.protocol.auth_rules import AuthRejected, check_auth
from homeserver.protocol.event import Event, StateKey
from homeserver.protocol.power_levels import PowerLevels
from homeserver.protocol.room_versions import RoomVersion
from homeserver.services.events.event_cache import EventCache
from homeserver.services.events.keep_outliers import Refusal
from homeserver.services.events.resolve_state import ResolveState
from homeserver.services.events.room_heads import RoomHead
from homeserver.services.events.state_at import Base, StateAt, StateMap, with_event
from homeserver.storage.events import OK, StoredEvent


@dataclass(slots=True)
class Parents:
    """The parents of an event. placed: those whose state is known. given: for each other parent,
    the state after it as another server says."""

    placed: list[StoredEvent] = field(default_factory=list)
    given: dict[str, StateMap] = field(default_factory=dict)

    @property
    def missing(self) -> list[str]:
        """The parents that have no place here."""
        return list(self.given)


class JudgeEvent:
    """Finds the state before an event and asks the authorisation rules."""

    def __init__(self, cache: EventCache, state_at: StateAt, resolve: ResolveState) -> None:
        self._cache = cache
        self._state_at = state_at
        self._resolve = resolve

    async def state_before(self, version: RoomVersion, parents: Parents) -> StateMap:
        """The resolution over the states after all parents."""
        states = [await self._state_at.after(stored) for stored in parents.placed]
        states += parents.given.values()
        return await self._resolve.resolve(version, states)

    async def refusal(
        self,
        event: Event,
        state: StateMap,
        create: Event | None,
        *,
        known: Mapping[str, StoredEvent] | None = None,
    ) -> Refusal | None:
        """Step 5 or 6: why a state does not permit the event; None: it does.

        known: events that are not stored yet.
        """
        ids = {key: state[key] for key in _keys(event) if key in state}
        found = await self._cache.by_ids(i for i in ids.values() if not known or i not in known)
        if known:
            found.update((i, known[i]) for i in ids.values() if i in known)
        auth = {key: found[event_id].event for key, event_id in ids.items() if event_id in found}
        return refused_by(event, auth, create)

    async def bases(
        self, room: int, room_id: str, parents: Sequence[StoredEvent]
    ) -> list[tuple[Base, StateMap]]:
        """What the states before these events are written down against."""
        found: dict[Base, StateMap] = {}
        for stored in parents:
            base = await self._state_at.base_before(stored)
            if base not in found:
                found[base] = await self._state_at.base(room, room_id, base)
        return list(found.items())

    async def extremities(
        self, head: RoomHead, event: Event, parents: Mapping[str, StoredEvent]
    ) -> list[tuple[str, int]]:
        """The head's extremities that stay so: those that are no parents, nor reached from parents
        through events that are soft-failed or rejected, which are no extremities themselves."""
        left = dict(head.extremities)
        seen: set[str] = set()
        level = list(event.prev_events)
        known = dict(parents)
        while level and left:
            for event_id in level:
                left.pop(event_id, None)
            seen.update(level)
            missing = [event_id for event_id in level if event_id not in known]
            known.update(await self._cache.by_ids(missing))
            level = [
                parent
                for event_id in level
                if (stored := known.get(event_id)) is not None
                and stored.placed
                and stored.status != OK
                for parent in stored.event.prev_events
                if parent not in seen
            ]
        return list(left.items())

    async def state_after_all(
        self,
        head: RoomHead,
        now: StateMap,
        others: Sequence[str],
        stored: StoredEvent,
        before: StateMap,
    ) -> StateMap:
        """The resolution over all extremities: ``others``, and an event with the state before it.

        now: the head's state, which is that after its extremity if there is only one.
        """
        states: list[StateMap] = []
        if len(head.extremities) == 1 and others == [head.extremities[0][0]]:
            states.append(now)
        else:
            found = await self._cache.by_ids(others)
            states += [await self._state_at.after(found[event_id]) for event_id in others]
        states.append(with_event(before, stored))
        unsaved = [held for held in head.state.values() if not held.nid]
        unsaved.sort(key=lambda held: held.event.depth)
        unsaved.append(stored)
        return await self._resolve.resolve(head.version, states, known=unsaved)


def refused_by(
    event: Event,
    state: Mapping[StateKey, Event],
    create: Event | None,
    *,
    levels: PowerLevels | None = None,
) -> Refusal | None:
    """Why a state does not permit the event; None: it does. levels: those of the state, parsed."""
    try:
        check_auth(event, state, create=create, levels=levels)
    except AuthRejected as refused:
        return Refusal(refused.rule, refused.reason)
    return None


def auth_state(head: RoomHead, event: Event) -> dict[StateKey, Event]:
    """What the authorisation rules read of the head's state."""
    return {key: head.state[key].event for key in _keys(event) if key in head.state}


def _keys(event: Event) -> list[StateKey]:
    keys = auth_event_keys(event.type, event.state_key, event.sender, event.content, event.version)
    return [*keys, CREATE_KEY]
