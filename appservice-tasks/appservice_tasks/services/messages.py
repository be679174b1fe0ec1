"""Messages of rooms, read and written with the rights of the person who asks."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from appservice_tasks.contracts import Message, MessagePage
from appservice_tasks.domain.ids import CARD
from appservice_tasks.errors import Problem, invalid, not_found
from appservice_tasks.matrix_client import (
    Json,
    MatrixClient,
    MatrixEvent,
    Page,
    Refused,
    Unavailable,
    senders_filter,
)
from appservice_tasks.services.refusals import problem_of
from appservice_tasks.services.who import Caller

TYPE: Final = "m.room.message"

_ROOMS_AT_ONCE: Final = 8
_MOST_PAGES: Final = 20
"""Pages of a room's log that one request reads where most events are no messages."""


@dataclass(frozen=True, slots=True)
class NewMessage:
    """What somebody writes. thread: the root event. html: of `org.matrix.custom.html`."""

    body: str
    html: str | None = None
    thread: str | None = None

    def content(self) -> Json:
        """Content of the `m.room.message`."""
        made: Json = {"msgtype": "m.text", "body": self.body}
        if self.html is not None:
            made |= {"format": "org.matrix.custom.html", "formatted_body": self.html}
        if self.thread is not None:
            made["m.relates_to"] = {"rel_type": "m.thread", "event_id": self.thread}
        return made


class Messages:
    """Reads and writes as the caller: the homeserver decides what they may."""

    def __init__(self, homeserver: MatrixClient) -> None:
        self._homeserver = homeserver

    async def send(
        self, caller: Caller, room_id: str, new: NewMessage, *, txn_id: str | None = None
    ) -> Message:
        """Sends a message, at most once per txn_id.

        Raises Problem: `not_found` (not in the room), `forbidden`, `idempotency_key_reused`,
        `too_large`, `rate_limited`, `unavailable`.
        """
        client = self._homeserver.speaking(caller.token)
        content = new.content()
        try:
            event_id = await client.send_json(room_id, TYPE, txn_id or str(uuid.uuid4()), content)
            event = await client.event(room_id, event_id)
        except Refused as refused:
            raise await self._refusal(client, room_id, refused) from refused
        except Unavailable as error:
            raise problem_of(error) from error
        sent = None if event is None else message_of(event)
        if event is None or sent is None:
            raise Problem("idempotency_key_reused", "What it sent is gone")
        if txn_id is not None and any(event["content"].get(k) != v for k, v in content.items()):
            raise Problem("idempotency_key_reused", "The key came with another message before")
        return sent

    async def _refusal(self, client: MatrixClient, room_id: str, refused: Refused) -> Problem:
        """Somebody who is not in a room does not learn whether there is one."""
        if refused.status in (400, 403, 404):
            try:
                if room_id not in await client.joined_rooms():
                    return not_found("No such room")
            except (Refused, Unavailable) as error:
                return problem_of(error)
        return problem_of(refused)

    async def of_room(
        self,
        caller: Caller,
        room_id: str,
        *,
        limit: int,
        cursor: str | None,
        backwards: bool = True,
        thread: str | None = None,
    ) -> MessagePage:
        """A page of a room's messages, or of one thread's. Raises Problem."""
        client = self._homeserver.speaking(caller.token)
        bound = _seal(room_id, thread or "", str(backwards))
        start = None if cursor is None else _opened(cursor, bound)
        found: list[Message] = []
        try:
            for _ in range(_MOST_PAGES):
                page = await self._page(
                    client, room_id, thread, start, limit - len(found), backwards
                )
                found += [each for each in map(message_of, page["chunk"]) if each is not None]
                start = page.get("next_batch") if thread is not None else page.get("end")
                if start is None or len(found) >= limit:
                    break
        except Refused as refused:
            if refused.status == 400 and cursor is not None:
                raise invalid("/cursor", "cursor", "Not of this list") from refused
            raise await self._refusal(client, room_id, refused) from refused
        except Unavailable as error:
            raise problem_of(error) from error
        return {"data": found, "next_cursor": None if start is None else bound + _packed(start)}

    async def _page(
        self,
        client: MatrixClient,
        room_id: str,
        thread: str | None,
        start: str | None,
        limit: int,
        backwards: bool,
    ) -> Page:
        if thread is not None:
            return await client.thread(
                room_id, thread, start=start, limit=limit, backwards=backwards
            )
        return await client.messages(
            room_id,
            start=start,
            backwards=backwards,
            limit=limit,
            accept=senders_filter([TYPE]),
        )

    async def newest(self, caller: Caller, *, limit: int, cursor: str | None) -> MessagePage:
        """The newest messages of every room that the caller is in, newest first."""
        client = self._homeserver.speaking(caller.token)
        before = None if cursor is None else _Before.read(cursor)
        at_once = asyncio.Semaphore(_ROOMS_AT_ONCE)

        async def of(room_id: str) -> tuple[list[Message], bool]:
            async with at_once:
                return await self._of_room_before(client, room_id, before, limit)

        try:
            rooms = await client.joined_rooms()
            pages = await asyncio.gather(*(of(room_id) for room_id in rooms))
        except (Refused, Unavailable) as error:
            raise problem_of(error) from error
        merged = sorted(
            (message for page, _ in pages for message in page),
            key=lambda message: (message["ts"], message["event_id"]),
            reverse=True,
        )
        more = len(merged) > limit or any(has_more for _, has_more in pages)
        shown = merged[:limit]
        following = _Before.after(shown[-1]).text() if shown and more else None
        return {"data": shown, "next_cursor": following}

    async def _of_room_before(
        self, client: MatrixClient, room_id: str, before: _Before | None, limit: int
    ) -> tuple[list[Message], bool]:
        """Up to `limit` messages of a room older than a place, and whether there may be more."""
        found: list[Message] = []
        start: str | None = None
        for _ in range(_MOST_PAGES):
            page = await self._page(client, room_id, None, start, limit + 1, True)
            found += [
                each
                for each in map(message_of, page["chunk"])
                if each is not None and (before is None or before.is_newer_than(each))
            ]
            start = page.get("end")
            if start is None or len(found) > limit:
                break
        return found[:limit], start is not None or len(found) > limit


@dataclass(frozen=True, slots=True)
class _Before:
    """A place among the messages of all rooms, by time and id."""

    ts: int
    event_id: str

    @classmethod
    def after(cls, message: Message) -> _Before:
        return cls(message["ts"], message["event_id"])

    @classmethod
    def read(cls, cursor: str) -> _Before:
        raw = _unpacked(_body(cursor, _seal("all")))
        ts, _, event_id = raw.partition(" ")
        if not ts.isascii() or not ts.isdigit() or not event_id:
            raise _bad_cursor()
        return cls(int(ts), event_id)

    def text(self) -> str:
        return _seal("all") + _packed(f"{self.ts} {self.event_id}")

    def is_newer_than(self, message: Message) -> bool:
        return (message["ts"], message["event_id"]) < (self.ts, self.event_id)


def message_of(event: MatrixEvent) -> Message | None:
    """The message in an event; None for what is no message of its own: an edit, something
    redacted, or a card that stands for a task."""
    content = event["content"]
    if event["type"] != TYPE or "state_key" in event or CARD in content:
        return None
    relation = _dict(content.get("m.relates_to"))
    if relation.get("rel_type") == "m.replace":
        return None
    shown = {**content, **_newest_edit(event)}
    body, kind = shown.get("body"), shown.get("msgtype")
    if not isinstance(body, str) or not isinstance(kind, str):
        return None
    message: Message = {
        "event_id": event["event_id"],
        "room_id": event.get("room_id", ""),
        "sender": event["sender"],
        "ts": max(0, event["origin_server_ts"]),
        "type": kind,
        "body": body,
    }
    if relation.get("rel_type") == "m.thread" and isinstance(relation.get("event_id"), str):
        message["thread"] = relation["event_id"]
    return message


def _newest_edit(event: MatrixEvent) -> Mapping[str, Any]:
    """`m.new_content` of the newest edit, which the homeserver bundles."""
    relations = _dict(event.get("unsigned", {}).get("m.relations"))
    edit = _dict(_dict(relations.get("m.replace")).get("content"))
    return _dict(edit.get("m.new_content"))


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _seal(*parts: str) -> str:
    """Eight characters that bind a cursor to the list it was made for."""
    digest = hashlib.sha256(orjson.dumps(parts)).digest()
    return base64.urlsafe_b64encode(digest[:6]).decode()


def _packed(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def _body(cursor: str, seal: str) -> str:
    if not cursor.startswith(seal):
        raise _bad_cursor()
    return cursor.removeprefix(seal)


def _unpacked(text: str) -> str:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise _bad_cursor() from error


def _opened(cursor: str, seal: str) -> str:
    return _unpacked(_body(cursor, seal))


def _bad_cursor() -> Problem:
    return invalid("/cursor", "cursor", "Not of this list")
