"""What must have come of a room, told as plainly as can be: whole states, one event after the
other, on everything that anybody wrote."""

from __future__ import annotations

from collections.abc import Mapping

from homeserver.protocol.auth_rules import AuthRejected, check_auth, check_auth_events
from homeserver.protocol.event import Event, StateKey
from homeserver.protocol.room_versions import RoomVersion
from homeserver.protocol.state_resolution import resolve

State = dict[StateKey, str]


class History:
    """events: all of them, by id. before: the whole state before each. rejected: those that their
    auth events or the state before them do not permit."""

    def __init__(self, version: RoomVersion, events: Mapping[str, Event]) -> None:
        self.version = version
        self.events = events
        self.before: dict[str, State] = {}
        self.rejected: set[str] = set()
        self.create = next(e for e in events.values() if e.type == "m.room.create")
        for event in _in_order(events):
            self._add(event)

    def after(self, event_id: str) -> State:
        """The whole state after an event."""
        event = self.events[event_id]
        state = self.before[event_id]
        if event.is_state and event_id not in self.rejected:
            return state | {event.key: event_id}
        return state

    def state(self, event_ids: list[str]) -> State:
        """The state that these events lead to together."""
        states = [self.after(event_id) for event_id in event_ids]
        distinct = [state for n, state in enumerate(states) if state not in states[:n]]
        if len(distinct) > 1:
            return resolve(self.version, distinct, self.events, self.rejected)
        return distinct[0] if distinct else {}

    def _add(self, event: Event) -> None:
        before = self.state(event.prev_events)
        self.before[event.event_id] = before
        try:
            self._permitted(event, before)
        except AuthRejected:
            self.rejected.add(event.event_id)

    def _permitted(self, event: Event, before: State) -> None:
        if event.type == "m.room.create":
            return
        named = [self.events[event_id] for event_id in event.auth_events]
        check_auth_events(event, named, rejected=self.rejected)
        check_auth(event, {found.key: found for found in named}, create=self.create)
        held = {key: self.events[event_id] for key, event_id in before.items()}
        check_auth(event, held, create=self.create)


def _in_order(events: Mapping[str, Event]) -> list[Event]:
    """Parents before children."""
    order: dict[str, Event] = {}
    ahead = sorted(events, key=lambda i: (events[i].depth, i), reverse=True)
    while ahead:
        event = events[ahead[-1]]
        missing = [i for i in event.prev_events if i not in order]
        if missing:
            ahead += missing
        else:
            order[event.event_id] = event
            ahead.pop()
    return list(order.values())
