"""Receipts and read markers: up to where a person has read a room.

Source: client-server-api, "Receipts", "Fully read markers".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import orjson

from homeserver.errors import Forbidden, InvalidParam, NotFound
from homeserver.protocol.canonical_json import encode
from homeserver.services.events.event_cache import EventCache
from homeserver.services.events.room_heads import RoomHead, RoomHeads
from homeserver.services.ground.clock import Clock
from homeserver.services.reading.visible_events import VisibleEvents
from homeserver.storage import account_data, receipts
from homeserver.storage.account_data import AccountData
from homeserver.storage.commit import Committer, LogRow, Write
from homeserver.storage.database import Args, Database, Sql
from homeserver.storage.events import StoredEvent
from homeserver.storage.receipts import MAIN, READ, READ_PRIVATE, UNTHREADED, ReceiptFact

__all__ = ["FULLY_READ", "TYPES", "ReceiptFact", "Receipts"]

FULLY_READ = "m.fully_read"
TYPES = (READ, READ_PRIVATE, FULLY_READ)


class Receipts:
    """Moves receipts and markers forward; what would move them back changes nothing."""

    def __init__(
        self,
        database: Database,
        committer: Committer,
        heads: RoomHeads,
        cache: EventCache,
        visible: VisibleEvents,
        clock: Clock,
    ) -> None:
        self._database = database
        self._committer = committer
        self._heads = heads
        self._cache = cache
        self._visible = visible
        self._clock = clock

    async def read(
        self,
        room_id: str,
        user_id: str,
        receipt_type: str,
        event_id: str,
        *,
        thread: object = None,
    ) -> None:
        """Marks a room as read up to an event. thread: None for none, ``main``, or a root.

        Raises Forbidden (not in the room), NotFound (no such event that the user may see),
        InvalidParam (the type; a thread that is no text, empty, of a fully-read marker, or
        another than the event's).
        """
        if receipt_type not in TYPES:
            raise InvalidParam(f"The type of a receipt is one of {', '.join(TYPES)}")
        if thread is not None:
            if not isinstance(thread, str) or not thread:
                raise InvalidParam("thread_id must be a text that is not empty")
            if receipt_type == FULLY_READ:
                raise InvalidParam("m.fully_read knows no thread_id")
        head = await self._head(room_id, user_id)
        event = await self._event(head, user_id, event_id)
        if thread is not None and not _belongs(event, thread):
            raise InvalidParam("The event does not belong to that thread")
        if receipt_type == FULLY_READ:
            await self._mark(head, user_id, event)
        else:
            await self._move(head, user_id, receipt_type, thread or UNTHREADED, event)

    async def mark(self, room_id: str, user_id: str, markers: dict[str, str]) -> None:
        """Moves several markers: event ids by type, of TYPES. Raises as `read` does, and then
        none has moved."""
        head = await self._head(room_id, user_id)
        events = {
            kind: await self._event(head, user_id, event_id) for kind, event_id in markers.items()
        }
        for kind, event in events.items():
            if kind == FULLY_READ:
                await self._mark(head, user_id, event)
            else:
                await self._move(head, user_id, kind, UNTHREADED, event)

    async def _head(self, room_id: str, user_id: str) -> RoomHead:
        head = await self._heads.find(room_id)
        if head is None or head.membership(user_id) != "join":
            raise Forbidden("You are not in this room")
        return head

    async def _event(self, head: RoomHead, user_id: str, event_id: str) -> StoredEvent:
        stored = await self._cache.by_id(event_id)
        if stored is None or stored.room != head.nid:
            raise NotFound("There is no such event in this room")
        if not await self._visible.filter(head.nid, [stored], user_id):
            raise NotFound("There is no such event in this room")
        return stored

    async def _move(
        self, head: RoomHead, user_id: str, kind: str, thread: str, event: StoredEvent
    ) -> None:
        async with self._database.read() as conn:
            known = await receipts.of_user(conn, head.nid, user_id)
        for receipt in known:
            same = receipt.type == kind and receipt.thread == thread
            if same and receipt.place >= event.place:
                return
        fact = ReceiptFact(
            head.nid,
            user_id,
            kind,
            thread,
            event.event.event_id,
            event.ord_pos,
            event.ord_minor,
            self._clock(),
        )
        row = LogRow("receipt", head, user_id, receipts.log_data(fact), fact)

        def bind() -> Iterable[tuple[Sql, Sequence[Args]]]:
            return [(receipts.UPSERT, [receipts.upsert_args(fact, row.position)])]

        await self._committer.commit(Write([row], bind, grouped=True))

    async def _mark(self, head: RoomHead, user_id: str, event: StoredEvent) -> None:
        async with self._database.read() as conn:
            content = await account_data.content(conn, user_id, head.nid, FULLY_READ)
        if content is not None:
            marked = await self._cache.by_id(orjson.loads(content)["event_id"])
            if marked is not None and marked.place >= event.place:
                return
        content = encode({"event_id": event.event.event_id})
        row = LogRow("account_data", head, user_id, FULLY_READ.encode())

        def bind() -> Iterable[tuple[Sql, Sequence[Args]]]:
            row.fact = AccountData(head.nid, FULLY_READ, content, row.position)
            return [(account_data.UPSERT, [(user_id, head.nid, FULLY_READ, content, row.position)])]

        await self._committer.commit(Write([row], bind, grouped=True))


def _belongs(stored: StoredEvent, thread: str) -> bool:
    """Whether an event can be read in this thread. A root, and what relates to it otherwise, is
    in the main timeline, and is shown in its thread as well."""
    if thread == MAIN:
        return stored.thread is None
    return thread in (stored.thread, stored.event.event_id, stored.relates_to)
