"""Events that this server makes."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest

from homeserver.errors import TooLarge, UnsupportedRoomVersion
from homeserver.protocol.event import Event
from homeserver.protocol.event_checks import check_pdu
from homeserver.protocol.hashing import event_id_of, has_valid_content_hash
from homeserver.protocol.room_versions import ROOM_VERSIONS, V5, V11, V12, RoomVersion, room_version
from homeserver.protocol.signing import verify_event
from tests import eg

BOTH = pytest.mark.parametrize("version", [V11, V12], ids=["v11", "v12"])

CASES: list[dict[str, Any]] = [
    {},
    {"type": "m.room.member", "state_key": eg.ANNA, "content": {"membership": "join", "x": 1}},
    {"type": "m.room.redaction", "content": {"reason": "x"}, "redacts": "$x"},
    {"type": "m.room.power_levels", "state_key": "", "content": {"users": {}, "x": {"y": "ё"}}},
]


def plain_json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


@BOTH
@pytest.mark.parametrize("said", CASES, ids=["message", "member", "redaction", "power"])
def test_a_built_event_is_hashed_and_signed(version: RoomVersion, said: dict[str, Any]) -> None:
    event = eg.event(version=version, **said)
    assert has_valid_content_hash(event.pdu)
    assert verify_event(event.pdu, version, eg.SERVER, eg.KEY.key_id, eg.KEY.public_key)
    assert event.event_id == event_id_of(event.pdu, version)
    assert event.to_bytes() == plain_json(event.pdu)


def test_the_event_id_is_the_url_safe_hash_of_the_redacted_event() -> None:
    """rooms/v4, "Event IDs", computed by hand."""
    event = eg.event()
    essential = {
        key: value for key, value in event.pdu.items() if key not in ("signatures", "unsigned")
    }
    digest = hashlib.sha256(plain_json({**essential, "content": {}})).digest()
    assert event.event_id == "$" + base64.urlsafe_b64encode(digest).decode().rstrip("=")
    assert len(event.event_id) == 44


def test_a_received_pdu_becomes_the_same_event() -> None:
    made = eg.event("m.room.topic", {"topic": "x"}, state_key="")
    for again in (
        Event.from_pdu(json.loads(made.to_bytes()), V12),
        Event.from_bytes(made.to_bytes(), V12, event_id=made.event_id),
    ):
        assert again.event_id == made.event_id
        assert again.pdu == made.pdu
        assert again.key == ("m.room.topic", "")
        assert again.to_bytes() == made.to_bytes()


def test_in_v12_the_create_event_carries_no_room_id_and_is_the_room() -> None:
    create = eg.create_event()
    assert "room_id" not in create.pdu
    assert create.room_id == "!" + create.event_id[1:]


def test_in_v11_the_create_event_carries_its_room_id() -> None:
    create = eg.create_event(version=V11)
    assert create.pdu["room_id"] == create.room_id
    assert create.room_id.endswith(":a.example")


@BOTH
def test_only_a_create_event_can_be_without_room_id(version: RoomVersion) -> None:
    with pytest.raises(ValueError, match="room_id"):
        eg.event(version=version, room_id=None)


def test_a_redaction_names_its_target_in_the_content() -> None:
    redaction = eg.event("m.room.redaction", {"reason": "spam"}, redacts="$target")
    assert redaction.content == {"reason": "spam", "redacts": "$target"}
    assert "redacts" not in redaction.pdu
    assert redaction.redacts == "$target"


@pytest.mark.parametrize("target", [5, None, ["$x"], "x", "$", "$\x00", "$" + "x" * 255])
def test_a_malformed_target_is_none(target: object) -> None:
    assert eg.event("m.room.redaction", {"redacts": target}).redacts is None


def test_only_redactions_redact() -> None:
    assert eg.event("m.room.message", {"redacts": "$x"}).redacts is None


def test_message_events_have_no_place_in_the_state() -> None:
    message = eg.event()
    assert not message.is_state
    with pytest.raises(ValueError, match="not a state event"):
        _ = message.key


@pytest.mark.parametrize(("value", "membership"), [("join", "join"), (5, None), (None, None)])
def test_membership_is_text_or_nothing(value: object, membership: str | None) -> None:
    event = eg.event("m.room.member", {"membership": value}, state_key=eg.ANNA)
    assert event.membership == membership
    assert eg.event("m.room.topic", {"membership": "join"}, state_key="").membership is None


def message_of(size: int) -> str:
    """A body with which the signed event has exactly `size` bytes."""
    empty = len(eg.event(content={"body": ""}).to_bytes())
    return "x" * (size - empty)


def test_an_event_of_65536_bytes_passes_and_one_more_is_too_large() -> None:
    event = eg.event(content={"body": message_of(65_536)})
    assert len(event.to_bytes()) == 65_536
    with pytest.raises(TooLarge) as refusal:
        eg.event(content={"body": message_of(65_537)})
    assert (refusal.value.status, refusal.value.errcode) == (413, "M_TOO_LARGE")


@pytest.mark.parametrize("letter", ["x", "я", "😀"])
@pytest.mark.parametrize("key", ["type", "state_key", "sender", "room_id"])
def test_keys_have_at_most_255_bytes(key: str, letter: str) -> None:
    size = len(letter.encode())
    longest = letter * (255 // size)
    said: dict[str, Any] = {"type": "m.x", "content": {}, key: longest}
    eg.event(**said)
    with pytest.raises(TooLarge, match=key):
        eg.event(**{**said, key: longest + letter})


def test_the_content_given_is_not_changed() -> None:
    content = {"reason": "x"}
    eg.event("m.room.redaction", content, redacts="$target")
    assert content == {"reason": "x"}


def test_each_version_is_found_under_its_name() -> None:
    assert [row.identifier for row in ROOM_VERSIONS.values()] == list(ROOM_VERSIONS)
    assert list(ROOM_VERSIONS) == [str(number) for number in range(1, 13)]


@pytest.mark.parametrize("unknown", ["0", "13", "", None, 12, ["12"]])
def test_an_unknown_version_is_refused(unknown: object) -> None:
    assert room_version("12") is V12
    with pytest.raises(UnsupportedRoomVersion):
        room_version(unknown)


@pytest.mark.parametrize(("version", "limit"), [(V5, 2**63 - 1), (V12, 2**53 - 1)])
def test_a_room_at_the_limit_of_depth_goes_on_there(version: RoomVersion, limit: int) -> None:
    """rooms/v3, v6, "Event format": `depth`. Somebody's word must not end a room for us."""
    event = eg.event(version=version, depth=limit + 1)
    assert event.depth == limit
    check_pdu(event.pdu, version)
