"""client-server-api: relationships, threads, event replacements."""

from __future__ import annotations

from typing import Any

import pytest

from homeserver.protocol.event import Event
from homeserver.protocol.relations import (
    Relation,
    edit_order,
    is_valid_edit,
    may_root_thread,
    relation_of,
    thread_root,
)
from tests import eg


@pytest.mark.parametrize(
    ("relates_to", "relation"),
    [
        (
            {"rel_type": "m.annotation", "event_id": "$x", "key": "👍"},
            Relation("m.annotation", "$x", key="👍"),
        ),
        ({"rel_type": "m.reference", "event_id": "$x"}, Relation("m.reference", "$x")),
        ({"m.in_reply_to": {"event_id": "$y"}}, Relation(in_reply_to="$y")),
        (
            {
                "rel_type": "m.thread",
                "event_id": "$x",
                "is_falling_back": True,
                "m.in_reply_to": {"event_id": "$y"},
            },
            Relation("m.thread", "$x", is_falling_back=True, in_reply_to="$y"),
        ),
        (
            {"rel_type": "m.thread", "event_id": "$x", "is_falling_back": 1},
            Relation("m.thread", "$x"),
        ),
        ({"rel_type": "m.thread", "event_id": 5}, None),
        ({"rel_type": 5, "event_id": "$x"}, None),
        ({"event_id": "$x"}, None),
        ({"m.in_reply_to": "$y"}, None),
        ({"m.in_reply_to": {"event_id": 5}}, None),
        ({"rel_type": "m.reference", "event_id": "$" + "x" * 255}, None),
        ({"rel_type": "m.reference", "event_id": "$nul\0"}, None),
        ({"rel_type": "nul\0", "event_id": "$x"}, None),
        ({"m.in_reply_to": {"event_id": "$nul\0"}}, None),
        ({}, None),
        ("text", None),
        (None, None),
    ],
)
def test_what_is_well_formed_is_read(relates_to: object, relation: Relation | None) -> None:
    assert relation_of({"m.relates_to": relates_to}) == relation


def test_most_events_relate_to_nothing() -> None:
    assert relation_of({"body": "x"}) is None


def related(rel_type: str, target: str = "$x", **content: Any) -> dict[str, Any]:
    return {"m.relates_to": {"rel_type": rel_type, "event_id": target}, **content}


def test_a_threads_events_name_its_root() -> None:
    assert thread_root(related("m.thread")) == "$x"
    assert thread_root(related("m.annotation")) is None
    assert thread_root({}) is None


def test_children_of_other_events_root_no_thread() -> None:
    assert may_root_thread(eg.event())
    assert may_root_thread(
        eg.event(content={"m.relates_to": {"m.in_reply_to": {"event_id": "$x"}}})
    )
    for rel_type in ("m.thread", "m.replace", "m.annotation", "m.reference"):
        assert not may_root_thread(eg.event(content=related(rel_type)))


ORIGINAL = eg.event()


def edit_of(original: Event, content: dict[str, Any] | None = None, **said: Any) -> Event:
    given = {"m.new_content": {"body": "new"}} if content is None else content
    return eg.event(content=related("m.replace", original.event_id, **given), **said)


def test_an_edit_by_the_sender_is_valid() -> None:
    assert is_valid_edit(edit_of(ORIGINAL), ORIGINAL)


@pytest.mark.parametrize(
    "edit",
    [
        edit_of(ORIGINAL, room_id="!other:a.example"),
        edit_of(ORIGINAL, sender=eg.BOB),
        edit_of(ORIGINAL, type="m.sticker"),
        edit_of(ORIGINAL, state_key=""),
        edit_of(ORIGINAL, {}),
        edit_of(ORIGINAL, {"m.new_content": "text"}),
        edit_of(eg.event(content={"body": "other"})),
        eg.event(content=related("m.reference", ORIGINAL.event_id)),
        eg.event(),
    ],
    ids=["room", "sender", "type", "state", "nothing new", "no object", "target", "kind", "none"],
)
def test_other_edits_are_not(edit: Event) -> None:
    assert not is_valid_edit(edit, ORIGINAL)


def test_state_is_not_edited() -> None:
    topic = eg.event("m.room.topic", {}, state_key="")
    assert not is_valid_edit(edit_of(topic, type="m.room.topic"), topic)


def test_an_edit_is_not_edited() -> None:
    first = edit_of(ORIGINAL)
    assert not is_valid_edit(edit_of(first), first)


def test_a_reply_in_a_thread_can_be_edited() -> None:
    reply = eg.event(content=related("m.thread", body="x"))
    assert is_valid_edit(edit_of(reply), reply)


def test_an_encrypted_edit_keeps_its_new_content_to_itself() -> None:
    secret = eg.event("m.room.encrypted", {"ciphertext": "x"})
    assert is_valid_edit(edit_of(secret, {"ciphertext": "y"}, type="m.room.encrypted"), secret)


def test_the_latest_edit_is_that_of_the_latest_time_then_the_greatest_id() -> None:
    early, late = edit_of(ORIGINAL, ts=5), edit_of(ORIGINAL, ts=6)
    other = edit_of(ORIGINAL, {"m.new_content": {}, "x": 1}, ts=6)
    latest = max([early, late, other], key=edit_order)
    assert latest.event_id == max(late.event_id, other.event_id)
