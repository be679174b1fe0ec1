"""rooms/v1 to rooms/v12, "Event format", "Event IDs", "Canonical JSON", "Signing key validity"."""

from __future__ import annotations

import base64
import re
from typing import Any

import pytest

from homeserver.errors import BadJson
from homeserver.protocol.canonical_json import decode_lenient
from homeserver.protocol.event import Event
from homeserver.protocol.event_checks import check_pdu, required_signers
from homeserver.protocol.handle_redaction import is_applied
from homeserver.protocol.hashing import event_id_of, has_valid_content_hash, reference_hash
from homeserver.protocol.power_levels import PowerLevels
from homeserver.protocol.room_versions import V1, V3, V4, RoomVersion
from homeserver.protocol.signing import key_was_valid, sign_event, verify_event
from tests import eg
from tests.spec.each_version import EVERY, since, until

WEEK = 7 * 24 * 3600 * 1000


@until(2)
def test_v1_event_ids_name_the_server_and_stand_in_the_event(version: RoomVersion) -> None:
    event = eg.event(version=version)
    assert re.fullmatch(r"\$[A-Za-z0-9_-]+:a\.example", event.event_id)
    assert event.pdu["event_id"] == event.event_id == event_id_of(event.pdu, version)


@until(2)
def test_v1_event_ids_are_locally_unique(version: RoomVersion) -> None:
    ids = {eg.event(version=version, depth=depth).event_id for depth in range(5)}
    assert len(ids) == 5


@since(3)
def test_v3_event_ids_stand_not_in_the_event(version: RoomVersion) -> None:
    assert "event_id" not in eg.event(version=version).pdu


def test_v3_event_ids_are_the_reference_hash_in_base64() -> None:
    ids = [eg.event(version=V3, depth=depth) for depth in range(20)]
    for event in ids:
        expected = base64.b64encode(reference_hash(event.pdu, V3)).decode().rstrip("=")
        assert event.event_id == f"${expected}"
    assert any("/" in event.event_id or "+" in event.event_id for event in ids)


@since(4)
def test_v4_event_ids_are_the_reference_hash_in_url_safe_base64(version: RoomVersion) -> None:
    event = eg.event(version=version)
    expected = base64.urlsafe_b64encode(reference_hash(event.pdu, version)).decode().rstrip("=")
    assert event.event_id == f"${expected}"


@until(2)
def test_v1_references_are_pairs_of_an_id_and_its_hash(version: RoomVersion) -> None:
    event = eg.event(version=version, prev_events=["$a:b", "$c:d"], auth_events=["$e:f"])
    hashes = {"sha256": "h" * 43}
    assert event.pdu["prev_events"] == [["$a:b", hashes], ["$c:d", hashes]]
    assert event.prev_events == ["$a:b", "$c:d"]
    assert event.auth_events == ["$e:f"]
    read = Event.from_bytes(event.to_bytes(), version, event_id=event.event_id)
    assert (read.prev_events, read.pdu) == (event.prev_events, event.pdu)


@since(3)
def test_v3_references_are_ids(version: RoomVersion) -> None:
    event = eg.event(version=version, prev_events=["$a", "$c"], auth_events=["$e"])
    assert event.pdu["prev_events"] == event.prev_events == ["$a", "$c"]
    assert event.pdu["auth_events"] == event.auth_events == ["$e"]


@EVERY
def test_an_event_of_its_version_passes(version: RoomVersion) -> None:
    for event in (eg.event(version=version), eg.create_event(version=version)):
        check_pdu(event.pdu, version)
        assert Event.from_pdu(event.pdu, version).event_id == event.event_id
        assert has_valid_content_hash(event.pdu, strict=version.strict_json)
        assert verify_event(event.pdu, version, eg.SERVER, eg.KEY.key_id, eg.KEY.public_key)


@until(2)
@pytest.mark.parametrize("reference", ["$a:b", ["$a:b"], [5, {}], ["$a:b", "h"], {}, None])
def test_v1_other_references_do_not(version: RoomVersion, reference: object) -> None:
    pdu = eg.event(version=version).pdu
    for key in ("prev_events", "auth_events"):
        with pytest.raises(BadJson):
            check_pdu({**pdu, key: [reference]}, version)


@since(3)
@pytest.mark.parametrize("reference", [["$a:b", {"sha256": "h"}], 5, {}, None])
def test_v3_other_references_do_not(version: RoomVersion, reference: object) -> None:
    pdu = eg.event(version=version).pdu
    for key in ("prev_events", "auth_events"):
        with pytest.raises(BadJson):
            check_pdu({**pdu, key: [reference]}, version)


@until(2)
@pytest.mark.parametrize("event_id", ["", "x", 5, None, "$" + "x" * 255])
def test_v1_an_event_has_an_id(version: RoomVersion, event_id: object) -> None:
    with pytest.raises(BadJson):
        check_pdu({**eg.event(version=version).pdu, "event_id": event_id}, version)


@until(2)
def test_v1_the_server_of_the_event_id_signs_too(version: RoomVersion) -> None:
    """rooms/v3: "in room versions 1 and 2, events need a signature from the domain of the"..."""
    pdu = {**eg.event(version=version).pdu, "event_id": "$x:z.example"}
    assert required_signers(Event.from_pdu(pdu, version)) == {"a.example", "z.example"}


@until(5)
@pytest.mark.parametrize("depth", [2**53, 2**63 - 1])
def test_v1_depth_goes_up_to_63_bits(version: RoomVersion, depth: int) -> None:
    check_pdu({**eg.event(version=version).pdu, "depth": depth}, version)
    with pytest.raises(BadJson):
        check_pdu({**eg.event(version=version).pdu, "depth": 2**63}, version)


@since(6)
def test_v6_depth_goes_up_to_53_bits(version: RoomVersion) -> None:
    pdu = eg.event(version=version).pdu
    check_pdu({**pdu, "depth": 2**53 - 1}, version)
    with pytest.raises(BadJson):
        check_pdu({**pdu, "depth": 2**53}, version)


NUMBERS = ["1.5", "-0.0", "1e16", "0.1", str(2**53), str(-(2**70)), str(10**30)]


@since(6)
@pytest.mark.parametrize("number", NUMBERS)
def test_v6_canonical_json_is_enforced(version: RoomVersion, number: str) -> None:
    content = decode_lenient(f'{{"n":[{number}]}}'.encode())
    with pytest.raises(BadJson):
        check_pdu({**eg.event(version=version).pdu, "content": content}, version)


@until(5)
@pytest.mark.parametrize(
    ("number", "written"),
    [
        ("1.50", "1.5"),
        ("1e16", "1e+16"),
        ("1E2", "100.0"),
        ("-0.0", "-0.0"),
        ("1e-7", "1e-07"),
        (str(2**53), str(2**53)),
        (str(-(2**70)), str(-(2**70))),
    ],
)
def test_v1_canonical_json_is_not_enforced(version: RoomVersion, number: str, written: str) -> None:
    """Such events are taken, kept and verified, in the form that other servers give numbers."""
    pdu: dict[str, Any] = {
        **eg.event(version=version).pdu,
        "content": decode_lenient(f'{{"n":[{number}]}}'.encode()),
    }
    pdu = sign_event(pdu, version, eg.KEY, eg.SERVER)
    check_pdu(pdu, version)
    event = Event.from_pdu(pdu, version)
    assert f'"content":{{"n":[{written}]}}'.encode() in event.to_bytes()
    event.put_away()
    read = Event.from_bytes(event.to_bytes(), version, event_id=event.event_id)
    assert read.pdu == event.pdu == pdu
    assert read.to_bytes() == event.to_bytes()
    assert verify_event(pdu, version, eg.SERVER, eg.KEY.key_id, eg.KEY.public_key)


@until(4)
def test_v1_an_expired_key_still_verifies(version: RoomVersion) -> None:
    assert key_was_valid(version, 1000, valid_until_ts=0, now=5000)


@since(5)
def test_v5_a_key_is_valid_until_it_says_so(version: RoomVersion) -> None:
    assert key_was_valid(version, 1000, valid_until_ts=1000, now=5000)
    assert not key_was_valid(version, 1001, valid_until_ts=1000, now=5000)


@since(5)
def test_v5_a_key_is_valid_for_a_week_ahead_at_most(version: RoomVersion) -> None:
    assert key_was_valid(version, 5000 + WEEK, valid_until_ts=2**53, now=5000)
    assert not key_was_valid(version, 5001 + WEEK, valid_until_ts=2**53, now=5000)


def redaction(version: RoomVersion, sender: str) -> Event:
    return eg.event("m.room.redaction", {}, redacts="$x", sender=sender, version=version)


@since(3)
def test_v3_handling_redactions_1_by_the_level_to_redact(version: RoomVersion) -> None:
    target = eg.event(sender=eg.STRANGER, version=version)
    levels = PowerLevels({"users": {eg.BOB: 50}}, version=version)
    assert is_applied(redaction(version, eg.BOB), target, levels)
    assert not is_applied(redaction(version, eg.CAROL), target, levels)


@since(3)
def test_v3_handling_redactions_2_by_the_same_server(version: RoomVersion) -> None:
    target = eg.event(sender=eg.ANNA, version=version)
    assert is_applied(redaction(version, eg.CAROL), target, PowerLevels({}, version=version))


@until(2)
def test_v1_redactions_that_were_allowed_are_applied(version: RoomVersion) -> None:
    target = eg.event(sender=eg.STRANGER, version=version)
    assert is_applied(redaction(version, eg.CAROL), target, PowerLevels({}, version=version))


@until(10)
def test_until_version_10_the_target_of_a_redaction_stands_at_the_top(
    version: RoomVersion,
) -> None:
    assert redaction(version, eg.ANNA).pdu["redacts"] == "$x"
    assert redaction(version, eg.ANNA).redacts == "$x"


@since(11)
def test_since_version_11_it_stands_in_the_content(version: RoomVersion) -> None:
    event = redaction(version, eg.ANNA)
    assert (event.content["redacts"], event.redacts) == ("$x", "$x")
    assert "redacts" not in event.pdu


@until(11)
def test_until_version_11_a_create_event_names_its_room(version: RoomVersion) -> None:
    assert "room_id" in eg.create_event(version=version).pdu


@since(12)
def test_v12_the_room_id_is_the_hash_of_the_create_event(version: RoomVersion) -> None:
    create = eg.create_event(version=version)
    assert "room_id" not in create.pdu
    assert create.room_id == "!" + create.event_id[1:]


def test_the_rows_differ_where_the_specification_says_so() -> None:
    assert [V1.event_ids.value, V3.event_ids.value, V4.event_ids.value] == [
        "given",
        "hash",
        "url-safe hash",
    ]
