"""The authorisation rules: whether a state permits an event.

Rule numbers are those of rooms/v12, see AuthRejected. Source: rooms/v1 to rooms/v12,
"Authorisation rules". The rules for the power levels themselves are in auth_power_levels.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping

from homeserver.ids import domain_of, is_user_id
from homeserver.protocol.auth_events import CREATE_KEY, POWER_LEVELS_KEY, auth_event_keys
from homeserver.protocol.auth_membership import check_membership, membership_in
from homeserver.protocol.auth_power_levels import check_power_levels
from homeserver.protocol.auth_rejected import AuthRejected
from homeserver.protocol.event import Event, StateKey
from homeserver.protocol.power_levels import PowerLevels
from homeserver.protocol.room_versions import ROOM_VERSIONS

__all__ = ["AuthRejected", "check_auth", "check_auth_events", "check_create"]


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
    if event.type == "m.room.aliases" and event.version.aliases_rule:
        _check_aliases(event)
        return
    if levels is None:
        levels = PowerLevels.of(state, create=create)
    if event.type == "m.room.member":
        check_membership(event, state, create, levels)
        return
    _check_of_members(event, state, create, levels)


def _check_of_members(
    event: Event, state: Mapping[StateKey, Event], create: Event, levels: PowerLevels
) -> None:
    """Rules 6 to 11: what only members may do, and with which power."""
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
            check_power_levels(event, state.get(POWER_LEVELS_KEY), create, power)
    if event.type == "m.room.redaction" and event.version.redaction_rule:
        _check_redaction(event, power, levels)


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
    if event.version.creator_in_content and "creator" not in event.content:
        raise AuthRejected("v10 1.4", "the create event names no creator")
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


def _check_aliases(event: Event) -> None:
    """Rule 4 of versions 1 to 5: a server lists its own aliases, member or not."""
    if event.state_key is None:
        raise AuthRejected("v5 4.1", "the aliases event has no state_key")
    if domain_of(event.sender) != event.state_key:
        raise AuthRejected("v5 4.2", "these are the aliases of another server")


def _check_redaction(event: Event, power: int, levels: PowerLevels) -> None:
    """Rule 11 of versions 1 and 2; later versions ask when the redaction is applied."""
    if power >= levels.redact:
        return  # v2 11.1
    if event.redacts is not None and domain_of(event.redacts) == domain_of(event.event_id):
        return  # v2 11.2
    raise AuthRejected("v2 11.3", "you do not have the power to redact events of others")
