"""Coming into rooms and leaving them; inviting and removing others."""

from __future__ import annotations

import msgspec

from homeserver.api.endpoint import Auth, Json, JsonObject, Limit, endpoint
from homeserver.errors import BadJson, MissingParam, ThreepidDenied
from homeserver.ids import RoomId, UserId, parse_user_id
from homeserver.services.ground.requester import Requester
from homeserver.services.rooms.change_membership import ChangeMembership
from homeserver.services.rooms.join_room import JoinRoom
from homeserver.services.rooms.room_aliases import RoomAliases


class Reason(msgspec.Struct):
    """An optional word to go with a change of membership."""

    reason: str | None = None


class Someone(msgspec.Struct):
    """Whom a change of membership concerns."""

    user_id: str
    reason: str | None = None

    @property
    def target(self) -> UserId:
        return parse_user_id(self.user_id)


class RoomMembersApi:
    def __init__(
        self, joins: JoinRoom, memberships: ChangeMembership, aliases: RoomAliases
    ) -> None:
        self._joins = joins
        self._memberships = memberships
        self._aliases = aliases

    @endpoint(
        "POST",
        "/_matrix/client/v3/rooms/{room_id}/join",
        auth=Auth.ACCESS_TOKEN,
        limit=Limit.JOINS,
        spec="client-server-api/#post_matrixclientv3roomsroomidjoin",
    )
    async def join(self, who: Requester, room_id: RoomId, body: JsonObject) -> Json:
        """Join a room. What else the body holds becomes part of the event."""
        return await self._join(who, room_id, body)

    @endpoint(
        "POST",
        "/_matrix/client/v3/join/{room_id_or_alias}",
        auth=Auth.ACCESS_TOKEN,
        limit=Limit.JOINS,
        spec="client-server-api/#post_matrixclientv3joinroomidoralias",
    )
    async def join_by_name(self, who: Requester, room_id_or_alias: str, body: JsonObject) -> Json:
        """Join the room of an ID or an alias."""
        return await self._join(who, await self._aliases.room_id(room_id_or_alias), body)

    async def _join(self, who: Requester, room_id: RoomId, body: JsonObject) -> Json:
        _check_reason(body)
        content = {key: value for key, value in body.items() if value is not None}
        await self._joins.join(who.user_id, room_id, content)
        return {"room_id": room_id}

    @endpoint(
        "POST",
        "/_matrix/client/v3/knock/{room_id_or_alias}",
        auth=Auth.ACCESS_TOKEN,
        limit=Limit.JOINS,
        spec="client-server-api/#post_matrixclientv3knockroomidoralias",
    )
    async def knock(self, who: Requester, room_id_or_alias: str, body: Reason) -> Json:
        """Ask to be let into a room."""
        room_id = await self._aliases.room_id(room_id_or_alias)
        content = {} if body.reason is None else {"reason": body.reason}
        await self._joins.knock(who.user_id, room_id, content)
        return {"room_id": room_id}

    @endpoint(
        "POST",
        "/_matrix/client/v3/rooms/{room_id}/invite",
        auth=Auth.ACCESS_TOKEN,
        limit=Limit.INVITES,
        spec="client-server-api/#post_matrixclientv3roomsroomidinvite",
    )
    async def invite(self, who: Requester, room_id: RoomId, body: JsonObject) -> Json:
        """Invite someone."""
        if "user_id" not in body:
            if "medium" in body or "address" in body:
                raise ThreepidDenied
            raise MissingParam("Missing user_id")
        _check_reason(body)
        content = {} if body.get("reason") is None else {"reason": body["reason"]}
        target = parse_user_id(body["user_id"])
        await self._memberships.invite(who, room_id, target, content)
        return {}

    @endpoint(
        "POST",
        "/_matrix/client/v3/rooms/{room_id}/leave",
        auth=Auth.ACCESS_TOKEN,
        spec="client-server-api/#post_matrixclientv3roomsroomidleave",
    )
    async def leave(self, who: Requester, room_id: RoomId, body: Reason) -> Json:
        """Leave a room, or reject the invite to it."""
        await self._memberships.leave(who.user_id, room_id, body.reason)
        return {}

    @endpoint(
        "POST",
        "/_matrix/client/v3/rooms/{room_id}/forget",
        auth=Auth.ACCESS_TOKEN,
        spec="client-server-api/#post_matrixclientv3roomsroomidforget",
    )
    async def forget(self, who: Requester, room_id: RoomId) -> Json:
        """Forget a room that was left."""
        await self._memberships.forget(who.user_id, room_id)
        return {}

    @endpoint(
        "POST",
        "/_matrix/client/v3/rooms/{room_id}/kick",
        auth=Auth.ACCESS_TOKEN,
        spec="client-server-api/#post_matrixclientv3roomsroomidkick",
    )
    async def kick(self, who: Requester, room_id: RoomId, body: Someone) -> Json:
        """Remove someone from a room."""
        await self._memberships.kick(who, room_id, body.target, body.reason)
        return {}

    @endpoint(
        "POST",
        "/_matrix/client/v3/rooms/{room_id}/ban",
        auth=Auth.ACCESS_TOKEN,
        spec="client-server-api/#post_matrixclientv3roomsroomidban",
    )
    async def ban(self, who: Requester, room_id: RoomId, body: Someone) -> Json:
        """Remove someone, and keep them out."""
        await self._memberships.ban(who, room_id, body.target, body.reason)
        return {}

    @endpoint(
        "POST",
        "/_matrix/client/v3/rooms/{room_id}/unban",
        auth=Auth.ACCESS_TOKEN,
        spec="client-server-api/#post_matrixclientv3roomsroomidunban",
    )
    async def unban(self, who: Requester, room_id: RoomId, body: Someone) -> Json:
        """Lift a ban."""
        await self._memberships.unban(who, room_id, body.target, body.reason)
        return {}


def _check_reason(body: JsonObject) -> None:
    if not isinstance(body.get("reason"), str | None):
        raise BadJson("reason must be text")
