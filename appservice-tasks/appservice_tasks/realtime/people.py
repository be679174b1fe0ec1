"""Who listens, and which rooms they are in."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field

from appservice_tasks.services.who import Caller


@dataclass
class Listener:
    """One socket. only: the rooms it subscribed to; None: every room of its person."""

    sid: str
    caller: Caller
    only: frozenset[str] | None = None
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def wants(self, room_id: str) -> bool:
        """Whether it is told of a room that its person is in."""
        return self.only is None or room_id in self.only


@dataclass
class _Person:
    """rooms: None until they are known; meanwhile: what changed while they were asked for.

    expected: sockets that are about to open.
    """

    listeners: dict[str, Listener] = field(default_factory=dict)
    rooms: set[str] | None = None
    meanwhile: list[tuple[str, bool]] = field(default_factory=list)
    expected: int = 0


class People:
    """Everybody with a socket. Rooms follow the log, in its order."""

    def __init__(self) -> None:
        self._people: dict[str, _Person] = {}
        self._in_room: dict[str, set[str]] = {}
        self._listeners: dict[str, Listener] = {}

    def expect(self, user_id: str) -> None:
        """From now on changes of their rooms are noted: they are about to be asked for.

        `add` or `give_up` follows.
        """
        self._people.setdefault(user_id, _Person()).expected += 1

    def add(self, listener: Listener, rooms: set[str]) -> None:
        """A socket opens. rooms: those that its person was in at some moment since `expect`."""
        user_id = listener.caller.user_id
        person = self._people[user_id]
        person.expected -= 1
        person.listeners[listener.sid] = listener
        self._listeners[listener.sid] = listener
        if person.rooms is None:
            person.rooms = set()
            for room_id in rooms:
                self._note(user_id, person, room_id, is_in=True)
            for room_id, is_in in person.meanwhile:
                self._note(user_id, person, room_id, is_in=is_in)
            person.meanwhile.clear()

    def give_up(self, user_id: str) -> None:
        """A socket that was expected does not open."""
        person = self._people[user_id]
        person.expected -= 1
        self._forget(user_id, person)

    def remove(self, sid: str) -> None:
        """A socket has closed."""
        listener = self._listeners.pop(sid, None)
        if listener is not None:
            person = self._people[listener.caller.user_id]
            del person.listeners[sid]
            self._forget(listener.caller.user_id, person)

    def _forget(self, user_id: str, person: _Person) -> None:
        if not person.listeners and not person.expected:
            del self._people[user_id]
            for room_id in person.rooms or ():
                self._leave(user_id, room_id)

    def moved(self, user_id: str, room_id: str, *, is_in: bool) -> None:
        """Somebody joined a room, or left it."""
        person = self._people.get(user_id)
        if person is None:
            return
        if person.rooms is None:
            person.meanwhile.append((room_id, is_in))
        else:
            self._note(user_id, person, room_id, is_in=is_in)

    def _note(self, user_id: str, person: _Person, room_id: str, *, is_in: bool) -> None:
        assert person.rooms is not None
        if is_in:
            person.rooms.add(room_id)
            self._in_room.setdefault(room_id, set()).add(user_id)
        else:
            person.rooms.discard(room_id)
            self._leave(user_id, room_id)

    def _leave(self, user_id: str, room_id: str) -> None:
        inside = self._in_room.get(room_id)
        if inside is not None:
            inside.discard(user_id)
            if not inside:
                del self._in_room[room_id]

    def listener(self, sid: str) -> Listener | None:
        """A socket."""
        return self._listeners.get(sid)

    def all(self) -> list[Listener]:
        """Every socket."""
        return list(self._listeners.values())

    def rooms_of(self, user_id: str) -> frozenset[str]:
        """The rooms of a person with a socket."""
        person = self._people.get(user_id)
        return frozenset((person.rooms if person else None) or ())

    def of(self, user_id: str) -> list[Listener]:
        """The sockets of a person."""
        person = self._people.get(user_id)
        return list(person.listeners.values()) if person else []

    def users_in(self, room_id: str) -> list[str]:
        """People with a socket who are in a room."""
        return list(self._in_room.get(room_id, ()))

    def listening_to(self, room_id: str) -> Iterator[Listener]:
        """Sockets that are told of a room."""
        for user_id in self.users_in(room_id):
            for listener in self.of(user_id):
                if listener.wants(room_id):
                    yield listener
