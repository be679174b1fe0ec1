"""Typing and receipts for an application service: gathered until they can be told.

Source: application-service-api, "Pushing ephemeral data".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from homeserver.storage.receipts import ReceiptFact

MAX_RECEIPTS = 1_000

_Key = tuple[int, str, str, str]


@dataclass(slots=True)
class Ephemeral:
    """What is told once, if at all.

    typing: rooms in which others type than before. receipts: with the id of their room; the newest
    of each room, user, type and thread, at most MAX_RECEIPTS, the oldest first.
    """

    typing: set[str] = field(default_factory=set)
    receipts: dict[_Key, tuple[str, ReceiptFact]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.typing or self.receipts)

    def add_receipt(self, room_id: str, fact: ReceiptFact) -> None:
        """Takes the place of an older one of the same person in the same place."""
        key = fact.room, fact.user_id, fact.type, fact.thread
        self.receipts.pop(key, None)
        self.receipts[key] = room_id, fact
        if len(self.receipts) > MAX_RECEIPTS:
            del self.receipts[next(iter(self.receipts))]

    def take_back(self, untold: Ephemeral) -> None:
        """Puts the receipts back that could not be told, before those that came since. Typing is
        over until it could be told."""
        newer = self.receipts
        kept = {key: value for key, value in untold.receipts.items() if key not in newer}
        self.receipts = {}
        for room_id, fact in (*kept.values(), *newer.values()):
            self.add_receipt(room_id, fact)


def typing_event(room_id: str, user_ids: list[str]) -> dict[str, Any]:
    """Who types in a room."""
    return {"type": "m.typing", "room_id": room_id, "content": {"user_ids": user_ids}}


def receipt_events(receipts: dict[_Key, tuple[str, ReceiptFact]]) -> list[dict[str, Any]]:
    """One event for each room; a second one where a person has read one event in two threads."""
    rooms: dict[str, list[dict[str, Any]]] = {}
    for room_id, fact in receipts.values():
        receipt: dict[str, Any] = {"ts": fact.ts}
        if fact.thread:
            receipt["thread_id"] = fact.thread
        contents = rooms.setdefault(room_id, [])
        fitting = (each for each in contents if fact.user_id not in _readers(each, fact))
        content = next(fitting, None)
        if content is None:
            content = {}
            contents.append(content)
        users = content.setdefault(fact.event_id, {}).setdefault(fact.type, {})
        users[fact.user_id] = receipt
    return [
        {"type": "m.receipt", "room_id": room_id, "content": content}
        for room_id, contents in rooms.items()
        for content in contents
    ]


def _readers(content: dict[str, Any], fact: ReceiptFact) -> dict[str, Any]:
    readers: dict[str, Any] = content.get(fact.event_id, {}).get(fact.type, {})
    return readers
