"""State resolution: the one state that several branches of a room's history agree on.

`resolve` does it at once, from events at hand. `resolution` does it in short steps, between which
others may run, and asks for events as it needs them.
Source: rooms/v1, rooms/v2, rooms/v12, "State resolution".
"""

from __future__ import annotations

from collections.abc import Callable, Container, Generator, Iterable, Iterator, Mapping, Sequence
from itertools import islice

from homeserver.protocol.auth_graph import BREATHE, AuthGraph
from homeserver.protocol.event import Event, StateKey
from homeserver.protocol.room_versions import RoomVersion, StateResolution
from homeserver.protocol.state_resolution_v1 import resolve_v1
from homeserver.protocol.state_resolution_v2 import resolve_v2

__all__ = ["Changes", "State", "conflicting_keys", "resolution", "resolve"]

State = Mapping[StateKey, str]
"""The ID of the event at each key."""

Changes = dict[StateKey, str | None]
"""What turns the first of the states into the resolved one: an event, or None where it has none."""

_KEYS = 4096
"""So many keys of a state are compared between two places to breathe: about half a millisecond."""


def resolve(
    version: RoomVersion,
    states: Sequence[State],
    events: Mapping[str, Event],
    rejected: Container[str] = frozenset(),
    *,
    order: Callable[[str], int] | None = None,
) -> dict[StateKey, str]:
    """The resolved state.

    events: those of the states and of their auth chains. rejected: IDs of those that were rejected
    because of the state before them. order: see `resolution`. Raises KeyError when an event is
    missing, ValueError without states.
    """
    steps = resolution(version, states, events, rejected, order=order)
    while True:
        try:
            missing = next(steps)
        except StopIteration as done:
            changes: Changes = done.value
            break
        if missing:
            raise KeyError(f"events are missing: {sorted(missing)}")
    resolved = dict(states[0])
    for key, event_id in changes.items():
        if event_id is None:
            resolved.pop(key, None)
        else:
            resolved[key] = event_id
    return resolved


def resolution(
    version: RoomVersion,
    states: Sequence[State],
    events: Mapping[str, Event],
    rejected: Container[str] = frozenset(),
    *,
    keys: Iterable[StateKey] | None = None,
    order: Callable[[str], int] | None = None,
) -> Generator[frozenset[str], None, Changes]:
    """Steps of under a millisecond or so that return what to change in the first state.

    Each step yields IDs of events to add to `events` before the next one (more may be added, such
    as their auth chains: it saves steps), or an empty set. What is then still missing counts as
    not existing. The states must not change meanwhile.

    keys: where the states may differ, if the caller knows; at all others only the first is read.
    order: for an event at hand a number above those of all its auth events, such as the order in
    which they were stored. It makes long auth chains cheap and changes no result; never `depth`,
    which senders choose.
    """
    if not states:
        raise ValueError("there is no state to resolve")
    first = states[0]
    if keys is None:
        found: dict[StateKey, None] = {}
        for state in states[1:]:
            yield from _differing_keys(first, state, found)
    else:
        found = {key: None for key in keys if len({state.get(key) for state in states}) > 1}
    if not found:
        return {}
    graph = AuthGraph(events, order=order)
    if version.state_resolution is StateResolution.V1:
        resolved = yield from _resolve_v1(version, graph, states, found)
    else:
        resolved = yield from _resolve_v2(version, graph, states, found, rejected)
    changes: Changes = {}
    for key in {**found, **dict.fromkeys(resolved)}:
        event_id = resolved.get(key)
        if event_id != first.get(key):
            changes[key] = event_id
    return changes


def conflicting_keys(states: Sequence[State]) -> list[StateKey]:
    """The keys at which not all states have the same event."""
    found: dict[StateKey, None] = {}
    for state in states[1:]:
        for _ in _differing_keys(states[0], state, found):
            pass
    return list(found)


def _differing_keys(
    first: State, other: State, found: dict[StateKey, None]
) -> Generator[frozenset[str], None, None]:
    if first is other:
        return
    missing = 0
    items = iter(first.items())
    while part := list(islice(items, _KEYS)):
        for key, event_id in part:
            there = other.get(key)
            if there != event_id:
                found[key] = None
                missing += there is None
        if len(part) == _KEYS:
            yield BREATHE
    if len(other) == len(first) - missing:
        return
    names = iter(other)
    while rest := list(islice(names, _KEYS)):
        for key in rest:
            if key not in first:
                found[key] = None
        yield BREATHE


def _resolve_v1(
    version: RoomVersion,
    graph: AuthGraph,
    states: Sequence[State],
    keys: Iterable[StateKey],
) -> Generator[frozenset[str], None, dict[StateKey, str]]:
    # Here a key that some states do not have is not in conflict: R begins with "the union of the
    # states to be resolved, excluding any conflicting events".
    agreed: dict[StateKey, str] = {}
    candidates: dict[StateKey, frozenset[str]] = {}
    for key in keys:
        found = frozenset(state[key] for state in states if key in state)
        if len(found) == 1:
            agreed[key] = next(iter(found))
        else:
            candidates[key] = found
    union = _Union(states[0], agreed, candidates)
    resolved = yield from resolve_v1(version, graph, union, candidates)
    return {**agreed, **resolved}


class _Union(Mapping[StateKey, str]):
    """The first state with what only others have, without the keys in conflict."""

    def __init__(
        self, first: State, agreed: Mapping[StateKey, str], conflicts: Container[StateKey]
    ) -> None:
        self._first = first
        self._agreed = agreed
        self._conflicts = conflicts

    def __getitem__(self, key: StateKey) -> str:
        if key in self._conflicts:
            raise KeyError(key)
        return self._agreed[key] if key in self._agreed else self._first[key]

    def __iter__(self) -> Iterator[StateKey]:
        yield from (key for key in self._first if key not in self._conflicts)
        yield from (key for key in self._agreed if key not in self._first)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _resolve_v2(
    version: RoomVersion,
    graph: AuthGraph,
    states: Sequence[State],
    keys: dict[StateKey, None],
    rejected: Container[str],
) -> Generator[frozenset[str], None, dict[StateKey, str]]:
    first = states[0]
    branches = [
        {event_id for key in keys if (event_id := state.get(key)) is not None} for state in states
    ]

    def is_unconflicted(event: Event) -> bool:
        key = (event.type, event.state_key or "")
        return key not in keys and first.get(key) == event.event_id

    def all_unconflicted() -> Iterable[str]:
        return (event_id for key, event_id in first.items() if key not in keys)

    conflicted = set().union(*branches)
    full = set(conflicted)
    yield from graph.auth_difference(branches, is_unconflicted, all_unconflicted, full)
    if version.state_resolution is StateResolution.V2_1:
        yield from graph.conflicted_subgraph(conflicted, full)
    return (yield from resolve_v2(version, graph, rejected, first, keys, full))
