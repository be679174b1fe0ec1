"""Who may do what in a room: the power levels with all their defaults.

Source: client-server-api, "m.room.power_levels"; rooms/v12, "Authorisation rules" (creators).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Self

from homeserver.protocol.auth_events import CREATE_KEY, POWER_LEVELS_KEY
from homeserver.protocol.event import Event, StateKey

INFINITE: Final = 2**63
"""The level of privileged creators: above every integer that an event can carry."""

_NONE: Final[Mapping[str, Any]] = {}


class PowerLevels:
    """The levels of one room at one time; parsed once, to be kept as long as the state holds.

    content: of the m.room.power_levels event, None when the room has none.
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
        creators: frozenset[str] = frozenset(),
        lone_creator: str | None = None,
    ) -> None:
        self.content = content
        self.creators = creators
        given = _NONE if content is None else content
        self.ban = _level(given, "ban", 50)
        self.kick = _level(given, "kick", 50)
        self.redact = _level(given, "redact", 50)
        self.invite = _level(given, "invite", 0)
        self.events_default = _level(given, "events_default", 0)
        self.state_default = _level(given, "state_default", 50)
        self.users_default = _level(given, "users_default", 0)
        self._events = _levels(given, "events")
        self.notifications = _levels(given, "notifications")
        self._users = _levels(given, "users")
        if content is None and lone_creator is not None:
            self._users = {lone_creator: 100}

    @classmethod
    def of(cls, state: Mapping[StateKey, Event], *, create: Event | None = None) -> Self:
        """The levels in a state. create: the create event where the state lacks it."""
        event = state.get(POWER_LEVELS_KEY)
        create = create or state.get(CREATE_KEY)
        content = None if event is None else event.content
        if create is None:
            return cls(content)
        if create.version.privileged_creators:
            return cls(content, creators=creators_of(create))
        return cls(content, lone_creator=create.sender)

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


def creators_of(create: Event) -> frozenset[str]:
    """The room's creators: the sender, and in versions that know them the additional ones."""
    if not create.version.privileged_creators:
        return frozenset({create.sender})
    additional = create.content.get("additional_creators")
    if not isinstance(additional, list):
        additional = []
    return frozenset({create.sender, *(user for user in additional if isinstance(user, str))})


def _level(content: Mapping[str, Any], key: str, default: int) -> int:
    value = content.get(key)
    # bool is an int to Python, not to JSON.
    return value if type(value) is int else default


def _levels(content: Mapping[str, Any], key: str) -> dict[str, int]:
    values = content.get(key)
    if not isinstance(values, dict):
        return {}
    return {name: value for name, value in values.items() if type(value) is int}
