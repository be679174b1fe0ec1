"""Which events are messages, and what they say."""

from __future__ import annotations

from typing import Any

import pytest

from appservice_tasks.matrix_client import MatrixEvent
from appservice_tasks.services.messages import NewMessage, message_of


def _event(content: dict[str, Any], **more: Any) -> MatrixEvent:
    event: Any = {
        "event_id": "$1",
        "room_id": "!a",
        "type": "m.room.message",
        "sender": "@olga:a.example",
        "origin_server_ts": 1000,
        "content": content,
        **more,
    }
    made: MatrixEvent = event
    return made


TEXT = {"msgtype": "m.text", "body": "hello"}


def test_a_message_has_the_shape_of_the_contract() -> None:
    assert message_of(_event(TEXT)) == {
        "event_id": "$1",
        "room_id": "!a",
        "sender": "@olga:a.example",
        "ts": 1000,
        "type": "m.text",
        "body": "hello",
    }


def test_a_message_of_a_thread_names_its_root() -> None:
    thread = {"rel_type": "m.thread", "event_id": "$root"}
    shown = message_of(_event({**TEXT, "m.relates_to": thread}))
    assert shown is not None
    assert shown["thread"] == "$root"


def test_an_edited_message_says_the_newest() -> None:
    edit = {"content": {"m.new_content": {"msgtype": "m.text", "body": "goodbye"}}}
    shown = message_of(_event(TEXT, unsigned={"m.relations": {"m.replace": edit}}))
    assert shown is not None
    assert shown["body"] == "goodbye"


@pytest.mark.parametrize(
    ("content", "more"),
    [
        ({}, {}),
        ({"msgtype": "m.text"}, {}),
        ({"msgtype": 1, "body": "x"}, {}),
        ({**TEXT, "m.relates_to": {"rel_type": "m.replace", "event_id": "$0"}}, {}),
        ({**TEXT, "org.teammessenger.card": {"task_id": "1"}}, {}),
        (TEXT, {"type": "m.reaction"}),
        (TEXT, {"state_key": ""}),
    ],
)
def test_what_is_no_message_of_its_own_is_left_out(
    content: dict[str, Any], more: dict[str, Any]
) -> None:
    assert message_of(_event(content, **more)) is None


@pytest.mark.parametrize("relation", [None, "x", [], {"rel_type": "m.thread", "event_id": 1}])
def test_strange_relations_do_no_harm(relation: Any) -> None:
    shown = message_of(_event({**TEXT, "m.relates_to": relation}))
    assert shown is not None
    assert "thread" not in shown


def test_what_is_written_becomes_content() -> None:
    assert NewMessage("hi", "<b>hi</b>", "$root").content() == {
        "msgtype": "m.text",
        "body": "hi",
        "format": "org.matrix.custom.html",
        "formatted_body": "<b>hi</b>",
        "m.relates_to": {"rel_type": "m.thread", "event_id": "$root"},
    }
