"""rooms/v1 to rooms/v12, "Redactions": what survives, in every version."""

from __future__ import annotations

from typing import Any

import pytest

from homeserver.protocol.redaction import redact
from homeserver.protocol.room_versions import RoomVersion
from tests.spec.each_version import EVERY, numbered, since, until

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
LOST = ["redacts", "unsigned", "age_ts", "org.example"]
LOST_SINCE_11 = ["origin", "membership", "prev_state"]


@EVERY
def test_the_essential_keys_are_kept_and_all_others_lost(version: RoomVersion) -> None:
    names = KEPT + LOST + LOST_SINCE_11
    pdu: dict[str, Any] = {key: f"value of {key}" for key in names} | {"content": {}}
    kept = KEPT if version in numbered(11, 12) else KEPT + LOST_SINCE_11
    assert redact(pdu, version) == {key: pdu[key] for key in kept}


POWER = {
    "ban": 1,
    "events": {"x": 1},
    "events_default": 2,
    "kick": 4,
    "redact": 5,
    "state_default": 6,
    "users": {"@a:b": 7},
    "users_default": 8,
}
JOIN = {"membership": "join"}
AUTHORISED = {**JOIN, "join_authorised_via_users_server": "@a:b"}
RULE = {"join_rule": "restricted"}
ALLOW = {**RULE, "allow": [{"type": "m.room_membership"}]}
ALIASES: dict[str, Any] = {"aliases": ["#a:b"]}
REDACTS = {"redacts": "$x"}
MORE: dict[str, Any] = {
    "body": "x",
    "displayname": "x",
    "notifications": {},
    "creator": "@a:b",
    "reason": "x",
    **AUTHORISED,
    **ALLOW,
    **ALIASES,
    **REDACTS,
    **POWER,
    "invite": 3,
    "history_visibility": "shared",
}
"""A content of everything that survives in some event."""

SURVIVES: list[tuple[int, int, str, dict[str, Any]]] = [
    (1, 8, "m.room.member", JOIN),
    (9, 12, "m.room.member", AUTHORISED),
    (1, 10, "m.room.create", {"creator": "@a:b"}),
    (11, 12, "m.room.create", MORE),
    (1, 7, "m.room.join_rules", RULE),
    (8, 12, "m.room.join_rules", ALLOW),
    (1, 10, "m.room.power_levels", POWER),
    (11, 12, "m.room.power_levels", {**POWER, "invite": 3}),
    (1, 5, "m.room.aliases", ALIASES),
    (6, 12, "m.room.aliases", {}),
    (1, 12, "m.room.history_visibility", {"history_visibility": "shared"}),
    (1, 10, "m.room.redaction", {}),
    (11, 12, "m.room.redaction", REDACTS),
    (1, 12, "m.room.message", {}),
    (1, 12, "m.room.topic", {}),
    (1, 12, "org.example", {}),
]


@pytest.mark.parametrize(
    ("version", "event_type", "kept"),
    [
        pytest.param(version, event_type, kept, id=f"v{version.identifier}-{event_type}")
        for first, last, event_type, kept in SURVIVES
        for version in numbered(first, last)
    ],
)
def test_of_each_type_the_listed_content_is_kept(
    version: RoomVersion, event_type: str, kept: dict[str, Any]
) -> None:
    assert redact({"type": event_type, "content": MORE}, version)["content"] == kept


@until(10)
def test_until_version_10_of_a_third_party_invite_nothing_is_kept(version: RoomVersion) -> None:
    content = {"membership": "invite", "third_party_invite": {"signed": {"mxid": "@b:c"}}}
    redacted = redact({"type": "m.room.member", "content": content}, version)
    assert redacted["content"] == {"membership": "invite"}


@since(11)
def test_of_a_third_party_invite_the_signed_part_is_kept(version: RoomVersion) -> None:
    content = {
        "membership": "invite",
        "third_party_invite": {"display_name": "Bob", "signed": {"mxid": "@b:c"}},
    }
    assert redact({"type": "m.room.member", "content": content}, version)["content"] == {
        "membership": "invite",
        "third_party_invite": {"signed": {"mxid": "@b:c"}},
    }


@EVERY
@pytest.mark.parametrize("invite", ["text", {}, {"display_name": "Bob"}, None])
def test_a_third_party_invite_without_it_is_lost(version: RoomVersion, invite: object) -> None:
    content = {"membership": "invite", "third_party_invite": invite}
    redacted = redact({"type": "m.room.member", "content": content}, version)
    assert redacted["content"] == {"membership": "invite"}


@EVERY
def test_redacting_changes_nothing_in_place(version: RoomVersion) -> None:
    content = {"membership": "join", "displayname": "Anna"}
    pdu = {"type": "m.room.member", "content": content, "origin": "x"}
    redact(pdu, version)
    assert pdu == {"type": "m.room.member", "content": content, "origin": "x"}
    assert content == {"membership": "join", "displayname": "Anna"}


@EVERY
def test_redacting_twice_changes_nothing_more(version: RoomVersion) -> None:
    once = redact({"type": "m.room.power_levels", "content": {**POWER, "x": 1}}, version)
    assert redact(once, version) == once


@EVERY
@pytest.mark.parametrize("content", [None, "text", 5, []])
def test_a_content_that_is_no_object_becomes_one(version: RoomVersion, content: object) -> None:
    assert redact({"type": "m.room.message", "content": content}, version)["content"] == {}
