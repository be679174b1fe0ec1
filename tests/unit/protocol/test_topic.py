"""m.room.topic: the plain text among the representations of a topic."""

from __future__ import annotations

from typing import Any

import pytest

from homeserver.protocol.topic import plain_topic, topic_content


def test_a_plain_topic_is_written_both_ways() -> None:
    content = topic_content("hello")
    assert content == {"topic": "hello", "m.topic": {"m.text": [{"body": "hello"}]}}
    assert plain_topic(content) == "hello"


def test_the_plain_text_is_found_among_others() -> None:
    texts = [{"mimetype": "text/html", "body": "<b>x</b>"}, {"mimetype": "text/plain", "body": "x"}]
    assert plain_topic({"topic": "old", "m.topic": {"m.text": texts}}) == "x"


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"topic": 5},
        {"m.topic": []},
        {"m.topic": {"m.text": "x"}},
        {"m.topic": {"m.text": [5, {"body": 5}, {"mimetype": "text/html", "body": "x"}]}},
    ],
)
def test_what_is_no_text_is_no_topic(content: dict[str, Any]) -> None:
    assert plain_topic(content) is None
