"""Reading the state, the members and single events of rooms."""

from __future__ import annotations

import orjson

from homeserver.api.endpoint import Auth, Json, Query, endpoint
from homeserver.ids import EventId, RoomId
from homeserver.protocol.sync_token import parse_any
from homeserver.services.ground.requester import Requester
from homeserver.services.reading.read_room import ReadRoom
from homeserver.services.reading.read_state import MembershipFilter, ReadState

_MEMBERSHIPS = ("join", "invite", "knock", "leave", "ban")


class RoomReadApi:
    def __init__(self, read_room: ReadRoom, read_state: ReadState) -> None:
        self._rooms = read_room
        self._state = read_state

    @endpoint(
        "GET",
        "/_matrix/client/v3/rooms/{room_id}/event/{event_id}",
        auth=Auth.ACCESS_TOKEN,
        spec="client-server-api/#get_matrixclientv3roomsroomideventeventid",
    )
    async def event(self, who: Requester, room_id: RoomId, event_id: EventId) -> Json:
        """One event."""
        return await self._rooms.event(who, room_id, event_id)

    @endpoint(
        "GET",
        "/_matrix/client/v3/rooms/{room_id}/state",
        auth=Auth.ACCESS_TOKEN,
        spec="client-server-api/#get_matrixclientv3roomsroomidstate",
    )
    async def state(self, who: Requester, room_id: RoomId) -> Json:
        """Every state event."""
        return b"[%b]" % b",".join(await self._state.all(who, room_id))

    @endpoint(
        "GET",
        "/_matrix/client/v3/rooms/{room_id}/state/{event_type}/{state_key}",
        auth=Auth.ACCESS_TOKEN,
        spec="client-server-api/#get_matrixclientv3roomsroomidstateeventtypestatekey",
    )
    async def state_event(
        self, who: Requester, room_id: RoomId, event_type: str, state_key: str, query: Query
    ) -> Json:
        """The content at one key of the state, or the whole event with `format=event`."""
        return await self._one(who, room_id, event_type, state_key, query)

    async def _one(
        self, who: Requester, room_id: RoomId, event_type: str, state_key: str, query: Query
    ) -> Json:
        stored = await self._state.one(who, room_id, event_type, state_key)
        if query.choice("format", ("content", "event"), "content") == "event":
            return await self._state.rendered(stored)
        return stored.event.content

    @endpoint(
        "GET",
        "/_matrix/client/v3/rooms/{room_id}/state/{event_type}",
        auth=Auth.ACCESS_TOKEN,
        spec="client-server-api/#get_matrixclientv3roomsroomidstateeventtypestatekey",
    )
    async def state_event_without_key(
        self, who: Requester, room_id: RoomId, event_type: str, query: Query
    ) -> Json:
        """The same for an empty state key."""
        return await self._one(who, room_id, event_type, "", query)

    @endpoint(
        "GET",
        "/_matrix/client/v3/rooms/{room_id}/members",
        auth=Auth.ACCESS_TOKEN,
        spec="client-server-api/#get_matrixclientv3roomsroomidmembers",
    )
    async def members(self, who: Requester, room_id: RoomId, query: Query) -> Json:
        """Who is or was in the room, now or at a token."""
        at = query.text("at")
        chunk = await self._state.members(
            who,
            room_id,
            at=None if not at else parse_any(at),
            wanted=MembershipFilter(
                query.choice("membership", _MEMBERSHIPS),
                query.choice("not_membership", _MEMBERSHIPS),
            ),
        )
        return {"chunk": [orjson.Fragment(event) for event in chunk]}

    @endpoint(
        "GET",
        "/_matrix/client/v3/rooms/{room_id}/joined_members",
        auth=Auth.ACCESS_TOKEN,
        spec="client-server-api/#get_matrixclientv3roomsroomidjoined_members",
    )
    async def joined_members(self, who: Requester, room_id: RoomId) -> Json:
        """Who is in the room, briefly."""
        return {"joined": await self._state.joined_members(who, room_id)}
