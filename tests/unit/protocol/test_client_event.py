"""Events as clients see them."""

from __future__ import annotations

import dataclasses
import json

from homeserver.protocol.client_event import (
    client_bytes,
    client_event,
    federation_event,
    redacted_event,
    stripped_event,
    with_unsigned,
)
from homeserver.protocol.room_versions import V11
from tests import eg

EVENT = eg.event("m.room.topic", {"topic": "x"}, state_key="")


def test_a_client_sees_the_event_without_what_servers_need() -> None:
    assert client_event(EVENT) == {
        "content": {"topic": "x"},
        "event_id": EVENT.event_id,
        "origin_server_ts": 1_700_000_000_000,
        "room_id": eg.ROOM_ID,
        "sender": eg.ANNA,
        "state_key": "",
        "type": "m.room.topic",
    }


def test_in_sync_the_room_is_not_named_again() -> None:
    assert "room_id" not in client_event(EVENT, with_room_id=False)


def test_a_message_has_no_state_key() -> None:
    assert "state_key" not in client_event(eg.event())


def test_a_v12_create_event_shows_its_room() -> None:
    create = eg.create_event()
    assert client_event(create)["room_id"] == create.room_id


def test_shared_bytes_are_the_same_event() -> None:
    for with_room_id in (True, False):
        shared = client_bytes(EVENT, with_room_id)
        assert json.loads(shared) == client_event(EVENT, with_room_id=with_room_id)


def test_unsigned_is_spliced_into_shared_bytes() -> None:
    spliced = with_unsigned(client_bytes(EVENT, True), b'{"age":5}')
    assert json.loads(spliced) == client_event(EVENT, unsigned={"age": 5})


def test_a_redaction_names_its_target_at_both_places() -> None:
    """rooms/v11, "Moving the redacts property"."""
    redaction = eg.event("m.room.redaction", {"reason": "x"}, redacts="$target")
    shown = client_event(redaction)
    assert shown["redacts"] == shown["content"]["redacts"] == "$target"


def test_so_it_does_in_rooms_that_keep_it_at_the_top() -> None:
    older = dataclasses.replace(V11, redacts_in_content=False)
    redaction = eg.event("m.room.redaction", {"reason": "x"}, redacts="$target", version=older)
    assert redaction.pdu["redacts"] == "$target"
    assert redaction.content == {"reason": "x"}
    shown = client_event(redaction)
    assert shown["redacts"] == shown["content"]["redacts"] == "$target"


def test_a_redacted_event_shows_what_is_left_and_why() -> None:
    message = eg.event()
    redaction = eg.event("m.room.redaction", {"reason": "spam"}, redacts=message.event_id)
    shown = client_event(
        message, with_room_id=False, redacted_because=redaction, unsigned={"age": 5}
    )
    assert shown["content"] == {}
    assert shown["unsigned"] == {
        "age": 5,
        "redacted_because": client_event(redaction, with_room_id=False),
    }


def test_showing_changes_nothing_in_place() -> None:
    unsigned = {"age": 5}
    message = eg.event()
    client_event(message, redacted_because=eg.event(), unsigned=unsigned)
    assert unsigned == {"age": 5}
    assert message.content == {"msgtype": "m.text", "body": "hello"}


def test_redacting_keeps_the_id() -> None:
    message = eg.event()
    redacted = redacted_event(message)
    assert redacted.event_id == message.event_id
    assert redacted.content == {}
    assert redacted.pdu["hashes"] == message.pdu["hashes"]
    assert redacted.to_bytes() != message.to_bytes()


def test_a_redacted_v12_create_event_is_still_its_room() -> None:
    create = eg.create_event()
    assert redacted_event(create).room_id == create.room_id


def test_the_federation_format_is_the_pdu() -> None:
    message = eg.event()
    assert federation_event(message) == message.pdu
    assert federation_event(message, redacted_because=eg.event())["content"] == {}


def test_strangers_see_state_stripped() -> None:
    assert stripped_event(EVENT) == {
        "content": {"topic": "x"},
        "sender": eg.ANNA,
        "state_key": "",
        "type": "m.room.topic",
    }
