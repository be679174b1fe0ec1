"""rooms/v1 to rooms/v12, "Authorisation rules" of all other events, in every version.

Numbers are those of version 12, 6 to 11; 5 to 10 in versions 6 to 11; 6 to 12 in 1 to 5.
"""

from __future__ import annotations

from typing import Any

import pytest

from homeserver.protocol.auth_rules import AuthRejected, check_auth
from homeserver.protocol.event import Event
from homeserver.protocol.room_versions import ROOM_VERSIONS, V11, V12, RoomVersion
from tests import eg
from tests.spec.each_version import each_since, since, until


@pytest.fixture(params=list(ROOM_VERSIONS.values()), ids=[f"v{name}" for name in ROOM_VERSIONS])
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


@since(3)
def test_8_redactions_are_like_any_other_event(room: eg.Room) -> None:
    room.power(redact=100)
    allowed(room, room.event("m.room.redaction", {}, redacts="$x", sender=eg.CAROL))


def test_9_a_users_state_key_belongs_to_that_user(room: eg.Room) -> None:
    allowed(room, room.event("org.example.status", {}, state_key=eg.BOB, sender=eg.BOB))
    refused(room, room.event("org.example.status", {}, state_key=eg.CAROL, sender=eg.BOB), "9")


@since(10)
@pytest.mark.parametrize(
    "name",
    ["users_default", "events_default", "state_default", "ban", "redact", "kick", "invite"],
)
@pytest.mark.parametrize("value", ["50", True, None, [], {}])
def test_10_1_levels_are_integers(room: eg.Room, name: str, value: object) -> None:
    """9.1 in version 11."""
    refused(room, levels(room, {name: value}), "10.1")


@since(10)
@pytest.mark.parametrize("name", ["events", "notifications"])
@pytest.mark.parametrize("value", [{"x": "50"}, {"x": False}, {"x": None}, [], 50, None])
def test_10_2_events_and_notifications_hold_integers(
    room: eg.Room, name: str, value: object
) -> None:
    """9.2 in version 11."""
    refused(room, levels(room, {name: value}), "10.2")


@pytest.mark.parametrize(
    "value",
    [
        {eg.BOB: "fifty"},
        {eg.BOB: "5.0"},
        {eg.BOB: True},
        {"bob": 5},
        {"@bob": 5},
        {"@b:?": 5},
        [],
        None,
    ],
)
def test_10_3_users_holds_user_ids_and_integers(room: eg.Room, value: object) -> None:
    """9.3 in version 11."""
    refused(room, levels(room, {"users": value}), "10.3")


def test_10_4_in_v12_creators_have_no_entry() -> None:
    room = eg.Room(V12, create={"additional_creators": [eg.BOB]})
    for creator in (eg.ANNA, eg.BOB):
        refused(room, levels(room, {"users": {creator: 100}}, sender=eg.ANNA), "10.4")


@since(10)
def test_10_3_texts_are_no_integers_any_more(room: eg.Room) -> None:
    """rooms/v10: "values in the power levels event be integers and not string"."""
    refused(room, levels(room, {"users": {eg.BOB: "50"}}), "10.3")


@until(11)
def test_10_4_is_no_rule_before_version_12(version: RoomVersion) -> None:
    room = eg.Room(version)
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


MAPS = each_since("name", {"events": 1, "notifications": 6})


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


# Rules that later versions have dropped, and how they read levels.


@until(5)
def test_v5_10_4_until_version_5_notifications_are_not_looked_at(room: eg.Room) -> None:
    before = given(room, notifications={"room": 51})
    allowed(room, levels(room, {**before, "notifications": {"room": 100}}))
    allowed(room, levels(room, {**before, "notifications": {}}))


@until(5)
def test_v5_4_1_until_version_5_aliases_have_a_state_key(room: eg.Room) -> None:
    refused(room, room.event("m.room.aliases", {"aliases": []}), "v5 4.1")


@until(5)
def test_v5_4_2_until_version_5_aliases_are_of_the_senders_server(room: eg.Room) -> None:
    refused(room, room.event("m.room.aliases", {}, state_key="z.example"), "v5 4.2")


@until(5)
def test_v5_4_3_until_version_5_a_server_lists_its_aliases_member_or_not(room: eg.Room) -> None:
    room.power(events={"m.room.aliases": 100})
    allowed(room, room.event("m.room.aliases", {}, state_key="z.example", sender=eg.STRANGER))


@since(6)
def test_since_version_6_aliases_are_state_like_any_other(room: eg.Room) -> None:
    """rooms/v6: "must still pass authorisation checks relating to state events"."""
    aliases = room.event("m.room.aliases", {}, state_key="z.example", sender=eg.STRANGER)
    refused(room, aliases, "6")
    refused(room, room.event("m.room.aliases", {}, state_key="x", sender=eg.CAROL), "8")
    allowed(room, room.event("m.room.aliases", {}, state_key="z.example", sender=eg.BOB))


@until(2)
def test_v2_11_1_with_the_level_to_redact_one_may_redact(room: eg.Room) -> None:
    room.power(redact=50, users={eg.BOB: 50})
    redaction = room.event("m.room.redaction", {}, redacts="$x:z.example", sender=eg.BOB)
    allowed(room, redaction)


@until(2)
def test_v2_11_2_a_server_redacts_its_own_events(room: eg.Room) -> None:
    redaction = room.event("m.room.redaction", {}, redacts="$x:a.example", sender=eg.CAROL)
    allowed(room, redaction)


@until(2)
@pytest.mark.parametrize("redacts", ["$x:z.example", "$x", None])
def test_v2_11_3_nobody_else_redacts(room: eg.Room, redacts: str | None) -> None:
    redaction = room.event("m.room.redaction", {}, redacts=redacts, sender=eg.CAROL)
    refused(room, redaction, "v2 11.3")


TEXTS = [("50", 50), ("00050", 50), ("+50", 50), ("-50", -50), (" \t+0050\n", 50)]


@until(9)
@pytest.mark.parametrize(("text", "level"), TEXTS)
def test_until_version_9_a_text_may_be_a_level(room: eg.Room, text: str, level: int) -> None:
    """rooms/v1, "`m.room.power_levels` events accept values as strings"."""
    room.power(events_default=text, users={eg.BOB: str(level), eg.CAROL: str(level - 1)})
    allowed(room, room.event(sender=eg.BOB))
    refused(room, room.event(sender=eg.CAROL), "8")


@until(9)
@pytest.mark.parametrize("text", ["50.0", "5e1", "0x32", "", "5 0", "٥٠", "--5", "9" * 5000])
def test_until_version_9_another_text_is_none(room: eg.Room, text: str) -> None:
    refused(room, levels(room, {"users": {eg.CAROL: text}}), "10.3")
    room.power(events_default=text, users={eg.BOB: 50})
    allowed(room, room.event(sender=eg.CAROL))


@until(9)
def test_until_version_9_a_text_and_its_integer_are_the_same_level(room: eg.Room) -> None:
    before = given(room, ban="60")
    allowed(room, levels(room, {**before, "ban": 60}))
    refused(room, levels(room, {**before, "ban": "61"}), "10.6.1")


@until(5)
@pytest.mark.parametrize(("number", "level"), [(50.57, 50), (5.0114698e1, 50), (-0.5, 0)])
def test_until_version_5_a_float_is_cut_at_its_point(
    room: eg.Room, number: float, level: int
) -> None:
    """rooms/v1, "`m.room.power_levels` events accept values as floats"."""
    room.state["m.room.power_levels", ""].content.update(
        events_default=number, users={eg.BOB: level, eg.CAROL: level - 1}
    )
    allowed(room, room.event(sender=eg.BOB))
    refused(room, room.event(sender=eg.CAROL), "8")


@until(5)
@pytest.mark.parametrize("number", [float("inf"), float("-inf"), float("nan")])
def test_until_version_5_a_level_beyond_all_numbers_is_refused(
    room: eg.Room, number: float
) -> None:
    """rooms/v1: "cause the powerlevel event to be rejected, as do `Infinity` ..."."""
    event = levels(room, {"users": {eg.CAROL: 5}})
    event.content["events"] = {"x": number}
    refused(room, event, "10.1")


@until(10)
def test_until_version_10_the_creator_is_whom_the_content_names(version: RoomVersion) -> None:
    room = eg.Room(version, create={"creator": eg.BOB})
    room.join(eg.BOB)
    topic: dict[str, Any] = {"state_key": "", "content": {}}
    allowed(room, room.event("m.room.topic", sender=eg.BOB, **topic))
    refused(room, room.event("m.room.topic", **topic), "8")
