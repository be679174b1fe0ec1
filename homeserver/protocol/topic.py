"""The topic of a room, as plain text.

Source: client-server-api, "m.room.topic".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def topic_content(topic: str) -> dict[str, Any]:
    """The content of an m.room.topic event for a plain text."""
    return {"topic": topic, "m.topic": {"m.text": [{"body": topic}]}}


def plain_topic(content: Mapping[str, Any]) -> str | None:
    """The ``text/plain`` representation, wherever the content keeps it; None if there is none."""
    rich = content.get("m.topic")
    texts = rich.get("m.text") if isinstance(rich, dict) else None
    for text in texts if isinstance(texts, list) else []:
        if isinstance(text, dict) and text.get("mimetype", "text/plain") == "text/plain":
            body = text.get("body")
            if isinstance(body, str):
                return body
    topic = content.get("topic")
    return topic if isinstance(topic, str) else None
