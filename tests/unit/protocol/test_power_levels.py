"""client-server-api, "m.room.power_levels": levels and their defaults."""

from __future__ import annotations

import pytest

from homeserver.protocol.power_levels import INFINITE, PowerLevels, creators_of
from homeserver.protocol.room_versions import V11, V12, RoomVersion
from tests import eg

BOTH = pytest.mark.parametrize("version", [V11, V12], ids=["v11", "v12"])


@BOTH
@pytest.mark.parametrize("with_event", [False, True])
def test_what_is_not_said_has_a_default(version: RoomVersion, with_event: bool) -> None:
    room = eg.Room(version)
    if with_event:
        room.power()
    levels = PowerLevels.of(room.state)
    assert (levels.ban, levels.kick, levels.redact, levels.invite) == (50, 50, 50, 0)
    assert levels.event_level("m.room.message", False) == 0
    assert levels.event_level("m.room.topic", True) == 50
    assert levels.user_level(eg.BOB) == 0
    assert levels.notifications_room == 50


def test_what_is_said_holds() -> None:
    room = eg.Room()
    room.power(
        ban=1,
        kick=2,
        redact=3,
        invite=4,
        events_default=5,
        state_default=6,
        users_default=7,
        users={eg.BOB: 8},
        events={"m.x": 9},
        notifications={"room": 10, "other": 11},
    )
    levels = PowerLevels.of(room.state)
    assert (levels.ban, levels.kick, levels.redact, levels.invite) == (1, 2, 3, 4)
    assert levels.event_level("m.y", False) == 5
    assert levels.event_level("m.y", True) == 6
    assert levels.event_level("m.x", False) == levels.event_level("m.x", True) == 9
    assert (levels.user_level(eg.CAROL), levels.user_level(eg.BOB)) == (7, 8)
    assert (levels.notifications_room, levels.notification_level("other")) == (10, 11)
    assert dict(levels.users) == {eg.BOB: 8}


def test_in_v12_creators_are_above_every_number() -> None:
    room = eg.Room(V12, create={"additional_creators": [eg.BOB]})
    levels = PowerLevels.of(room.state)
    assert levels.user_level(eg.ANNA) == levels.user_level(eg.BOB) == INFINITE
    assert INFINITE > 2**53 - 1
    assert creators_of(room.create) == {eg.ANNA, eg.BOB}


def test_in_v11_the_creator_has_100_only_without_an_event() -> None:
    room = eg.Room(V11, create={"additional_creators": [eg.BOB]})
    assert PowerLevels.of(room.state).user_level(eg.ANNA) == 100
    assert PowerLevels.of(room.state).user_level(eg.BOB) == 0
    room.power()
    assert PowerLevels.of(room.state).user_level(eg.ANNA) == 0
    assert creators_of(room.create) == {eg.ANNA}


@pytest.mark.parametrize("value", ["50", True, None, [], {}])
def test_a_malformed_level_counts_as_absent(value: object) -> None:
    room = eg.Room()
    room.power(ban=value, users={eg.BOB: value}, events={"m.x": value}, notifications=value)
    levels = PowerLevels.of(room.state)
    assert levels.ban == 50
    assert levels.user_level(eg.BOB) == 0
    assert levels.event_level("m.x", False) == 0
    assert levels.notifications_room == 50


def test_a_redacted_power_levels_event_still_counts() -> None:
    """Redaction keeps the levels, except for notifications."""
    levels = PowerLevels({"users": {eg.BOB: 60}, "notifications": {}})
    assert levels.user_level(eg.BOB) == 60


def test_an_empty_state_has_defaults() -> None:
    assert PowerLevels.of({}).user_level(eg.ANNA) == 0
