"""Who may do what in a room: the power levels with all their defaults.

Source: client-server-api, "m.room.power_levels"; rooms/v12, "Authorisation rules" (creators);
rooms/v1, "Deprecated event content schemas" (texts and floats).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import isfinite
from typing import Any, Final, Self

from homeserver.protocol.auth_events import CREATE_KEY, POWER_LEVELS_KEY
from homeserver.protocol.event import Event, StateKey
from homeserver.protocol.room_versions import DEFAULT_ROOM_VERSION, ROOM_VERSIONS, RoomVersion

INFINITE: Final = 2**63
"""The level of privileged creators: above every integer that an event can carry."""

_INTEGER: Final = re.compile(r"\s*[+-]?[0-9]+\s*", re.ASCII)
_LONGEST_LEVEL: Final = 1000
"""Characters; longer texts are no level that anybody could mean."""

_NONE: Final[Mapping[str, Any]] = {}


class PowerLevels:
    """The levels of one room at one time; parsed once, to be kept as long as the state holds.

    content: of the m.room.power_levels event, None when the room has none. version: the room's,
    whose values may be texts or floats that mean an integer.
    creators: those who stand above all levels (empty before room version 12).
    lone_creator: who has level 100 while there is no event (empty in versions with privileged
    creators).
    """

    __slots__ = (
        "_events",
        "_users",
        "ban",
        "content",
        "creators",
        "events_default",
        "invite",
        "kick",
        "notifications",
        "redact",
        "state_default",
        "users_default",
    )

    def __init__(
        self,
        content: Mapping[str, Any] | None,
        *,
        version: RoomVersion = ROOM_VERSIONS[DEFAULT_ROOM_VERSION],
        creators: frozenset[str] = frozenset(),
        lone_creator: str | None = None,
    ) -> None:
        self.content = content
        self.creators = creators
        given = _NONE if content is None else content

        def level(key: str, default: int) -> int:
            value = read_level(given.get(key), version)
            return default if value is None else value

        self.ban = level("ban", 50)
        self.kick = level("kick", 50)
        self.redact = level("redact", 50)
        self.invite = level("invite", 0)
        self.events_default = level("events_default", 0)
        self.state_default = level("state_default", 50)
        self.users_default = level("users_default", 0)
        self._events = read_levels(given.get("events"), version)
        self.notifications = read_levels(given.get("notifications"), version)
        self._users = read_levels(given.get("users"), version)
        if content is None and lone_creator is not None:
            self._users = {lone_creator: 100}

    @classmethod
    def of(cls, state: Mapping[StateKey, Event], *, create: Event | None = None) -> Self:
        """The levels in a state. create: the create event where the state lacks it."""
        event = state.get(POWER_LEVELS_KEY)
        create = create or state.get(CREATE_KEY)
        content = None if event is None else event.content
        of = create or event
        if of is None:
            return cls(content)
        version = of.version
        if create is None:
            return cls(content, version=version)
        if version.privileged_creators:
            return cls(content, version=version, creators=creators_of(create))
        return cls(content, version=version, lone_creator=creator_of(create))

    def user_level(self, user_id: str) -> int:
        """The power of a user; INFINITE for privileged creators."""
        if user_id in self.creators:
            return INFINITE
        return self._users.get(user_id, self.users_default)

    def event_level(self, event_type: str, is_state: bool) -> int:
        """The power needed to send events of this type."""
        default = self.state_default if is_state else self.events_default
        return self._events.get(event_type, default)

    def notification_level(self, key: str) -> int:
        """The power needed to trigger a notification of this kind, such as `room`."""
        return self.notifications.get(key, 50)

    @property
    def notifications_room(self) -> int:
        """The power needed to notify everyone (`@room`)."""
        return self.notification_level("room")

    @property
    def users(self) -> Mapping[str, int]:
        """The users named in the event, creators not included; not to be changed."""
        return self._users


def creator_of(create: Event) -> str | None:
    """The user who made the room; None if the version has them named and they are not."""
    if not create.version.creator_in_content:
        return create.sender
    creator = create.content.get("creator")
    return creator if isinstance(creator, str) else None


def creators_of(create: Event) -> frozenset[str]:
    """The room's creators: one, and in versions that know them the additional ones."""
    if not create.version.privileged_creators:
        creator = creator_of(create)
        return frozenset() if creator is None else frozenset({creator})
    additional = create.content.get("additional_creators")
    if not isinstance(additional, list):
        additional = []
    return frozenset({create.sender, *(user for user in additional if isinstance(user, str))})


def read_level(value: object, version: RoomVersion) -> int | None:
    """The level that a value means in this room version; None if it means none.

    Before version 10 a text may be an integer; before version 6 a float is cut at its point
    (rooms/v1, "Deprecated event content schemas").
    """
    # bool is an int to Python, not to JSON.
    if type(value) is int:
        return value
    if version.integer_levels:
        return None
    if type(value) is str and len(value) <= _LONGEST_LEVEL and _INTEGER.fullmatch(value):
        return int(value)
    if type(value) is float and isfinite(value) and not version.strict_json:
        return int(value)
    return None


def read_levels(values: object, version: RoomVersion) -> dict[str, int]:
    """The levels of an object of them; entries that mean none are left out."""
    if not isinstance(values, dict):
        return {}
    found = {name: read_level(value, version) for name, value in values.items()}
    return {name: level for name, level in found.items() if level is not None}
