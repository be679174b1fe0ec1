"""State resolution of room versions 2 to 11 (algorithm v2) and 12 (v2.1).

v2.1 is v2 that begins with an empty state and replays the conflicted subgraph as well.
Source: rooms/v2, rooms/v12, "State resolution"; README.md beside this file says how they are read.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Generator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush

from homeserver.protocol.auth_events import (
    CREATE_KEY,
    JOIN_RULES_KEY,
    POWER_LEVELS_KEY,
    auth_event_keys,
)
from homeserver.protocol.auth_graph import BREATHE, AuthGraph, Steps
from homeserver.protocol.auth_rejected import AuthRejected
from homeserver.protocol.auth_rules import check_auth
from homeserver.protocol.event import Event, StateKey
from homeserver.protocol.power_levels import PowerLevels
from homeserver.protocol.room_versions import RoomVersion, StateResolution

_CHECKS = 16
"""So many authorisation checks are made between two places to breathe: about half a millisecond."""


@dataclass(slots=True)
class _Resolution:
    """The state as resolved so far, and what it is resolved from."""

    version: RoomVersion
    graph: AuthGraph
    rejected: Container[str]
    base: Mapping[StateKey, str]
    """One of the states: what it holds at keys that are not in conflict all states hold."""
    keys: Container[StateKey]
    """The keys in conflict."""
    conflicted: AbstractSet[str]
    """The full conflicted set."""
    resolved: dict[StateKey, str] = field(default_factory=dict)
    create: Event | None = None
    levels: dict[str | None, PowerLevels] = field(default_factory=dict)

    def unconflicted(self, key: StateKey) -> str | None:
        """The event that all states have at the key."""
        return None if key in self.keys else self.base.get(key)

    def current(self, key: StateKey) -> str | None:
        """The event at the key in the partially resolved state."""
        event_id = self.resolved.get(key)
        if event_id is None and self.version.state_resolution is not StateResolution.V2_1:
            # Step 2: "starting from the unconflicted state map"; in v2.1 from an empty one.
            event_id = self.unconflicted(key)
        return event_id

    def cited(self, event: Event, key: StateKey) -> Event | None:
        """The event at this key among the auth_events of an event."""
        for auth_id in event.auth_events:
            auth_event = self.graph.events.get(auth_id)
            if auth_event is not None and (auth_event.type, auth_event.state_key) == key:
                return auth_event
        return None

    def power(self, levels: Event | None) -> PowerLevels:
        """The power levels that an event sets, parsed once."""
        event_id = None if levels is None else levels.event_id
        parsed = self.levels.get(event_id)
        if parsed is None:
            state = {} if levels is None else {POWER_LEVELS_KEY: levels}
            parsed = self.levels[event_id] = PowerLevels.of(state, create=self.create)
        return parsed

    def sender_power(self, event: Event) -> int:
        """The power of an event's sender, "when looking at their respective `auth_event`s"."""
        return self.power(self.cited(event, POWER_LEVELS_KEY)).user_level(event.sender)


def resolve_v2(
    version: RoomVersion,
    graph: AuthGraph,
    rejected: Container[str],
    base: Mapping[StateKey, str],
    keys: Collection[StateKey],
    conflicted: AbstractSet[str],
) -> Generator[frozenset[str], None, dict[StateKey, str]]:
    """Steps that return the events at the keys on which the states do not agree.

    A key of `keys` that ends empty is left out; keys that no state has may come in.

    base: one of the states. keys: those in conflict. conflicted: the full conflicted set.
    """
    yield from graph.need_with_auth_events(conflicted)
    # A message that somebody cites as an auth event has no place in any state.
    conflicted = {i for i in conflicted if (e := graph.events.get(i)) is not None and e.is_state}
    room = _Resolution(version, graph, rejected, base, keys, conflicted)
    yield from _find_create(room)

    power_events = _power_events(room)  # 1
    ordered = _power_ordering(room, power_events)
    yield BREATHE
    yield from _auth_checks(room, ordered)  # 2
    remaining = conflicted - power_events
    by_mainline: list[str] = []
    yield from _mainline_ordering(room, remaining, by_mainline)  # 3
    yield from _auth_checks(room, by_mainline)  # 4
    # 5: what all states agree on stands. A key that no state has may have been filled by an event
    # of the auth difference, and stays so.
    return {key: found for key, found in room.resolved.items() if room.unconflicted(key) is None}


def _find_create(room: _Resolution) -> Steps:
    """The create event: of the state, else of the room ID, else of what the events cite."""
    event_id = room.base.get(CREATE_KEY)
    if event_id is None and room.version.room_id_is_create_hash:
        for conflicted in room.conflicted:
            event_id = "$" + room.graph.events[conflicted].room_id[1:]
            break
    if event_id is not None:
        yield from room.graph.need([event_id])
        room.create = room.graph.events.get(event_id)
        return
    for conflicted in sorted(room.conflicted):
        room.create = room.cited(room.graph.events[conflicted], CREATE_KEY)
        if room.create is not None:
            return


def is_power_event(event: Event) -> bool:
    """Whether the event may take a power away: levels, join rules, kicks and bans of others."""
    if event.type == "m.room.member":
        return event.membership in ("leave", "ban") and event.sender != event.state_key
    return (event.type, event.state_key) in (POWER_LEVELS_KEY, JOIN_RULES_KEY)


def _power_events(room: _Resolution) -> set[str]:
    """Step 1: the conflicted power events, and their auth chains within the conflicted set."""
    events = room.graph.events
    found = {event_id for event_id in room.conflicted if is_power_event(events[event_id])}
    todo = list(found)
    while todo:
        for auth_id in events[todo.pop()].auth_events:
            if auth_id in room.conflicted and auth_id not in found:
                found.add(auth_id)
                todo.append(auth_id)
    return found


def _power_ordering(room: _Resolution, event_ids: AbstractSet[str]) -> list[str]:
    """The reverse topological power ordering, by Kahn's algorithm."""
    events = room.graph.events
    waits_for: dict[str, int] = {}
    cited_by: dict[str, list[str]] = {}
    for event_id in event_ids:
        cited = {auth_id for auth_id in events[event_id].auth_events if auth_id in event_ids}
        waits_for[event_id] = len(cited)
        for auth_id in cited:
            cited_by.setdefault(auth_id, []).append(event_id)

    def rank(event_id: str) -> tuple[int, int, str]:
        event = events[event_id]
        return -room.sender_power(event), event.origin_server_ts, event_id

    ready = [rank(event_id) for event_id in event_ids if not waits_for[event_id]]
    heapify(ready)
    ordered: list[str] = []
    while ready:
        event_id = heappop(ready)[2]
        ordered.append(event_id)
        for citing in cited_by.get(event_id, ()):
            waits_for[citing] -= 1
            if not waits_for[citing]:
                heappush(ready, rank(citing))
    return ordered


def _mainline_ordering(room: _Resolution, event_ids: AbstractSet[str], ordered: list[str]) -> Steps:
    """Puts the events into `ordered` by the mainline of the power levels resolved so far."""
    events = room.graph.events
    first = {event_id: room.cited(events[event_id], POWER_LEVELS_KEY) for event_id in event_ids}
    positions: dict[str, int] = {}
    level_id = room.current(POWER_LEVELS_KEY)
    if level_id is not None:
        yield from room.graph.need([level_id])
    level = None if level_id is None else events.get(level_id)
    # The mainline is walked only as far down as the events ask for.
    wanted = {cited.event_id for cited in first.values() if cited is not None}
    while level is not None and wanted and level.event_id not in positions:
        positions[level.event_id] = len(positions)
        wanted.discard(level.event_id)
        yield from room.graph.need(level.auth_events)
        level = room.cited(level, POWER_LEVELS_KEY)

    ranks: list[tuple[float, int, str]] = []
    for event_id, cited in first.items():
        off_mainline: list[str] = []
        while (
            cited is not None
            and cited.event_id not in positions
            and cited.event_id not in off_mainline
        ):
            off_mainline.append(cited.event_id)
            yield from room.graph.need(cited.auth_events)
            cited = room.cited(cited, POWER_LEVELS_KEY)
        position = float("inf") if cited is None else positions.get(cited.event_id, float("inf"))
        ranks.append((-position, events[event_id].origin_server_ts, event_id))
    ordered.extend(event_id for _, _, event_id in sorted(ranks))


def _auth_checks(room: _Resolution, event_ids: list[str]) -> Steps:
    """The iterative auth checks: what the rules allow enters the resolved state."""
    events = room.graph.events
    for number, event_id in enumerate(event_ids, start=1):
        event = events[event_id]
        state: dict[StateKey, Event] = {}
        keys = auth_event_keys(
            event.type, event.state_key, event.sender, event.content, room.version
        )
        current = {key: room.current(key) for key in keys}
        yield from room.graph.need(i for i in current.values() if i is not None)
        for key, current_id in current.items():
            found = None if current_id is None else events.get(current_id)
            if found is None:
                # "... the appropriate state event from the event's auth_events is used if the
                # auth event is not rejected."
                found = room.cited(event, key)
                if found is not None and found.event_id in room.rejected:
                    found = None
            if found is not None:
                state[key] = found
        try:
            check_auth(
                event,
                state,
                create=room.create,
                levels=room.power(state.get(POWER_LEVELS_KEY)),
            )
        except AuthRejected:
            pass
        else:
            room.resolved[event.key] = event_id
        if number % _CHECKS == 0:
            yield BREATHE
