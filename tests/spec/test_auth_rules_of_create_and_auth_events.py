"""rooms/v1 to rooms/v12, "Authorisation rules", 1 to 4, in every version.

Numbers are those of version 12; those of all earlier ones are in the docstrings.
"""

from __future__ import annotations

import dataclasses

import pytest

from homeserver.protocol.auth_rules import (
    AuthRejected,
    check_auth,
    check_auth_events,
    check_create,
)
from homeserver.protocol.event import Event
from homeserver.protocol.room_versions import V12, RoomVersion
from tests import eg
from tests.spec.each_version import EVERY, since, until


def altered(event: Event, **changes: object) -> Event:
    return Event(event.event_id, {**event.pdu, **changes}, event.version)


@EVERY
def test_1_1_a_create_event_has_no_prev_events(version: RoomVersion) -> None:
    with pytest.raises(AuthRejected, match=r"^rule 1\.1:"):
        check_auth(eg.create_event(version=version, prev_events=["$x"]), {})


def test_1_2_in_v12_a_create_event_names_no_room() -> None:
    with pytest.raises(AuthRejected, match=r"^rule 1\.2:"):
        check_create(eg.create_event(room_id="!old:a.example"))


@until(11)
def test_1_2_until_v11_the_room_id_is_of_the_creators_server(version: RoomVersion) -> None:
    with pytest.raises(AuthRejected, match=r"^rule 1\.2:"):
        check_create(eg.create_event(version=version, room_id="!old:b.example"))


@until(10)
def test_v10_1_4_until_version_10_the_content_names_the_creator(version: RoomVersion) -> None:
    event = eg.create_event(version=version)
    with pytest.raises(AuthRejected, match=r"^rule v10 1\.4:"):
        check_create(altered(event, content={"room_version": version.identifier}))


@since(11)
def test_v10_1_4_later_it_need_not(version: RoomVersion) -> None:
    event = eg.create_event(version=version)
    assert "creator" not in event.content
    check_create(event)


@EVERY
@pytest.mark.parametrize("unknown", ["elsewhere.1", 12, None, ["12"]])
def test_1_3_a_room_version_must_be_recognised(version: RoomVersion, unknown: object) -> None:
    with pytest.raises(AuthRejected, match=r"^rule 1\.3:"):
        check_create(eg.create_event({"room_version": unknown}, version=version))


@pytest.mark.parametrize(
    "creators", ["@bob:a.example", ["bob"], ["@bob:a.example", 1], [None], {}, ["@bob:"], None]
)
def test_1_4_additional_creators_are_user_ids(creators: object) -> None:
    with pytest.raises(AuthRejected, match=r"^rule 1\.4:"):
        check_create(eg.create_event({"additional_creators": creators}))


@until(11)
def test_1_4_is_no_rule_before_version_12(version: RoomVersion) -> None:
    check_create(eg.create_event({"additional_creators": "anything"}, version=version))


@EVERY
def test_1_5_any_other_create_event_passes(version: RoomVersion) -> None:
    """1.4 before version 12."""
    check_create(eg.create_event(version=version))


def test_1_5_additional_creators_may_be_given() -> None:
    check_create(eg.create_event({"additional_creators": [eg.BOB, eg.STRANGER]}))


@EVERY
def test_1_3_an_absent_room_version_passes(version: RoomVersion) -> None:
    event = eg.create_event(version=version)
    content = {key: value for key, value in event.content.items() if key != "room_version"}
    check_create(altered(event, content=content))


def test_2_an_event_needs_an_accepted_create_event() -> None:
    with pytest.raises(AuthRejected, match=r"^rule 2:"):
        check_auth(eg.event(), {})


def test_2_the_create_event_is_that_of_the_events_room() -> None:
    room, other = eg.Room(), eg.Room(create={"other": True})
    with pytest.raises(AuthRejected, match=r"^rule 2:"):
        check_auth(other.event(), room.state)


def test_2_the_create_event_may_be_given_beside_the_state() -> None:
    room = eg.Room()
    state = {key: event for key, event in room.state.items() if event is not room.create}
    check_auth(room.event(), state, create=room.create)


def auth_events_of(room: eg.Room) -> list[Event]:
    keys = [("m.room.member", eg.ANNA)]
    if room.version.create_in_auth_events:
        keys.append(("m.room.create", ""))
    return [room.state[key] for key in keys]


@EVERY
def test_3_the_selected_auth_events_pass(version: RoomVersion) -> None:
    room = eg.Room(version)
    check_auth_events(room.event(), auth_events_of(room))


@EVERY
def test_3_1_no_two_auth_events_share_a_type_and_state_key(version: RoomVersion) -> None:
    """2.1 before version 12."""
    room = eg.Room(version)
    again = room.member(eg.ANNA, "join", displayname="again")
    with pytest.raises(AuthRejected, match=r"^rule 3\.1:"):
        check_auth_events(room.event(), [*auth_events_of(room), again])


@EVERY
def test_3_2_no_auth_event_is_beside_the_selection(version: RoomVersion) -> None:
    """2.2 before version 12."""
    room = eg.Room(version)
    topic = room.set("m.room.topic", {"topic": "x"})
    with pytest.raises(AuthRejected, match=r"^rule 3\.2:"):
        check_auth_events(room.event(), [*auth_events_of(room), topic])


@EVERY
def test_3_2_a_message_is_no_auth_event(version: RoomVersion) -> None:
    room = eg.Room(version)
    with pytest.raises(AuthRejected, match=r"^rule 3\.2:"):
        check_auth_events(room.event(), [*auth_events_of(room), room.event()])


def test_3_2_in_v12_the_create_event_is_no_auth_event() -> None:
    room = eg.Room(V12)
    with pytest.raises(AuthRejected, match=r"^rule 3\.2:"):
        check_auth_events(room.event(), [*auth_events_of(room), room.create])


@EVERY
def test_3_3_no_auth_event_was_rejected(version: RoomVersion) -> None:
    """2.3 before version 12."""
    room = eg.Room(version)
    entries = auth_events_of(room)
    with pytest.raises(AuthRejected, match=r"^rule 3\.3:"):
        check_auth_events(room.event(), entries, rejected={entries[0].event_id})


@until(11)
def test_3_4_until_v11_the_create_event_is_among_the_auth_events(version: RoomVersion) -> None:
    """2.4 there; version 12 has no such rule."""
    room = eg.Room(version)
    with pytest.raises(AuthRejected, match=r"^rule 3\.4:"):
        check_auth_events(room.event(), [room.state[("m.room.member", eg.ANNA)]])


@until(11)
def test_3_4_until_v11_a_state_without_create_event_allows_nothing(version: RoomVersion) -> None:
    with pytest.raises(AuthRejected, match=r"^rule 3\.4:"):
        check_auth(eg.event(version=version), {})


@EVERY
def test_3_5_auth_events_are_of_the_same_room(version: RoomVersion) -> None:
    """2.5 before version 12."""
    room = eg.Room(version)
    elsewhere = [altered(event, room_id="!other:a.example") for event in auth_events_of(room)]
    with pytest.raises(AuthRejected, match=r"^rule 3\.5:"):
        check_auth_events(room.event(), elsewhere)


@EVERY
def test_4_a_closed_room_refuses_other_servers(version: RoomVersion) -> None:
    """3 before version 12."""
    room = eg.Room(version, create={"m.federate": False})
    room.join(eg.STRANGER)
    with pytest.raises(AuthRejected, match=r"^rule 4:"):
        check_auth(room.event(sender=eg.STRANGER), room.state)


@EVERY
def test_4_a_closed_room_takes_its_own_server(version: RoomVersion) -> None:
    room = eg.Room(version, create={"m.federate": False})
    check_auth(room.event(), room.state)


@EVERY
@pytest.mark.parametrize("federate", [True, None, "false", 0])
def test_4_only_false_closes_a_room(version: RoomVersion, federate: object) -> None:
    room = eg.Room(version, create={"m.federate": federate})
    room.join(eg.STRANGER)
    check_auth(room.event(sender=eg.STRANGER), room.state)


def test_a_new_row_of_flags_needs_no_new_rules() -> None:
    """The rules ask for flags alone: a made-up version behaves by its flags."""
    made_up = dataclasses.replace(V12, privileged_creators=False)
    check_create(eg.create_event({"additional_creators": "anything"}, version=made_up))
