"""Receipts as a sync shows them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from homeserver.services.sync.reader import Reader
from homeserver.services.sync.receipts import ReceiptFact

RECEIPT = "m.receipt"


def receipt_events(moved: Iterable[ReceiptFact], reader: Reader) -> list[dict[str, Any]]:
    """The ephemeral events that tell of receipts that moved."""
    return [{"type": RECEIPT, "content": content} for content in _contents(moved, reader)]


def _contents(moved: Iterable[ReceiptFact], reader: Reader) -> list[dict[str, Any]]:
    """``{event_id: {type: {user_id: {ts, thread_id}}}}``; private ones only for their owner.

    A content holds one receipt of a user for an event. Who has read one event both in its thread
    and without a thread takes a second content.
    """
    newest = {(receipt.user_id, receipt.type, receipt.thread): receipt for receipt in moved}
    contents: list[dict[str, Any]] = []
    for receipt in newest.values():
        mine = receipt.user_id == reader.user_id
        if (receipt.type != "m.read" and not mine) or receipt.user_id in reader.ignored:
            continue
        value: dict[str, Any] = {"ts": receipt.ts}
        if receipt.thread:
            value["thread_id"] = receipt.thread
        for content in contents:
            users = content.setdefault(receipt.event_id, {}).setdefault(receipt.type, {})
            if receipt.user_id not in users:
                users[receipt.user_id] = value
                break
        else:
            contents.append({receipt.event_id: {receipt.type: {receipt.user_id: value}}})
    return contents
