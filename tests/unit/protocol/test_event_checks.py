"""The shape of events, given by clients and by other servers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeserver.errors import BadJson, InvalidParam, MatrixError
from homeserver.protocol.event import Event
from homeserver.protocol.event_checks import check_local, check_pdu, required_signers
from homeserver.protocol.room_versions import V11, V12
from tests import eg

GOOD = eg.event("m.room.topic", {"topic": "x"}, state_key="").pdu


def test_our_own_events_pass() -> None:
    check_pdu(GOOD, V12)
    check_pdu(eg.create_event().pdu, V12)
    check_pdu(eg.create_event(version=V11).pdu, V11)


REQUIRED = [
    "type",
    "sender",
    "content",
    "hashes",
    "signatures",
    "depth",
    "origin_server_ts",
    "prev_events",
    "auth_events",
    "room_id",
]


@pytest.mark.parametrize("key", REQUIRED)
def test_no_required_key_may_be_absent(key: str) -> None:
    with pytest.raises(BadJson):
        check_pdu({name: value for name, value in GOOD.items() if name != key}, V12)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("type", 5),
        ("sender", "anna"),
        ("sender", "@anna"),
        ("state_key", None),
        ("state_key", 5),
        ("content", []),
        ("content", {"deep": [1.5]}),
        ("hashes", {"sha256": 5}),
        ("hashes", {}),
        ("signatures", []),
        ("signatures", {"a": "b"}),
        ("signatures", {"a": {"b": 5}}),
        ("depth", "5"),
        ("depth", True),
        ("depth", -1),
        ("depth", 2**53),
        ("origin_server_ts", None),
        ("origin_server_ts", -5),
        ("prev_events", "x"),
        ("prev_events", [5]),
        ("prev_events", [["$x", {"sha256": "y"}]]),
        ("prev_events", ["$x"] * 21),
        ("auth_events", ["$x"] * 11),
        ("room_id", "room"),
        ("room_id", None),
        ("unsigned", []),
    ],
)
def test_no_key_may_have_another_type(key: str, value: object) -> None:
    with pytest.raises(BadJson):
        check_pdu({**GOOD, key: value}, V12)


def test_as_many_references_as_allowed_pass() -> None:
    check_pdu({**GOOD, "prev_events": ["$x"] * 20, "auth_events": ["$x"] * 10}, V12)


def test_a_v12_create_event_with_a_room_id_is_left_to_the_rules() -> None:
    check_pdu({**eg.create_event().pdu, "room_id": "!x:a.example"}, V12)
    with pytest.raises(BadJson):
        check_pdu({**eg.create_event().pdu, "room_id": 5}, V12)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([*REQUIRED, "state_key", "unsigned"]), json_values))
def test_whatever_passes_can_become_an_event(changes: dict[str, Any]) -> None:
    pdu = {**GOOD, **changes}
    try:
        check_pdu(pdu, V12)
        event = Event.from_pdu(pdu, V12)
    except MatrixError as error:
        assert error.status == 400  # noqa: PT017 - any refusal must be the sender's fault
        return
    assert isinstance(event.membership, str | None)
    assert isinstance(event.redacts, str | None)


@pytest.mark.parametrize("content", [None, [], "text", 5])
def test_content_is_an_object(content: object) -> None:
    with pytest.raises(BadJson):
        check_local("m.x", None, content)


@pytest.mark.parametrize(
    ("event_type", "state_key"),
    [(5, None), (None, None), ("m.x", 5), ("m\x00", None), ("m", "\x00")],
)
def test_type_and_state_key_are_text_without_nul(event_type: object, state_key: object) -> None:
    with pytest.raises(InvalidParam):
        check_local(event_type, state_key, {})


def test_what_clients_usually_send_passes() -> None:
    check_local("m.room.message", None, {"body": "a\x00b"})
    check_local("m.room.topic", "", {})


def test_an_event_is_signed_by_its_senders_server() -> None:
    assert required_signers(eg.event(sender="@zoe:z.example:8448")) == {"z.example:8448"}


def test_a_third_party_invite_may_come_from_anywhere() -> None:
    content = {"membership": "invite", "third_party_invite": {}}
    assert required_signers(eg.event("m.room.member", content, state_key=eg.BOB)) == set()
