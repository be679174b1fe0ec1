"""Rooms of every version: made, written to, read, and verified afterwards."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from homeserver.protocol.event import Event
from homeserver.protocol.event_checks import check_pdu, required_signers
from homeserver.protocol.hashing import event_id_of, has_valid_content_hash, reference_hash
from homeserver.protocol.hashing import from_base64 as bytes_of
from homeserver.protocol.room_versions import ROOM_VERSIONS, RoomVersion
from homeserver.protocol.signing import SigningKey, verify_event
from homeserver.storage.verify import verify
from tests.harness.company import Company, ok
from tests.harness.engine import ANNA, BOB, CAROL

SERVER = "a.example"
versions = pytest.mark.parametrize("version", ROOM_VERSIONS.values(), ids=list(ROOM_VERSIONS))


@versions
async def test_a_room_of_any_version_lives(
    company: Company, version: RoomVersion, migrated_database_url: str
) -> None:
    """Created, joined, talked in, redacted, a member banned; read back from the database."""
    room = await company.create(ANNA, room_version=version.identifier, preset="public_chat")
    assert room.endswith(f":{SERVER}") is not version.room_id_is_create_hash
    for user in (BOB, CAROL):
        await ok(company.do(user, "join", room))
    await ok(company.set(ANNA, room, "m.room.topic", {"topic": "versions"}))
    await ok(company.do(ANNA, "ban", room, user_id=CAROL))
    assert (await company.send(CAROL, room)).status == 403
    said = (await ok(company.send(BOB, room, "hello")))["event_id"]
    path = f"v3/rooms/{quote(room)}/redact/{quote(said, safe='')}/r"
    await ok(company.api.put(BOB, path, {"reason": "no"}))

    company.engine.heads.drop(await company.engine.heads.get(room))
    assert await company.content(room, "m.room.topic") == {"topic": "versions"}
    await ok(company.send(ANNA, room, "and on", txn="2"))
    events = [stored.event for stored in await company.timeline(room)]
    assert [event.content.get("body") for event in events[-3:]] == [None, None, "and on"]
    _check_events(events, company.engine.signing_key)
    assert await verify(migrated_database_url) == []


def _check_events(events: list[Event], key: SigningKey) -> None:
    """The events would pass at another server."""
    by_id = {event.event_id: event for event in events}
    for event in events:
        pdu, version = event.pdu, event.version
        check_pdu(pdu, version)
        assert event_id_of(pdu, version) == event.event_id
        redacted = event.content.get("body") is None and event.type == "m.room.message"
        assert has_valid_content_hash(pdu, strict=version.strict_json) is not redacted
        assert required_signers(event) == {SERVER}
        assert verify_event(pdu, version, SERVER, key.key_id, key.public_key)
        _check_references(event, by_id)


def _check_references(event: Event, by_id: dict[str, Event]) -> None:
    version = event.version
    for key in ("prev_events", "auth_events"):
        for reference in event.pdu[key]:
            if version.hashed_references:
                event_id, hashes = reference
                expected = reference_hash(by_id[event_id].pdu, version)
                assert bytes_of(hashes["sha256"]) == expected
            else:
                assert reference in by_id
