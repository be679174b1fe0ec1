"""Profiles."""

from __future__ import annotations

from homeserver.api.endpoint import Auth, Json, JsonObject, Limit, endpoint
from homeserver.errors import MissingParam
from homeserver.ids import UserId
from homeserver.services.accounts.profile import Profile
from homeserver.services.ground.requester import Requester

_FIELD = "/_matrix/client/v3/profile/{user_id}/{key}"


class ProfileApi:
    def __init__(self, profile: Profile) -> None:
        self._profile = profile

    @endpoint(
        "GET",
        "/_matrix/client/v3/profile/{user_id}",
        auth=Auth.NONE,
        spec="client-server-api/#get_matrixclientv3profileuserid",
    )
    async def all(self, user_id: UserId) -> Json:
        """Everything a user says of themself."""
        return await self._profile.all(user_id)

    @endpoint(
        "GET",
        _FIELD,
        auth=Auth.NONE,
        spec="client-server-api/#get_matrixclientv3profileuseridkeyname",
    )
    async def field(self, user_id: UserId, key: str) -> Json:
        """One field of a profile."""
        return {key: await self._profile.field(user_id, key)}

    @endpoint(
        "PUT",
        _FIELD,
        auth=Auth.ACCESS_TOKEN,
        limit=Limit.ACCOUNT,
        spec="client-server-api/#put_matrixclientv3profileuseridkeyname",
    )
    async def set(self, who: Requester, user_id: UserId, key: str, body: JsonObject) -> Json:
        """Set a field of one's own profile; a name or picture follows into one's rooms."""
        if key not in body:
            raise MissingParam("The body lacks the field that the path names")
        await self._profile.set(who.user_id, user_id, key, body[key])
        return {}

    @endpoint(
        "DELETE",
        _FIELD,
        auth=Auth.ACCESS_TOKEN,
        limit=Limit.ACCOUNT,
        spec="client-server-api/#delete_matrixclientv3profileuseridkeyname",
    )
    async def delete(self, who: Requester, user_id: UserId, key: str) -> Json:
        """Remove a field of one's own profile."""
        await self._profile.remove(who.user_id, user_id, key)
        return {}
