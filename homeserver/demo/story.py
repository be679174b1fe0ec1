"""What is said in the demo, read from `story.yaml` and put in the order of time."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ADMIN = "admin"
"""Stands for the administrator, whatever the account is called."""


@dataclass(frozen=True)
class Message:
    """Something that was said. ts: milliseconds since the epoch.

    relates: `reply`, `thread` or `edit`, with the label of the message that is meant. likes: who
    reacted with what.
    """

    ts: int
    room: str
    sender: str
    text: str
    label: str
    relates: tuple[str, str] | None = None
    likes: Mapping[str, list[str]] = field(default_factory=dict)
    file: str | None = None
    redacted: bool = False


@dataclass(frozen=True)
class Room:
    """A room and who is in it; a direct room has no name."""

    key: str
    creator: str
    members: list[str]
    name: str | None = None
    topic: str | None = None
    public: bool = False


@dataclass(frozen=True)
class Story:
    """The whole demo. people: display names by localpart. messages: oldest first."""

    people: Mapping[str, str]
    rooms: list[Room]
    messages: list[Message]


def read_story(now: datetime.datetime) -> Story:
    """The story as told at `now`, a time with a zone: its days are days of that zone."""
    text = Path(__file__).with_name("story.yaml").read_text(encoding="utf-8")
    values: dict[str, Any] = yaml.safe_load(text)
    rooms: list[Room] = []
    messages: list[Message] = []
    for key, value in values["rooms"].items():
        rooms.append(
            Room(
                key,
                value["creator"],
                value["members"],
                value["name"],
                value["topic"],
                value.get("public", False),
            )
        )
        messages += _messages(key, value["messages"], now)
    for value in values["direct"]:
        creator, other = value["between"]
        key = f"{creator} and {other}"
        rooms.append(Room(key, creator, [other]))
        messages += _messages(key, value["messages"], now)
    return Story(values["people"], rooms, sorted(messages, key=lambda message: message.ts))


def _messages(room: str, values: list[dict[str, Any]], now: datetime.datetime) -> list[Message]:
    messages: list[Message] = []
    for number, value in enumerate(values):
        day, time, sender, text = value["at"]
        relates = None
        for kind in ("reply", "thread", "edit"):
            if kind in value:
                target = value[kind]
                relates = (kind, messages[-1].label if target is True else f"{room}/{target}")
        messages.append(
            Message(
                ts=_ts(now, day, time),
                room=room,
                sender=sender,
                text=text,
                label=f"{room}/{value.get('as', number)}",
                relates=relates,
                likes=value.get("likes", {}),
                file=value.get("file"),
                redacted=value.get("redacted", False),
            )
        )
    return messages


def _ts(now: datetime.datetime, day: int, time: str | int) -> int:
    if isinstance(time, int):
        moment = now - datetime.timedelta(minutes=time)
    else:
        hour, minute = map(int, time.split(":"))
        date = now.date() + datetime.timedelta(days=day)
        moment = datetime.datetime.combine(date, datetime.time(hour, minute), now.tzinfo)
    return int(moment.timestamp() * 1000)
