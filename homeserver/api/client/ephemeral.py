"""Receipts, read markers and typing notifications."""

from __future__ import annotations

from homeserver.api.endpoint import Auth, Json, JsonObject, endpoint
from homeserver.errors import BadJson, Forbidden, InvalidParam, MissingParam
from homeserver.ids import EventId, RoomId, UserId, parse_event_id
from homeserver.services.ground.requester import Requester
from homeserver.services.sync.receipts import TYPES, Receipts
from homeserver.services.sync.typing import Typing


class EphemeralApi:
    def __init__(self, receipts: Receipts, typing: Typing) -> None:
        self._receipts = receipts
        self._typing = typing

    @endpoint(
        "POST",
        "/_matrix/client/v3/rooms/{room_id}/receipt/{receipt_type}/{event_id}",
        auth=Auth.ACCESS_TOKEN,
        spec="client-server-api/#post_matrixclientv3roomsroomidreceiptreceipttypeeventid",
        eager=True,
    )
    async def receipt(
        self,
        who: Requester,
        room_id: RoomId,
        receipt_type: str,
        event_id: EventId,
        body: JsonObject,
    ) -> Json:
        """Mark the room, or one of its threads, as read up to an event."""
        if "thread_id" in body and not isinstance(body["thread_id"], str):
            raise InvalidParam("thread_id must be a text that is not empty")
        await self._receipts.read(
            room_id, who.user_id, receipt_type, event_id, thread=body.get("thread_id")
        )
        return {}

    @endpoint(
        "POST",
        "/_matrix/client/v3/rooms/{room_id}/read_markers",
        auth=Auth.ACCESS_TOKEN,
        spec="client-server-api/#post_matrixclientv3roomsroomidread_markers",
        eager=True,
    )
    async def read_markers(self, who: Requester, room_id: RoomId, body: JsonObject) -> Json:
        """Move the fully-read marker, and receipts with it."""
        markers = {kind: parse_event_id(body[kind]) for kind in TYPES if kind in body}
        await self._receipts.mark(room_id, who.user_id, dict(markers))
        return {}

    @endpoint(
        "PUT",
        "/_matrix/client/v3/rooms/{room_id}/typing/{user_id}",
        auth=Auth.ACCESS_TOKEN,
        spec="client-server-api/#put_matrixclientv3roomsroomidtypinguserid",
        eager=True,
    )
    async def typing(
        self, who: Requester, room_id: RoomId, user_id: UserId, body: JsonObject
    ) -> Json:
        """Say that one types, or no longer does."""
        if user_id != who.user_id:
            raise Forbidden("Nobody types for somebody else")
        if "typing" not in body:
            raise MissingParam("typing is missing")
        typing, timeout = body["typing"], body.get("timeout")
        if not isinstance(typing, bool):
            raise BadJson("typing must be true or false")
        if timeout is not None and type(timeout) is not int:
            raise BadJson("timeout must be a number of milliseconds")
        if typing:
            await self._typing.start(room_id, user_id, timeout)
        else:
            await self._typing.stop(room_id, user_id)
        return {}
