"""rooms/v11, "Redactions" (unchanged in version 12)."""

from __future__ import annotations

from typing import Any

import pytest

from homeserver.protocol.redaction import redact
from homeserver.protocol.room_versions import V11, V12, RoomVersion

KEPT = [
    "event_id",
    "type",
    "room_id",
    "sender",
    "state_key",
    "content",
    "hashes",
    "signatures",
    "depth",
    "prev_events",
    "auth_events",
    "origin_server_ts",
]
LOST = ["origin", "membership", "prev_state", "redacts", "unsigned", "age_ts", "org.example"]

BOTH = pytest.mark.parametrize("version", [V11, V12], ids=["v11", "v12"])


@BOTH
def test_the_essential_keys_are_kept_and_all_others_lost(version: RoomVersion) -> None:
    pdu: dict[str, Any] = {key: f"value of {key}" for key in KEPT + LOST} | {"content": {}}
    assert redact(pdu, version) == {key: pdu[key] for key in KEPT}


POWER = {
    "ban": 1,
    "events": {"x": 1},
    "events_default": 2,
    "invite": 3,
    "kick": 4,
    "redact": 5,
    "state_default": 6,
    "users": {"@a:b": 7},
    "users_default": 8,
}
RULES = {"join_rule": "restricted", "allow": [{"type": "m.room_membership"}]}


@BOTH
@pytest.mark.parametrize(
    ("event_type", "kept"),
    [
        ("m.room.member", {"membership": "join", "join_authorised_via_users_server": "@a:b"}),
        ("m.room.create", {"room_version": "12", "predecessor": {}, "any.thing": 1, "reason": "x"}),
        ("m.room.join_rules", RULES),
        ("m.room.power_levels", POWER),
        ("m.room.history_visibility", {"history_visibility": "shared"}),
        ("m.room.redaction", {"redacts": "$x"}),
        ("m.room.aliases", {}),
        ("m.room.message", {}),
        ("m.room.topic", {}),
        ("org.example", {}),
    ],
)
def test_of_each_type_the_listed_content_is_kept(
    version: RoomVersion, event_type: str, kept: dict[str, Any]
) -> None:
    content = {"body": "x", "displayname": "x", "notifications": {}, "aliases": [], **kept}
    expected = content if event_type == "m.room.create" else kept
    assert redact({"type": event_type, "content": content}, version)["content"] == expected


@BOTH
def test_of_a_third_party_invite_the_signed_part_is_kept(version: RoomVersion) -> None:
    content = {
        "membership": "invite",
        "third_party_invite": {"display_name": "Bob", "signed": {"mxid": "@b:c"}},
    }
    assert redact({"type": "m.room.member", "content": content}, version)["content"] == {
        "membership": "invite",
        "third_party_invite": {"signed": {"mxid": "@b:c"}},
    }


@BOTH
@pytest.mark.parametrize("invite", ["text", {}, {"display_name": "Bob"}, None])
def test_a_third_party_invite_without_it_is_lost(version: RoomVersion, invite: object) -> None:
    content = {"membership": "invite", "third_party_invite": invite}
    redacted = redact({"type": "m.room.member", "content": content}, version)
    assert redacted["content"] == {"membership": "invite"}


@BOTH
def test_redacting_changes_nothing_in_place(version: RoomVersion) -> None:
    content = {"membership": "join", "displayname": "Anna"}
    pdu = {"type": "m.room.member", "content": content, "origin": "x"}
    redact(pdu, version)
    assert pdu == {"type": "m.room.member", "content": content, "origin": "x"}
    assert content == {"membership": "join", "displayname": "Anna"}


@BOTH
def test_redacting_twice_changes_nothing_more(version: RoomVersion) -> None:
    once = redact({"type": "m.room.power_levels", "content": {**POWER, "x": 1}}, version)
    assert redact(once, version) == once


@BOTH
@pytest.mark.parametrize("content", [None, "text", 5, []])
def test_a_content_that_is_no_object_becomes_one(version: RoomVersion, content: object) -> None:
    assert redact({"type": "m.room.message", "content": content}, version)["content"] == {}
