"""State resolution of rooms/v1, rooms/v2 and rooms/v12, by their text.

Where the text leaves something open it reads it as the product's README says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from hashlib import sha1

from tests.oracle.authorisation import allowed, selected_keys, user_level
from tests.oracle.plain import Key, Plain, State

Ids = Mapping[Key, str]
LEVELS = ("m.room.power_levels", "")
RULES = ("m.room.join_rules", "")
CREATE = ("m.room.create", "")


def resolve(
    version: int, states: Sequence[Ids], events: Mapping[str, Plain], rejected: set[str]
) -> dict[Key, str]:
    if version == 1:
        return _resolve_v1(states, events)
    return _Resolution(version, states, events, rejected).resolve()


def _resolve_v1(states: Sequence[Ids], events: Mapping[str, Plain]) -> dict[Key, str]:
    values: dict[Key, set[str]] = {}
    for state in states:
        for key, event_id in state.items():
            values.setdefault(key, set()).add(event_id)
    # "Start by setting R to the union of the states ..., excluding any conflicting events."
    result = {key: next(iter(found)) for key, found in values.items() if len(found) == 1}
    conflicts = {key: found for key, found in values.items() if len(found) > 1}

    def passes(event: Plain, r: dict[Key, str]) -> bool:
        return allowed(event, {key: events[i] for key, i in r.items()}, 1, None)

    def ordered(found: set[str]) -> list[Plain]:
        return sorted(
            (events[event_id] for event_id in found),
            key=lambda e: (e.depth, -int(sha1(e.event_id.encode()).hexdigest(), 16)),
        )

    for type_ in ("m.room.power_levels", "m.room.join_rules", "m.room.member"):
        before = dict(result)
        for key, found in conflicts.items():
            if key[0] != type_:
                continue
            first, *others = ordered(found)
            r = {**before, key: first.event_id}
            for event in others:
                if not passes(event, r):
                    break
                r[key] = event.event_id
            result[key] = r[key]
    before = dict(result)
    for key, found in conflicts.items():
        if key in result:
            continue
        candidates = ordered(found)
        permitted = [event for event in candidates if passes(event, before)]
        result[key] = permitted[-1].event_id if permitted else candidates[0].event_id
    return result


class _Resolution:
    """v2 and v2.1."""

    def __init__(
        self,
        version: int,
        states: Sequence[Ids],
        events: Mapping[str, Plain],
        rejected: set[str],
    ) -> None:
        self.version = version
        self.states = states
        self.events = events
        self.rejected = rejected

    def resolve(self) -> dict[Key, str]:
        unconflicted, conflicted = self.separate()
        if not conflicted:
            return unconflicted
        full = conflicted | self.auth_difference()
        if self.version >= 12:
            full |= self.conflicted_subgraph(conflicted)
        power_events = {i for i in full if self.is_power_event(self.events[i])}
        x = set(power_events)
        for event_id in power_events:
            x |= self.auth_chain_within(event_id, full)
        state = {} if self.version >= 12 else dict(unconflicted)
        state = self.iterative_auth_checks(state, self.power_ordering(x))
        rest = self.mainline_ordering(full - x, state.get(LEVELS))
        state = self.iterative_auth_checks(state, rest)
        return {**state, **unconflicted}

    def separate(self) -> tuple[dict[Key, str], set[str]]:
        unconflicted: dict[Key, str] = {}
        conflicted: set[str] = set()
        for key in {key for state in self.states for key in state}:
            found = {state.get(key) for state in self.states}
            if len(found) == 1:
                unconflicted[key] = self.states[0][key]
            else:
                conflicted |= {event_id for event_id in found if event_id is not None}
        return unconflicted, conflicted

    def auth_chain(self, event_id: str) -> set[str]:
        chain: set[str] = set()
        todo = list(self.events[event_id].auth_events)
        while todo:
            found = todo.pop()
            if found not in chain:
                chain.add(found)
                todo += self.events[found].auth_events
        return chain

    def auth_chain_within(self, event_id: str, full: set[str]) -> set[str]:
        chain: set[str] = set()
        todo = [event_id]
        while todo:
            for found in self.events[todo.pop()].auth_events:
                if found in full and found not in chain:
                    chain.add(found)
                    todo.append(found)
        return chain

    def auth_difference(self) -> set[str]:
        chains: list[set[str]] = []
        for state in self.states:
            chain = set(state.values())
            for event_id in state.values():
                chain |= self.auth_chain(event_id)
            chains.append(chain)
        everything: set[str] = set().union(*chains)
        return {i for i in everything if any(i not in chain for chain in chains)}

    def conflicted_subgraph(self, conflicted: set[str]) -> set[str]:
        below = {event_id: self.auth_chain(event_id) for event_id in self.events}
        reachable = set().union(*(below[event_id] for event_id in conflicted))
        return {
            event_id
            for event_id in reachable | conflicted
            if event_id in conflicted or below[event_id] & conflicted
        }

    def is_power_event(self, event: Plain) -> bool:
        if event.key in (LEVELS, RULES):
            return True
        if event.type == "m.room.member":
            removal = event.content.get("membership") in ("leave", "ban")
            return removal and event.sender != event.state_key
        return False

    def cited(self, event: Plain, key: Key) -> Plain | None:
        for event_id in event.auth_events:
            if self.events[event_id].key == key:
                return self.events[event_id]
        return None

    def create_of(self, event: Plain) -> Plain | None:
        if self.version >= 12:
            return self.events["$" + event.room_id[1:]]
        return self.cited(event, CREATE)

    def sender_power(self, event: Plain) -> float:
        levels = self.cited(event, LEVELS)
        state: State = {} if levels is None else {LEVELS: levels}
        return user_level(event.sender, state, self.version, self.create_of(event))

    def power_ordering(self, event_ids: set[str]) -> list[str]:
        """Kahn's algorithm."""
        left = set(event_ids)
        ordered = []
        while left:
            free = [i for i in left if not left & set(self.events[i].auth_events)]
            smallest = min(free, key=self.power_order)
            left.discard(smallest)
            ordered.append(smallest)
        return ordered

    def power_order(self, event_id: str) -> tuple[float, int, str]:
        event = self.events[event_id]
        return -self.sender_power(event), event.origin_server_ts, event_id

    def mainline_ordering(self, event_ids: set[str], levels: str | None) -> list[str]:
        mainline = []
        level = None if levels is None else self.events[levels]
        while level is not None:
            mainline.append(level.event_id)
            level = self.cited(level, LEVELS)

        def position(event: Plain) -> float:
            level = self.cited(event, LEVELS)
            while level is not None:
                if level.event_id in mainline:
                    return mainline.index(level.event_id)
                level = self.cited(level, LEVELS)
            return float("inf")

        order: Callable[[str], tuple[float, int, str]] = lambda event_id: (  # noqa: E731
            -position(self.events[event_id]),
            self.events[event_id].origin_server_ts,
            event_id,
        )
        return sorted(event_ids, key=order)

    def iterative_auth_checks(self, state: dict[Key, str], ordered: list[str]) -> dict[Key, str]:
        state = dict(state)
        for event_id in ordered:
            event = self.events[event_id]
            found: State = {}
            for key in selected_keys(event, self.version):
                if key in state:
                    found[key] = self.events[state[key]]
                else:
                    cited = self.cited(event, key)
                    if cited is not None and cited.event_id not in self.rejected:
                        found[key] = cited
            if allowed(event, found, self.version, self.create_of(event)):
                state[event.key] = event_id
        return state
