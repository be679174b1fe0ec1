"""server-server-api, "Auth events selection"."""

from __future__ import annotations

from typing import Any

import pytest

from homeserver.protocol.auth_events import auth_event_keys
from homeserver.protocol.room_versions import V11, V12
from tests import eg

POWER = ("m.room.power_levels", "")
RULES = ("m.room.join_rules", "")
CREATE = ("m.room.create", "")


def member(user: str) -> tuple[str, str]:
    return "m.room.member", user


def test_a_create_event_names_nothing() -> None:
    assert auth_event_keys("m.room.create", "", eg.ANNA, {}, V11) == []


def test_an_event_names_power_levels_and_its_senders_membership() -> None:
    assert auth_event_keys("m.room.message", None, eg.ANNA, {}, V12) == [POWER, member(eg.ANNA)]


def test_until_v11_it_names_the_create_event_too() -> None:
    keys = auth_event_keys("m.room.message", None, eg.ANNA, {}, V11)
    assert keys == [CREATE, POWER, member(eg.ANNA)]


@pytest.mark.parametrize(
    ("content", "further"),
    [
        ({"membership": "leave"}, []),
        ({"membership": "ban"}, []),
        ({"membership": "join"}, [RULES]),
        ({"membership": "invite"}, [RULES]),
        ({"membership": "knock"}, [RULES]),
        (
            {"membership": "invite", "third_party_invite": {"signed": {"token": "t"}}},
            [RULES, ("m.room.third_party_invite", "t")],
        ),
        ({"membership": "invite", "third_party_invite": {"signed": {"token": 5}}}, [RULES]),
        ({"membership": "invite", "third_party_invite": "x"}, [RULES]),
        ({"membership": "join", "third_party_invite": {"signed": {"token": "t"}}}, [RULES]),
        (
            {"membership": "join", "join_authorised_via_users_server": eg.CAROL},
            [RULES, member(eg.CAROL)],
        ),
        ({"membership": "join", "join_authorised_via_users_server": 5}, [RULES]),
        ({"membership": "leave", "join_authorised_via_users_server": eg.CAROL}, []),
    ],
)
def test_a_membership_names_what_decides_it(
    content: dict[str, Any], further: list[tuple[str, str]]
) -> None:
    keys = auth_event_keys("m.room.member", eg.BOB, eg.ANNA, content, V12)
    assert keys == [POWER, member(eg.ANNA), member(eg.BOB), *further]


def test_no_place_is_named_twice() -> None:
    content = {"membership": "join", "join_authorised_via_users_server": eg.ANNA}
    keys = auth_event_keys("m.room.member", eg.ANNA, eg.ANNA, content, V12)
    assert keys == [POWER, member(eg.ANNA), RULES]
