"""Rooms whose history forks: events with the auth events that their branch gives them.

Nothing is asked of the authorisation rules here; a branch's state is what was sent on it.
"""

from __future__ import annotations

from typing import Any, Self

from homeserver.protocol.auth_events import auth_event_keys
from homeserver.protocol.event import Event, StateKey
from homeserver.protocol.room_versions import V12, RoomVersion
from homeserver.protocol.state_resolution import resolve
from tests import eg

START = 1_700_000_000_000
"""Milliseconds: when the first event of a room is sent; each further one follows a second later."""

Ids = dict[StateKey, str]


class History:
    """All events of a room, whatever branch they were sent on."""

    def __init__(self, version: RoomVersion = V12, *, create: dict[str, Any] | None = None) -> None:
        self.version = version
        self.events: dict[str, Event] = {}
        self.rejected: set[str] = set()
        self.clock = START
        self.create = eg.create_event(create, version=version)
        self.add(self.create)

    def add(self, event: Event) -> Event:
        self.events[event.event_id] = event
        return event

    def start(self, *, public: bool = True, **levels: Any) -> Branch:
        """The trunk: Anna creates the room and joins; power levels and join rules follow."""
        trunk = Branch(self, {self.create.key: self.create}, [self.create])
        trunk.join(eg.ANNA)
        if not self.version.privileged_creators:
            levels["users"] = {eg.ANNA: 100, **levels.get("users", {})}
        trunk.power(**levels)
        trunk.join_rule("public" if public else "invite")
        return trunk

    def resolve(self, *branches: Branch) -> Ids:
        """The resolved state of some branches."""
        return resolve(
            self.version, [branch.ids for branch in branches], self.events, self.rejected
        )


class Branch:
    """One line of a room's history, with the state at its end."""

    def __init__(self, history: History, state: dict[StateKey, Event], heads: list[Event]) -> None:
        self.history = history
        self.state = state
        self.heads = heads

    @property
    def ids(self) -> Ids:
        return {key: event.event_id for key, event in self.state.items()}

    def fork(self) -> Self:
        """Another line that goes on from here."""
        return type(self)(self.history, dict(self.state), list(self.heads))

    def send(
        self,
        type: str,
        content: dict[str, Any],
        *,
        sender: str = eg.ANNA,
        state_key: str | None = "",
        ts: int | None = None,
        auth_events: list[str] | None = None,
        depth: int | None = None,
    ) -> Event:
        """An event at the end of this branch; in its state, if it is a state event.

        ts: milliseconds after START; None: a second after the event before.
        """
        history = self.history
        history.clock += 1000
        if auth_events is None:
            keys = auth_event_keys(type, state_key, sender, content, history.version)
            auth_events = [self.state[key].event_id for key in keys if key in self.state]
        event = history.add(
            eg.event(
                type,
                content,
                sender=sender,
                state_key=state_key,
                room_id=history.create.room_id,
                version=history.version,
                prev_events=[head.event_id for head in self.heads],
                auth_events=auth_events,
                depth=max(head.depth for head in self.heads) + 1 if depth is None else depth,
                ts=history.clock if ts is None else START + ts,
            )
        )
        self.heads = [event]
        if event.is_state:
            self.state[event.key] = event
        return event

    def member(
        self, user: str, membership: str, *, sender: str | None = None, **said: Any
    ) -> Event:
        """A membership event."""
        content = {"membership": membership}
        return self.send("m.room.member", content, sender=sender or user, state_key=user, **said)

    def join(self, user: str, **said: Any) -> Event:
        return self.member(user, "join", **said)

    def ban(self, user: str, *, sender: str = eg.ANNA, **said: Any) -> Event:
        return self.member(user, "ban", sender=sender, **said)

    def topic(self, text: str, *, sender: str = eg.ANNA, **said: Any) -> Event:
        return self.send("m.room.topic", {"topic": text}, sender=sender, **said)

    def join_rule(self, rule: str, **said: Any) -> Event:
        return self.send("m.room.join_rules", {"join_rule": rule}, **said)

    def power(
        self,
        *,
        sender: str = eg.ANNA,
        ts: int | None = None,
        depth: int | None = None,
        **levels: Any,
    ) -> Event:
        """The power levels, as a whole."""
        return self.send("m.room.power_levels", levels, sender=sender, ts=ts, depth=depth)
