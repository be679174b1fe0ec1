"""Authorisation of m.room.power_levels events: rule 10 of rooms/v12 (9 of v6 to v11).

Rule numbers are those of rooms/v12, see AuthRejected.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Any, Final

from homeserver.ids import is_user_id
from homeserver.protocol.auth_rejected import AuthRejected
from homeserver.protocol.event import Event
from homeserver.protocol.power_levels import creators_of, read_level, read_levels
from homeserver.protocol.room_versions import RoomVersion

_LEVELS: Final = (
    "users_default",
    "events_default",
    "state_default",
    "ban",
    "redact",
    "kick",
    "invite",
)


def check_power_levels(event: Event, previous: Event | None, create: Event, power: int) -> None:
    """Pass or raise AuthRejected. previous: the levels in force. power: the sender's."""
    version = event.version
    content = event.content
    _check_types(content, version)
    if version.privileged_creators and not creators_of(create).isdisjoint(content.get("users", {})):
        raise AuthRejected("10.4", "creators have no entry in the power levels")
    if previous is None:
        return  # 10.5
    for name in _LEVELS:
        old = read_level(previous.content.get(name), version)
        new = read_level(content.get(name), version)
        if old == new:
            continue
        if old is not None and old > power:
            raise AuthRejected("10.6.1", f"the current {name} is above your power")
        if new is not None and new > power:
            raise AuthRejected("10.6.2", f"the new {name} is above your power")
    # "10.4 and 10.5 (now 9.4 and 9.5), which checked the `events` property" alone until 5.
    for name in ("events", "notifications") if version.notification_levels else ("events",):
        for key, old, new in _changes(previous.content.get(name), content.get(name), version):
            if old is not None and old > power:
                raise AuthRejected("10.7.1", f"the current {name} level of {key} is above yours")
            if new is not None and new > power:
                raise AuthRejected("10.8.1", f"the new {name} level of {key} is above your power")
    for user, old, new in _changes(previous.content.get("users"), content.get("users"), version):
        if user != event.sender and old is not None and old >= power:
            raise AuthRejected("10.9.1", f"the power of {user} is not below yours")
        if new is not None and new > power:
            raise AuthRejected("10.10.1", f"the new power of {user} is above yours")


def _check_types(content: Mapping[str, Any], version: RoomVersion) -> None:
    if version.integer_levels:
        for name in _LEVELS:
            if name in content and type(content[name]) is not int:
                raise AuthRejected("10.1", f"{name} is not an integer")
        for name in ("events", "notifications"):
            if name in content and not _all_levels(content[name], version):
                raise AuthRejected("10.2", f"{name} is not an object of integers")
    elif _holds_infinity(content):
        # "Values outside the range ... cause the powerlevel event to be rejected."
        raise AuthRejected("10.1", "a level is beyond all numbers")
    if "users" in content:
        users = content["users"]
        if not _all_levels(users, version) or not all(is_user_id(user) for user in users):
            raise AuthRejected("10.3", "users is not an object of user IDs and integers")


def _all_levels(value: object, version: RoomVersion) -> bool:
    return isinstance(value, dict) and all(
        read_level(level, version) is not None for level in value.values()
    )


def _holds_infinity(content: Mapping[str, Any]) -> bool:
    objects = [content[name] for name in ("events", "notifications", "users") if name in content]
    values = [content.get(name) for name in _LEVELS]
    values += [value for item in objects if isinstance(item, dict) for value in item.values()]
    return any(type(value) is float and not isfinite(value) for value in values)


def _changes(
    old: object, new: object, version: RoomVersion
) -> Iterable[tuple[str, int | None, int | None]]:
    """(key, old level or None, new level or None) for every entry that differs."""
    before, after = read_levels(old, version), read_levels(new, version)
    for key in before.keys() | after.keys():
        if before.get(key) != after.get(key):
            yield key, before.get(key), after.get(key)
