"""Account data and tags of the caller."""

from __future__ import annotations

from homeserver.api.endpoint import Auth, Json, JsonObject, endpoint
from homeserver.errors import Forbidden
from homeserver.ids import RoomId, UserId
from homeserver.protocol.push_rules import PushRules
from homeserver.services.accounts.change_push_rules import ChangePushRules
from homeserver.services.accounts.user_data import PUSH_RULES, UserData
from homeserver.services.ground.requester import Requester

_GLOBAL = "/_matrix/client/v3/user/{user_id}/account_data/{data_type}"
_OF_ROOM = "/_matrix/client/v3/user/{user_id}/rooms/{room_id}/account_data/{data_type}"
_TAGS = "/_matrix/client/v3/user/{user_id}/rooms/{room_id}/tags"
_DELETE = "/_matrix/client/unstable/org.matrix.msc3391/user/{user_id}"


class UserDataApi:
    def __init__(self, data: UserData, push_rules: ChangePushRules) -> None:
        self._data = data
        self._push_rules = push_rules

    @endpoint(
        "GET",
        _GLOBAL,
        auth=Auth.ACCESS_TOKEN,
        spec="client-server-api/#get_matrixclientv3useruseridaccount_datatype",
    )
    async def get(self, who: Requester, user_id: UserId, data_type: str) -> Json:
        """One global entry."""
        _check_own(who, user_id)
        if data_type == PUSH_RULES:
            rules: PushRules = await self._push_rules.rules(user_id)
            return rules.to_json()
        return await self._data.get(user_id, None, data_type)

    @endpoint(
        "PUT",
        _GLOBAL,
        auth=Auth.ACCESS_TOKEN,
        spec="client-server-api/#put_matrixclientv3useruseridaccount_datatype",
    )
    async def put(self, who: Requester, user_id: UserId, data_type: str, body: JsonObject) -> Json:
        """Store a global entry."""
        _check_own(who, user_id)
        await self._data.put(user_id, None, data_type, body)
        return {}

    @endpoint(
        "DELETE",
        _DELETE + "/account_data/{data_type}",
        auth=Auth.ACCESS_TOKEN,
        spec="MSC3391",
    )
    async def delete(self, who: Requester, user_id: UserId, data_type: str) -> Json:
        """Delete a global entry."""
        _check_own(who, user_id)
        await self._data.delete(user_id, None, data_type)
        return {}

    @endpoint(
        "GET",
        _OF_ROOM,
        auth=Auth.ACCESS_TOKEN,
        spec="client-server-api/#get_matrixclientv3useruseridroomsroomidaccount_datatype",
    )
    async def get_of_room(
        self, who: Requester, user_id: UserId, room_id: RoomId, data_type: str
    ) -> Json:
        """One entry about a room."""
        _check_own(who, user_id)
        return await self._data.get(user_id, room_id, data_type)

    @endpoint(
        "PUT",
        _OF_ROOM,
        auth=Auth.ACCESS_TOKEN,
        spec="client-server-api/#put_matrixclientv3useruseridroomsroomidaccount_datatype",
    )
    async def put_of_room(
        self, who: Requester, user_id: UserId, room_id: RoomId, data_type: str, body: JsonObject
    ) -> Json:
        """Store an entry about a room."""
        _check_own(who, user_id)
        await self._data.put(user_id, room_id, data_type, body)
        return {}

    @endpoint(
        "DELETE",
        _DELETE + "/rooms/{room_id}/account_data/{data_type}",
        auth=Auth.ACCESS_TOKEN,
        spec="MSC3391",
    )
    async def delete_of_room(
        self, who: Requester, user_id: UserId, room_id: RoomId, data_type: str
    ) -> Json:
        """Delete an entry about a room."""
        _check_own(who, user_id)
        await self._data.delete(user_id, room_id, data_type)
        return {}

    @endpoint(
        "GET",
        _TAGS,
        auth=Auth.ACCESS_TOKEN,
        spec="client-server-api/#get_matrixclientv3useruseridroomsroomidtags",
    )
    async def tags(self, who: Requester, user_id: UserId, room_id: RoomId) -> Json:
        """The caller's tags of a room."""
        _check_own(who, user_id)
        return {"tags": await self._data.tags(user_id, room_id)}

    @endpoint(
        "PUT",
        _TAGS + "/{tag}",
        auth=Auth.ACCESS_TOKEN,
        spec="client-server-api/#put_matrixclientv3useruseridroomsroomidtagstag",
    )
    async def set_tag(
        self, who: Requester, user_id: UserId, room_id: RoomId, tag: str, body: JsonObject
    ) -> Json:
        """Tag a room."""
        _check_own(who, user_id)
        await self._data.set_tag(user_id, room_id, tag, body)
        return {}

    @endpoint(
        "DELETE",
        _TAGS + "/{tag}",
        auth=Auth.ACCESS_TOKEN,
        spec="client-server-api/#delete_matrixclientv3useruseridroomsroomidtagstag",
    )
    async def remove_tag(self, who: Requester, user_id: UserId, room_id: RoomId, tag: str) -> Json:
        """Take a tag off a room."""
        _check_own(who, user_id)
        await self._data.remove_tag(user_id, room_id, tag)
        return {}


def _check_own(who: Requester, user_id: UserId) -> None:
    if who.user_id != user_id:
        raise Forbidden("These data are somebody else's")
