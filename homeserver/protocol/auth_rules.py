"""The authorisation rules: whether a state permits an event.

Rule numbers are those of rooms/v12, see AuthRejected. Source: rooms/v11 and rooms/v12,
"Authorisation rules".
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from typing import Any

from homeserver.ids import domain_of, is_user_id
from homeserver.protocol.auth_events import CREATE_KEY, POWER_LEVELS_KEY, auth_event_keys
from homeserver.protocol.auth_membership import check_membership, membership_in
from homeserver.protocol.auth_rejected import AuthRejected
from homeserver.protocol.event import Event, StateKey
from homeserver.protocol.power_levels import PowerLevels, creators_of
from homeserver.protocol.room_versions import ROOM_VERSIONS

__all__ = ["AuthRejected", "check_auth", "check_auth_events", "check_create"]

_LEVELS = (
    "users_default",
    "events_default",
    "state_default",
    "ban",
    "redact",
    "kick",
    "invite",
)


def check_auth(
    event: Event,
    state: Mapping[StateKey, Event],
    *,
    create: Event | None = None,
    levels: PowerLevels | None = None,
) -> None:
    """Pass, or raise AuthRejected with the rule that refuses the event.

    state: the state before the event, or that made of its auth events. create: the accepted create
    event of the room where the state may lack it. levels: those of the state, if the caller keeps
    them parsed. Rule 3 is `check_auth_events`; signatures are checked elsewhere (5.2.1).
    """
    if event.type == "m.room.create":
        check_create(event)
        return
    create = create or state.get(CREATE_KEY)
    if create is None:
        # Version 11 says so of the auth events, where it must stand (2.4; 3.4 if v12 had it).
        rule = "2" if event.version.room_id_is_create_hash else "3.4"
        raise AuthRejected(rule, "the room has no create event")
    if create.room_id != event.room_id:
        rule = "2" if event.version.room_id_is_create_hash else "3.5"
        raise AuthRejected(rule, "the create event is that of another room")
    if create.content.get("m.federate") is False and domain_of(event.sender) != domain_of(
        create.sender
    ):
        raise AuthRejected("4", "this room is closed to other servers")
    if levels is None:
        levels = PowerLevels.of(state, create=create)
    if event.type == "m.room.member":
        check_membership(event, state, create, levels)
        return
    if membership_in(state, event.sender) != "join":
        raise AuthRejected("6", "you are not in this room")
    power = levels.user_level(event.sender)
    if event.type == "m.room.third_party_invite":
        if power < levels.invite:
            raise AuthRejected("7.1", "you do not have the power to invite")
        return
    if levels.event_level(event.type, event.is_state) > power:
        raise AuthRejected("8", f"you do not have the power to send {event.type}")
    if event.state_key is not None:
        if event.state_key.startswith("@") and event.state_key != event.sender:
            raise AuthRejected("9", "this state key belongs to another user")
        if event.type == "m.room.power_levels":
            _check_power_levels(event, state.get(POWER_LEVELS_KEY), create, power)


def check_create(event: Event) -> None:
    """Rule 1: the first event of a room."""
    if event.prev_events:
        raise AuthRejected("1.1", "the create event has prev_events")
    if event.version.room_id_is_create_hash:
        if "room_id" in event.pdu:
            raise AuthRejected("1.2", "the create event names a room")
    elif domain_of(event.room_id) != domain_of(event.sender):
        raise AuthRejected("1.2", "the room ID and the creator are of different servers")
    version = event.content.get("room_version")
    if "room_version" in event.content and (
        not isinstance(version, str) or version not in ROOM_VERSIONS
    ):
        raise AuthRejected("1.3", "the room version is not recognised")
    if event.version.privileged_creators and "additional_creators" in event.content:
        additional = event.content["additional_creators"]
        if not isinstance(additional, list) or not all(is_user_id(user) for user in additional):
            raise AuthRejected("1.4", "additional_creators is not a list of user IDs")


def check_auth_events(
    event: Event, auth_events: Iterable[Event], *, rejected: Container[str] = frozenset()
) -> None:
    """Rule 3: whether the event names the auth events it should, and no others.

    auth_events: the events that its `auth_events` name. rejected: IDs of those among them that
    were rejected themselves.
    """
    expected = auth_event_keys(
        event.type, event.state_key, event.sender, event.content, event.version
    )
    seen: set[StateKey] = set()
    for auth_event in auth_events:
        key = (auth_event.type, auth_event.state_key or "")
        if auth_event.is_state and key in seen:
            raise AuthRejected("3.1", "two auth events have the same type and state key")
        if not auth_event.is_state or key not in expected:
            raise AuthRejected("3.2", f"{auth_event.type} is no auth event of this event")
        if auth_event.event_id in rejected:
            raise AuthRejected("3.3", "an auth event was rejected")
        if auth_event.room_id != event.room_id:
            raise AuthRejected("3.5", "an auth event is of another room")
        seen.add(key)
    if CREATE_KEY in expected and CREATE_KEY not in seen:
        raise AuthRejected("3.4", "the create event is not among the auth events")


def _check_power_levels(event: Event, previous: Event | None, create: Event, power: int) -> None:
    content = event.content
    _check_level_types(content)
    if event.version.privileged_creators and not creators_of(create).isdisjoint(
        content.get("users", {})
    ):
        raise AuthRejected("10.4", "creators have no entry in the power levels")
    if previous is None:
        return  # 10.5
    for name in _LEVELS:
        old, new = previous.content.get(name), content.get(name)
        if old == new:
            continue
        if _above(old, power):
            raise AuthRejected("10.6.1", f"the current {name} is above your power")
        if _above(new, power):
            raise AuthRejected("10.6.2", f"the new {name} is above your power")
    for name in ("events", "notifications"):
        for key, old, new in _changes(previous.content.get(name), content.get(name)):
            if _above(old, power):
                raise AuthRejected("10.7.1", f"the current {name} level of {key} is above yours")
            if _above(new, power):
                raise AuthRejected("10.8.1", f"the new {name} level of {key} is above your power")
    for user, old, new in _changes(previous.content.get("users"), content.get("users")):
        if user != event.sender and type(old) is int and old >= power:
            raise AuthRejected("10.9.1", f"the power of {user} is not below yours")
        if _above(new, power):
            raise AuthRejected("10.10.1", f"the new power of {user} is above yours")


def _check_level_types(content: Mapping[str, Any]) -> None:
    for name in _LEVELS:
        if name in content and type(content[name]) is not int:
            raise AuthRejected("10.1", f"{name} is not an integer")
    for name in ("events", "notifications"):
        if name in content and not _all_integers(content[name]):
            raise AuthRejected("10.2", f"{name} is not an object of integers")
    if "users" in content:
        users = content["users"]
        if not _all_integers(users) or not all(is_user_id(user) for user in users):
            raise AuthRejected("10.3", "users is not an object of user IDs and integers")


def _all_integers(value: object) -> bool:
    return isinstance(value, dict) and all(type(level) is int for level in value.values())


def _above(level: object, power: int) -> bool:
    return type(level) is int and level > power


def _changes(old: object, new: object) -> Iterable[tuple[str, object, object]]:
    """(key, old level or None, new level or None) for every entry that differs."""
    before = old if isinstance(old, dict) else {}
    after = new if isinstance(new, dict) else {}
    for key in before.keys() | after.keys():
        if before.get(key) != after.get(key):
            yield key, before.get(key), after.get(key)
