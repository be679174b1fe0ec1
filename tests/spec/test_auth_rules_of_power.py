"""rooms/v12, "Authorisation rules", 6 to 11 (5 to 10 in version 11)."""

from __future__ import annotations

from typing import Any

import pytest

from homeserver.protocol.auth_rules import AuthRejected, check_auth
from homeserver.protocol.event import Event
from homeserver.protocol.room_versions import V11, V12, RoomVersion
from tests import eg


@pytest.fixture(params=[V11, V12], ids=["v11", "v12"])
def version(request: pytest.FixtureRequest) -> RoomVersion:
    given: RoomVersion = request.param
    return given


@pytest.fixture
def room(version: RoomVersion) -> eg.Room:
    """Bob and Carol are members too, Bob with power 50."""
    room = eg.Room(version)
    room.join(eg.BOB)
    room.join(eg.CAROL)
    room.power(users={eg.BOB: 50})
    return room


def refused(room: eg.Room, event: Event, rule: str) -> None:
    with pytest.raises(AuthRejected) as refusal:
        check_auth(event, room.state)
    assert refusal.value.rule == rule


def allowed(room: eg.Room, event: Event) -> None:
    check_auth(event, room.state)


def levels(room: eg.Room, content: dict[str, Any], *, sender: str = eg.BOB) -> Event:
    """New power levels, not part of the state yet."""
    return room.event("m.room.power_levels", content, state_key="", sender=sender)


@pytest.mark.parametrize("membership", [None, "invite", "leave", "ban", "knock"])
def test_6_only_members_send(room: eg.Room, membership: str | None) -> None:
    if membership is not None:
        room.be(eg.STRANGER, membership)
    refused(room, room.event(sender=eg.STRANGER), "6")


def test_7_1_a_third_party_invite_takes_the_power_to_invite(room: eg.Room) -> None:
    room.power(invite=50, state_default=100, users={eg.BOB: 50})
    by_bob = room.event("m.room.third_party_invite", {}, state_key="t", sender=eg.BOB)
    by_carol = room.event("m.room.third_party_invite", {}, state_key="t", sender=eg.CAROL)
    allowed(room, by_bob)
    refused(room, by_carol, "7.1")


def test_8_messages_take_events_default(room: eg.Room) -> None:
    room.power(events_default=50, users={eg.BOB: 50})
    allowed(room, room.event(sender=eg.BOB))
    refused(room, room.event(sender=eg.CAROL), "8")


def test_8_state_takes_state_default(room: eg.Room) -> None:
    allowed(room, room.event("m.room.topic", {}, state_key="", sender=eg.BOB))
    refused(room, room.event("m.room.topic", {}, state_key="", sender=eg.CAROL), "8")


def test_8_a_type_may_have_a_level_of_its_own(room: eg.Room) -> None:
    room.power(events={"m.room.topic": 0, "m.poll": 60}, users={eg.BOB: 50})
    allowed(room, room.event("m.room.topic", {}, state_key="", sender=eg.CAROL))
    refused(room, room.event("m.poll", {}, sender=eg.BOB), "8")


def test_8_redactions_are_like_any_other_event(room: eg.Room) -> None:
    room.power(redact=100)
    allowed(room, room.event("m.room.redaction", {}, redacts="$x", sender=eg.CAROL))


def test_9_a_users_state_key_belongs_to_that_user(room: eg.Room) -> None:
    allowed(room, room.event("org.example.status", {}, state_key=eg.BOB, sender=eg.BOB))
    refused(room, room.event("org.example.status", {}, state_key=eg.CAROL, sender=eg.BOB), "9")


@pytest.mark.parametrize(
    "name",
    ["users_default", "events_default", "state_default", "ban", "redact", "kick", "invite"],
)
@pytest.mark.parametrize("value", ["50", True, None, [], {}])
def test_10_1_levels_are_integers(room: eg.Room, name: str, value: object) -> None:
    """9.1 in version 11."""
    refused(room, levels(room, {name: value}), "10.1")


@pytest.mark.parametrize("name", ["events", "notifications"])
@pytest.mark.parametrize("value", [{"x": "50"}, {"x": False}, {"x": None}, [], 50, None])
def test_10_2_events_and_notifications_hold_integers(
    room: eg.Room, name: str, value: object
) -> None:
    """9.2 in version 11."""
    refused(room, levels(room, {name: value}), "10.2")


@pytest.mark.parametrize(
    "value", [{eg.BOB: "50"}, {eg.BOB: True}, {"bob": 5}, {"@bob": 5}, {"@b:?": 5}, [], None]
)
def test_10_3_users_holds_user_ids_and_integers(room: eg.Room, value: object) -> None:
    """9.3 in version 11."""
    refused(room, levels(room, {"users": value}), "10.3")


def test_10_4_in_v12_creators_have_no_entry() -> None:
    room = eg.Room(V12, create={"additional_creators": [eg.BOB]})
    for creator in (eg.ANNA, eg.BOB):
        refused(room, levels(room, {"users": {creator: 100}}, sender=eg.ANNA), "10.4")


def test_10_4_is_no_rule_of_v11() -> None:
    room = eg.Room(V11)
    allowed(room, levels(room, {"users": {eg.ANNA: 100}}, sender=eg.ANNA))


def test_10_5_the_first_power_levels_may_say_anything(version: RoomVersion) -> None:
    """9.4 in version 11."""
    room = eg.Room(version)
    allowed(room, levels(room, {"ban": 1000, "users": {eg.CAROL: 1000}}, sender=eg.ANNA))


LEVEL_NAMES = pytest.mark.parametrize(
    "name",
    ["users_default", "events_default", "state_default", "ban", "redact", "kick", "invite"],
)


def given(room: eg.Room, **content: Any) -> dict[str, Any]:
    """Set the current power levels; Bob has 50 and may change them."""
    full = {"users": {eg.BOB: 50}, "events": {"m.room.power_levels": 0}, **content}
    room.power(**full)
    return full


@LEVEL_NAMES
def test_10_6_1_no_level_above_ones_own_is_changed(room: eg.Room, name: str) -> None:
    """9.5.1 in version 11."""
    before = given(room, **{name: 51})
    refused(room, levels(room, {**before, name: 50}), "10.6.1")
    without = {key: value for key, value in before.items() if key != name}
    refused(room, levels(room, without), "10.6.1")


@LEVEL_NAMES
def test_10_6_2_no_level_is_raised_above_ones_own(room: eg.Room, name: str) -> None:
    """9.5.2 in version 11."""
    before = given(room, **{name: 10})
    allowed(room, levels(room, {**before, name: 50}))
    refused(room, levels(room, {**before, name: 51}), "10.6.2")


@LEVEL_NAMES
def test_10_6_2_nor_added_above_it(room: eg.Room, name: str) -> None:
    before = given(room)
    refused(room, levels(room, {**before, name: 51}), "10.6.2")


@LEVEL_NAMES
def test_10_6_what_stays_is_not_asked(room: eg.Room, name: str) -> None:
    before = given(room, **{name: 51})
    if name != "users_default":  # where everybody has more, Bob's entry still says 50
        allowed(room, levels(room, {**before, "notifications": {"room": 20}}))


MAPS = pytest.mark.parametrize("name", ["events", "notifications"])


@MAPS
def test_10_7_1_no_entry_above_ones_own_is_changed_or_removed(room: eg.Room, name: str) -> None:
    """9.6.1 in version 11."""
    free = {"m.room.power_levels": 0}
    before = given(room, **{name: {**free, "x": 51}})
    refused(room, levels(room, {**before, name: {**free, "x": 50}}), "10.7.1")
    refused(room, levels(room, {**before, name: free}), "10.7.1")


@MAPS
def test_10_8_1_no_entry_is_added_or_raised_above_ones_own(room: eg.Room, name: str) -> None:
    """9.7.1 in version 11."""
    free = {"m.room.power_levels": 0}
    before = given(room, **{name: {**free, "x": 10}})
    allowed(room, levels(room, {**before, name: {**free, "x": 50, "y": 50}}))
    refused(room, levels(room, {**before, name: {**free, "x": 51}}), "10.8.1")
    refused(room, levels(room, {**before, name: {**free, "x": 10, "y": 51}}), "10.8.1")


def test_10_9_1_nobody_lowers_an_equal_or_stronger_user(room: eg.Room) -> None:
    """9.8.1 in version 11."""
    before = given(room, users={eg.BOB: 50, eg.CAROL: 50, eg.STRANGER: 49})
    users = before["users"]
    refused(room, levels(room, {**before, "users": {**users, eg.CAROL: 10}}), "10.9.1")
    refused(room, levels(room, {**before, "users": {eg.BOB: 50, eg.STRANGER: 49}}), "10.9.1")
    allowed(room, levels(room, {**before, "users": {**users, eg.STRANGER: 10}}))


def test_10_9_1_one_may_lower_oneself(room: eg.Room) -> None:
    before = given(room)
    allowed(room, levels(room, {**before, "users": {eg.BOB: 10}}))
    allowed(room, levels(room, {**before, "users": {}}))


def test_10_10_1_nobody_is_raised_above_ones_own(room: eg.Room) -> None:
    """9.9.1 in version 11."""
    before = given(room)
    allowed(room, levels(room, {**before, "users": {eg.BOB: 50, eg.CAROL: 50}}))
    refused(room, levels(room, {**before, "users": {eg.BOB: 50, eg.CAROL: 51}}), "10.10.1")
    refused(room, levels(room, {**before, "users": {eg.BOB: 51}}), "10.10.1")


def test_10_11_other_changes_pass(room: eg.Room) -> None:
    """9.10 in version 11 (numbered 10.10 twice in version 12)."""
    before = given(room)
    allowed(room, levels(room, {**before, "org.example.note": "x"}))


def test_11_anything_else_passes(room: eg.Room) -> None:
    """10 in version 11."""
    allowed(room, room.event("org.example.anything", {}, sender=eg.CAROL))


# The notes on creators.


def test_in_v12_creators_have_power_above_every_level() -> None:
    room = eg.Room(V12, create={"additional_creators": [eg.BOB]})
    room.join(eg.BOB)
    top = 2**53 - 1
    room.power(events_default=top, ban=top, users_default=top, events={"m.room.power_levels": top})
    for creator in (eg.ANNA, eg.BOB):
        allowed(room, room.event(sender=creator))
        allowed(room, levels(room, {"users_default": 0}, sender=creator))
        allowed(room, room.member(eg.CAROL, "ban", sender=creator))


def test_in_v12_creators_cannot_remove_each_other() -> None:
    room = eg.Room(V12, create={"additional_creators": [eg.BOB]})
    room.join(eg.BOB)
    refused(room, room.member(eg.BOB, "leave", sender=eg.ANNA), "5.5.5")
    refused(room, room.member(eg.ANNA, "ban", sender=eg.BOB), "5.6.3")


def test_in_v11_the_creator_has_100_until_there_are_power_levels() -> None:
    room = eg.Room(V11, create={"additional_creators": [eg.BOB]})
    room.join(eg.BOB)
    topic: dict[str, Any] = {"state_key": "", "content": {}}
    allowed(room, room.event("m.room.topic", **topic))
    refused(room, room.event("m.room.topic", sender=eg.BOB, **topic), "8")
    room.power()
    refused(room, room.event("m.room.topic", **topic), "8")
