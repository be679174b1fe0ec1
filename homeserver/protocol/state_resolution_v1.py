"""State resolution of room version 1.

Source: rooms/v1, "State resolution".
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from hashlib import sha1

from homeserver.protocol.auth_events import (
    CREATE_KEY,
    JOIN_RULES_KEY,
    POWER_LEVELS_KEY,
    auth_event_keys,
)
from homeserver.protocol.auth_graph import BREATHE, AuthGraph
from homeserver.protocol.auth_rejected import AuthRejected
from homeserver.protocol.auth_rules import check_auth
from homeserver.protocol.event import Event, StateKey
from homeserver.protocol.room_versions import RoomVersion

_PASSES = (POWER_LEVELS_KEY[0], JOIN_RULES_KEY[0], "m.room.member")
_CHECKS = 16


def resolve_v1(
    version: RoomVersion,
    graph: AuthGraph,
    unconflicted: Mapping[StateKey, str],
    candidates: Mapping[StateKey, frozenset[str]],
) -> Generator[frozenset[str], None, dict[StateKey, str]]:
    """Steps that return the events at the keys in conflict.

    unconflicted: what the states do not contradict each other in. candidates: for each other key
    the events that they have there.
    """
    yield from graph.need(event_id for found in candidates.values() for event_id in found)
    resolved: dict[StateKey, str] = {}
    lists = {
        key: sorted(
            (graph.events[event_id] for event_id in found if event_id in graph.events),
            # "... by ascending `depth` then descending `sha1(event_id)`."
            key=lambda event: (event.depth, -int(sha1(event.event_id.encode()).hexdigest(), 16)),
        )
        for key, found in candidates.items()
    }
    lists = {key: events for key, events in lists.items() if events}
    for type_ in _PASSES:
        # All keys of one type are resolved in the state that the earlier passes left.
        before = _Before(version, graph, unconflicted, dict(resolved))
        for key, events in lists.items():
            if key[0] == type_:
                resolved[key] = yield from before.last_of_chain(key, events)
    before = _Before(version, graph, unconflicted, dict(resolved))
    for key, events in lists.items():
        if key[0] not in _PASSES:
            resolved[key] = yield from before.newest_allowed(events)
    return resolved


class _Before:
    """The state R that one pass starts from."""

    def __init__(
        self,
        version: RoomVersion,
        graph: AuthGraph,
        unconflicted: Mapping[StateKey, str],
        resolved: Mapping[StateKey, str],
    ) -> None:
        self._version = version
        self._graph = graph
        self._unconflicted = unconflicted
        self._resolved = resolved

    def last_of_chain(
        self, key: StateKey, events: list[Event]
    ) -> Generator[frozenset[str], None, str]:
        """The last event up to which each is allowed by the one before."""
        latest = events[0]
        for event in events[1:]:
            if not (yield from self._allows(event, key, latest)):
                break
            latest = event
        return latest.event_id

    def newest_allowed(self, events: list[Event]) -> Generator[frozenset[str], None, str]:
        """The deepest event that is allowed; if none is, the least deep."""
        for event in reversed(events):
            if (yield from self._allows(event)):
                return event.event_id
        return events[0].event_id

    def _allows(
        self, event: Event, changed: StateKey | None = None, to: Event | None = None
    ) -> Generator[frozenset[str], None, bool]:
        keys = auth_event_keys(
            event.type, event.state_key, event.sender, event.content, self._version
        )
        ids = {key: self._resolved.get(key) or self._unconflicted.get(key) for key in keys}
        ids[CREATE_KEY] = self._unconflicted.get(CREATE_KEY)
        yield from self._graph.need(event_id for event_id in ids.values() if event_id is not None)
        state = {
            key: self._graph.events[event_id]
            for key, event_id in ids.items()
            if event_id is not None and event_id in self._graph.events
        }
        if changed is not None and to is not None and changed in ids:
            state[changed] = to
        yield BREATHE
        try:
            check_auth(event, state)
        except AuthRejected:
            return False
        return True
