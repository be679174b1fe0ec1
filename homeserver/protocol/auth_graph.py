"""The graph that events form by their auth_events: what state resolution walks.

Every walk is a generator. It yields the IDs of events that it needs and that are not at hand, for
the caller to add to `events` before it resumes; an empty set is a place to let others run. What is
still missing then counts as not existing.
Source: rooms/v2 and rooms/v12, "State resolution", "Definitions".
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import islice
from typing import Final

from homeserver.protocol.event import Event

Steps = Generator[frozenset[str], None, None]
"""Yields IDs of events to load, or nothing to say that some time has passed."""

BREATHE: Final[frozenset[str]] = frozenset()
SLICE: Final = 1024
"""So many events are walked between two places to breathe: about a millisecond."""


class AuthGraph:
    """Events with their auth_events, loaded as walks need them.

    order: for an event at hand a number larger than that of each of its auth events (such as the
    order in which they were stored; never `depth`, which senders choose); it makes walks shorter
    and changes no result.
    """

    def __init__(
        self, events: Mapping[str, Event], *, order: Callable[[str], int] | None = None
    ) -> None:
        self.events = events
        self.order = order
        self._absent: set[str] = set()

    def need(self, event_ids: Iterable[str]) -> Steps:
        """Asks for those of the events that are not at hand."""
        events = self.events
        missing = frozenset(
            event_id
            for event_id in event_ids
            if event_id not in events and event_id not in self._absent
        )
        if missing:
            yield missing
            self._absent.update(event_id for event_id in missing if event_id not in events)

    def need_with_auth_events(self, event_ids: Collection[str]) -> Steps:
        """Asks for the events and for what they cite."""
        yield from self.need(event_ids)
        events = self.events
        yield from self.need(
            auth_id
            for event_id in event_ids
            if (event := events.get(event_id)) is not None
            for auth_id in event.auth_events
        )

    def auth_difference(
        self,
        branches: Sequence[AbstractSet[str]],
        unconflicted: Callable[[Event], bool],
        all_unconflicted: Callable[[], Iterable[str]],
        found: set[str],
    ) -> Steps:
        """Adds to `found` what is in the auth chain of some state but not of every one.

        branches: the conflicted events of each state. unconflicted: whether an event stands in
        all states. all_unconflicted: those events. A state's events count among its auth chain:
        the walk need not go below an unconflicted event, whose chain belongs to every state.
        """
        everywhere = (1 << len(branches)) - 1
        masks: dict[str, int] = {}
        arriving: dict[str, int] = {}
        for bit, branch in enumerate(branches):
            for event_id in branch:
                arriving[event_id] = arriving.get(event_id, 0) | 1 << bit
        shared: set[str] = set()
        steps = 0
        while arriving:
            yield from self.need(arriving)
            below: dict[str, int] = {}
            for event_id, bits in arriving.items():
                known = masks.get(event_id, 0)
                new = bits & ~known
                event = self.events.get(event_id)
                if not new or event is None or event_id in shared:
                    continue
                if unconflicted(event):
                    shared.add(event_id)
                    continue
                masks[event_id] = known | new
                for auth_id in event.auth_events:
                    below[auth_id] = below.get(auth_id, 0) | new
                steps += 1
                if steps % SLICE == 0:
                    yield BREATHE
            arriving = below
        found |= {event_id for event_id, mask in masks.items() if mask != everywhere}
        conflicted = set().union(*branches)
        # Conflicted events are in the full conflicted set whatever this walk says of them.
        if not found <= conflicted:
            yield from self._drop_reachable(all_unconflicted(), found, conflicted)

    def _drop_reachable(
        self, starts: Iterable[str], found: set[str], conflicted: AbstractSet[str]
    ) -> Steps:
        """Drops from `found` what is in the auth chain of the unconflicted state after all."""
        questions = found - conflicted

        def visit(event: Event) -> bool:
            if event.event_id in questions:
                questions.discard(event.event_id)
                found.discard(event.event_id)
            return not questions

        yield from self._walk(starts, self._lowest(questions), visit)

    def conflicted_subgraph(self, conflicted: AbstractSet[str], found: set[str]) -> Steps:
        """Adds to `found` every event on a path of auth_events between two conflicted ones."""
        cited_by: dict[str, list[str]] = {}

        def visit(event: Event) -> bool:
            for auth_id in event.auth_events:
                cited_by.setdefault(auth_id, []).append(event.event_id)
            return False

        yield from self._walk(conflicted, self._lowest(conflicted), visit)
        # Everything walked is below a conflicted event; what is also above one lies between.
        above = [event_id for event_id in conflicted if event_id in cited_by]
        between = set(above)
        while above:
            for citing in cited_by.get(above.pop(), ()):
                if citing not in between:
                    between.add(citing)
                    above.append(citing)
        found |= between

    def _walk(
        self, starts: Iterable[str], floor: int | None, visit: Callable[[Event], bool]
    ) -> Steps:
        """Visits the events and their auth chains, each event once, until `visit` returns True.

        floor: of events of this order or a lower one the auth_events are not followed.
        """
        level: Iterable[str] = starts
        seen: set[str] = set()
        while level:
            below: list[str] = []
            rest = iter(level)
            while part := set(islice(rest, SLICE)):
                part -= seen
                seen |= part
                yield from self.need(part)
                for event_id in part:
                    event = self.events.get(event_id)
                    if event is None:
                        continue
                    if visit(event):
                        return
                    if floor is None or self.order is None or self.order(event_id) > floor:
                        below.extend(event.auth_events)
                yield BREATHE
            level = below

    def _lowest(self, event_ids: Collection[str]) -> int | None:
        """The least order among events at hand; None if there is no order."""
        if self.order is None:
            return None
        return min(map(self.order, (i for i in event_ids if i in self.events)), default=None)
