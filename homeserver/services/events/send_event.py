"""Sends message events and redactions, at most once per transaction id.

The hottest path of the server: for a plain message in a room that is in memory, by a device whose
transactions are known, nothing is read from the database; the answer waits for one commit.
"""

from __future__ import annotations

from sys import intern
from typing import Any

from homeserver.errors import (
    BadJson,
    DuplicateAnnotation,
    Forbidden,
    MatrixError,
    NotFound,
)
from homeserver.ids import domain_of, parse_event_id
from homeserver.protocol import relations
from homeserver.services.events.event_cache import EventCache
from homeserver.services.events.recent_txns import RecentTxns
from homeserver.services.events.room_heads import RoomHead, RoomHeads
from homeserver.services.events.write_event import Draft, WriteEvent
from homeserver.services.events.write_state import check_joined, joined_head
from homeserver.services.ground.requester import Requester
from homeserver.storage import events
from homeserver.storage.client_txns import ClientTxn
from homeserver.storage.database import Database
from homeserver.storage.events import StoredEvent

REDACTION = "m.room.redaction"

_UNREDACTABLE = ("m.room.create", "m.room.server_acl")
"""What would break the room if it lost its content: without a list of servers, none may speak."""


class SendEvent:
    """Appends events that are not state."""

    def __init__(
        self,
        database: Database,
        heads: RoomHeads,
        cache: EventCache,
        write: WriteEvent,
        txns: RecentTxns,
        *,
        server_name: str,
    ) -> None:
        self._database = database
        self._heads = heads
        self._cache = cache
        self._write = write
        self._txns = txns
        self._server_name = server_name

    async def send(
        self,
        who: Requester,
        room_id: str,
        event_type: str,
        content: dict[str, Any],
        txn_id: str,
        *,
        ts: int | None = None,
    ) -> str:
        """The id of the event; the same for the same transaction id of the same device.

        ts: for application services, the event's ``origin_server_ts`` in milliseconds.
        Raises Forbidden (not in the room, no power), BadJson (numbers), TooLarge, InvalidParam,
        DuplicateAnnotation; for a redaction NotFound.
        """
        path = intern(f"/rooms/{room_id}/send/{event_type}")  # kept with every transaction
        txn = ClientTxn(who.user_id, who.txn_scope, path, txn_id)
        if event_type == REDACTION:
            content = dict(content)
            redacts = content.pop("redacts", None)
            if not isinstance(redacts, str):
                raise BadJson("A redaction names the event that it redacts in `redacts`")
            event_id = parse_event_id(redacts)
            return await self._txns.once(
                txn, lambda: self._redact(who, room_id, event_id, content, txn, ts)
            )
        return await self._txns.once(
            txn, lambda: self._send(who, room_id, event_type, content, txn, ts)
        )

    async def redact(
        self, who: Requester, room_id: str, event_id: str, content: dict[str, Any], txn_id: str
    ) -> str:
        """The id of the redaction; the same for the same transaction id of the same device.

        content: of the redaction (``reason``). Raises NotFound (no such event in the room),
        Forbidden, BadJson, InvalidParam.
        """
        path = f"/rooms/{room_id}/redact/{event_id}"
        txn = ClientTxn(who.user_id, who.txn_scope, path, txn_id)
        content = {key: value for key, value in content.items() if key != "redacts"}
        return await self._txns.once(
            txn, lambda: self._redact(who, room_id, event_id, content, txn, None)
        )

    async def _send(
        self,
        who: Requester,
        room_id: str,
        event_type: str,
        content: dict[str, Any],
        txn: ClientTxn,
        ts: int | None,
    ) -> str:
        head = await joined_head(self._heads, room_id, who.user_id)
        if "m.relates_to" in content:
            await self._check_relation(head, who, event_type, content)
        draft = Draft(event_type, who.user_id, content, ts=ts)
        stored = await self._write.write(room_id, draft, txn=txn)
        return stored[0].event.event_id

    async def _check_relation(
        self, head: RoomHead, who: Requester, event_type: str, content: dict[str, Any]
    ) -> None:
        relation = relations.relation_of(content)
        if relation is None or relation.event_id is None:
            return
        if relation.rel_type == relations.THREAD:
            root = await self._cache.by_id(relation.event_id)
            # "Servers SHOULD reject client requests which attempt to start a thread off an event
            # with an m.relates_to property": a plain reply may be answered in a thread, though.
            if root is not None and not relations.may_root_thread(root.event):
                raise MatrixError("A thread cannot start at an event of a relation", status=400)
        elif relation.rel_type == relations.ANNOTATION and relation.key is not None:
            async with self._database.read() as conn:
                mine = await events.annotations_by(
                    conn, head.nid, relation.event_id, who.user_id, event_type
                )
            for annotation in mine:
                earlier = relations.relation_of(annotation)
                if earlier is not None and earlier.key == relation.key:
                    raise DuplicateAnnotation

    async def _redact(
        self,
        who: Requester,
        room_id: str,
        event_id: str,
        content: dict[str, Any],
        txn: ClientTxn,
        ts: int | None,
    ) -> str:
        head = await joined_head(self._heads, room_id, who.user_id)
        target = await self._cache.by_id(event_id)
        if target is None or target.event.room_id != room_id:
            raise NotFound("There is no such event in this room")
        self._check_redaction(head, who, target)

        def make(head: RoomHead) -> list[Draft]:
            check_joined(head, who.user_id)
            self._check_redaction(head, who, target)
            return [Draft(REDACTION, who.user_id, content, redacts=event_id, ts=ts)]

        stored = await self._write.write(room_id, make, txn=txn)
        return stored[0].event.event_id

    def _check_redaction(self, head: RoomHead, who: Requester, target: StoredEvent) -> None:
        """Client-server API, "Redacting an event": one's own, or with the power to redact."""
        event = target.event
        if event.type in _UNREDACTABLE and event.is_state:
            raise Forbidden(f"{event.type} cannot be redacted")
        if event.sender == who.user_id:
            return
        if head.power.user_level(who.user_id) >= head.power.redact:
            return
        # "Server administrators may redact events sent by users on their server."
        if who.admin and domain_of(event.sender) == self._server_name:
            return
        raise Forbidden("You do not have the power to redact the events of others")
