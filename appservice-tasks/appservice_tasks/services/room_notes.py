"""What the authority says in rooms by itself, in both languages: it does not know who reads it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def not_guarded(admins: Sequence[str]) -> dict[str, Any]:
    """To the administrators of a room whose power levels let others write tasks."""
    body = (
        "Tasks are switched off here: the permissions of this room let others write them, or keep "
        "the tasks service from it. An administrator can put that right in the room's settings."
        "\n\n"
        "Задачи здесь отключены: права в этой комнате позволяют писать их не только службе задач "
        "или мешают ей. Администратор может исправить это в настройках комнаты."
    )
    return message(body, admins)


def not_set_up() -> dict[str, Any]:
    """To a room that invited the authority and has no settings for tasks."""
    body = (
        "Tasks are not set up in this room yet: an administrator of the room can do that in its "
        "settings."
        "\n\n"
        "Задачи в этой комнате ещё не настроены: это может сделать администратор комнаты в её "
        "настройках."
    )
    return message(body, ())


def message(body: str, mentioned: Sequence[str], **more: Any) -> dict[str, Any]:
    """The payload of a chore that sends a notice."""
    content = {
        "msgtype": "m.notice",
        "body": body,
        "m.mentions": {"user_ids": list(mentioned)} if mentioned else {},
        **more,
    }
    return {"type": "m.room.message", "content": content}
