"""Sending events into rooms."""

from __future__ import annotations

from homeserver.api.endpoint import Auth, Json, JsonObject, Limit, Query, endpoint
from homeserver.ids import EventId, RoomId
from homeserver.services.events.send_event import SendEvent
from homeserver.services.ground.requester import Requester
from homeserver.services.rooms.set_state import SetState


class RoomSendApi:
    def __init__(self, send_event: SendEvent, set_state: SetState) -> None:
        self._send_event = send_event
        self._set_state = set_state

    @endpoint(
        "PUT",
        "/_matrix/client/v3/rooms/{room_id}/send/{event_type}/{txn_id}",
        auth=Auth.ACCESS_TOKEN,
        limit=Limit.MESSAGES,
        spec="client-server-api/#put_matrixclientv3roomsroomidsendeventtypetxnid",
        eager=True,
    )
    async def send(
        self,
        who: Requester,
        room_id: RoomId,
        event_type: str,
        txn_id: str,
        query: Query,
        body: JsonObject,
    ) -> Json:
        """Append one message event to the room, at most once per `txn_id`."""
        ts = _timestamp(who, query)
        event_id = await self._send_event.send(who, room_id, event_type, body, txn_id, ts=ts)
        return {"event_id": event_id}

    @endpoint(
        "PUT",
        "/_matrix/client/v3/rooms/{room_id}/redact/{event_id}/{txn_id}",
        auth=Auth.ACCESS_TOKEN,
        limit=Limit.MESSAGES,
        spec="client-server-api/#put_matrixclientv3roomsroomidredacteventidtxnid",
        eager=True,
    )
    async def redact(
        self, who: Requester, room_id: RoomId, event_id: EventId, txn_id: str, body: JsonObject
    ) -> Json:
        """Take back what an event says, at most once per `txn_id`."""
        redaction = await self._send_event.redact(who, room_id, event_id, body, txn_id)
        return {"event_id": redaction}

    @endpoint(
        "PUT",
        "/_matrix/client/v3/rooms/{room_id}/state/{event_type}/{state_key}",
        auth=Auth.ACCESS_TOKEN,
        limit=Limit.MESSAGES,
        spec="client-server-api/#put_matrixclientv3roomsroomidstateeventtypestatekey",
    )
    async def set_state(
        self,
        who: Requester,
        room_id: RoomId,
        event_type: str,
        state_key: str,
        query: Query,
        body: JsonObject,
    ) -> Json:
        """Set what one key of the room's state says."""
        ts = _timestamp(who, query)
        event_id = await self._set_state.set(who, room_id, event_type, state_key, body, ts=ts)
        return {"event_id": event_id}

    @endpoint(
        "PUT",
        "/_matrix/client/v3/rooms/{room_id}/state/{event_type}",
        auth=Auth.ACCESS_TOKEN,
        limit=Limit.MESSAGES,
        spec="client-server-api/#put_matrixclientv3roomsroomidstateeventtypestatekey",
    )
    async def set_state_of_empty_key(
        self, who: Requester, room_id: RoomId, event_type: str, query: Query, body: JsonObject
    ) -> Json:
        """Set what the empty key of a type says: without the trailing slash."""
        ts = _timestamp(who, query)
        event_id = await self._set_state.set(who, room_id, event_type, "", body, ts=ts)
        return {"event_id": event_id}


def _timestamp(who: Requester, query: Query) -> int | None:
    """Application services may date an event; `ts` of anybody else is ignored."""
    if who.appservice_id is None or "ts" not in query:
        return None
    return query.integer("ts", 0)
