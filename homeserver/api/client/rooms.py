"""Making rooms, and which ones one is in."""

from __future__ import annotations

import msgspec

from homeserver.api.endpoint import Auth, Json, Limit, endpoint
from homeserver.services.ground.requester import Requester
from homeserver.services.rooms.compose_room import RoomRequest
from homeserver.services.rooms.create_room import CreateRoom
from homeserver.services.rooms.list_rooms import ListRooms
from homeserver.services.rooms.room_aliases import RoomAliases
from homeserver.services.rooms.summarise_room import SummariseRoom
from homeserver.services.rooms.upgrade_room import UpgradeRoom


class UpgradeRequest(msgspec.Struct):
    """The body of /upgrade. additional_creators: used where the new version knows them."""

    new_version: str
    additional_creators: list[str] = []


class RoomsApi:
    def __init__(
        self,
        create_room: CreateRoom,
        list_rooms: ListRooms,
        summarise: SummariseRoom,
        aliases: RoomAliases,
        upgrade: UpgradeRoom,
    ) -> None:
        self._create_room = create_room
        self._list_rooms = list_rooms
        self._summarise = summarise
        self._aliases = aliases
        self._upgrade = upgrade

    @endpoint(
        "POST",
        "/_matrix/client/v3/createRoom",
        auth=Auth.ACCESS_TOKEN,
        limit=Limit.ROOMS,
        spec="client-server-api/#post_matrixclientv3createroom",
    )
    async def create(self, who: Requester, body: RoomRequest) -> Json:
        """Make a room."""
        return {"room_id": await self._create_room.create(who, body)}

    @endpoint(
        "POST",
        "/_matrix/client/v3/rooms/{room_id}/upgrade",
        auth=Auth.ACCESS_TOKEN,
        limit=Limit.ROOMS,
        spec="client-server-api/#post_matrixclientv3roomsroomidupgrade",
    )
    async def upgrade(self, who: Requester, room_id: str, body: UpgradeRequest) -> Json:
        """Replace a room by one of another version."""
        replacement = await self._upgrade.upgrade(
            who, room_id, body.new_version, body.additional_creators
        )
        return {"replacement_room": replacement}

    @endpoint(
        "GET",
        "/_matrix/client/v3/joined_rooms",
        auth=Auth.ACCESS_TOKEN,
        spec="client-server-api/#get_matrixclientv3joined_rooms",
    )
    async def joined(self, who: Requester) -> Json:
        """The rooms one has joined."""
        return {"joined_rooms": await self._list_rooms.joined(who.user_id)}

    @endpoint(
        "GET",
        "/_matrix/client/v1/room_summary/{room_id_or_alias}",
        auth=Auth.ACCESS_TOKEN,
        limit=Limit.SEARCH,
        spec="client-server-api/#get_matrixclientv1room_summaryroomidoralias",
    )
    async def summary(self, who: Requester, room_id_or_alias: str) -> Json:
        """What a room is, before one joins it. Only for people of this server."""
        room_id = await self._aliases.room_id(room_id_or_alias)
        return await self._summarise.summary(who.user_id, room_id)
