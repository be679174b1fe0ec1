"""Finding rooms and people."""

from __future__ import annotations

from typing import Literal

import msgspec

from homeserver.api.endpoint import Auth, Json, Limit, Query, endpoint
from homeserver.errors import InvalidParam, NotFound
from homeserver.ids import RoomAlias, RoomId, parse_room_id
from homeserver.services.accounts.search_users import SearchUsers
from homeserver.services.ground.requester import Requester
from homeserver.services.rooms.publish_rooms import DEFAULT_PAGE, MAX_PAGE, PublishRooms, Wanted
from homeserver.services.rooms.room_aliases import RoomAliases


class AliasTarget(msgspec.Struct):
    """Where an alias is to point."""

    room_id: str


class Published(msgspec.Struct):
    """Whether a room is to be in the directory."""

    visibility: Literal["public", "private"] = "public"


class RoomFilter(msgspec.Struct):
    """Which published rooms are wanted."""

    generic_search_term: str | None = None
    room_types: list[str | None] | None = None


class RoomQuery(msgspec.Struct):
    """The body of a search in the directory."""

    limit: int | None = None
    since: str | None = None
    filter: RoomFilter | None = None
    include_all_networks: bool = False
    third_party_instance_id: str | None = None


class UserQuery(msgspec.Struct):
    """The body of a search for people."""

    search_term: str
    limit: int = 10


class DirectoryApi:
    def __init__(
        self,
        aliases: RoomAliases,
        rooms: PublishRooms,
        users: SearchUsers,
        *,
        server_name: str,
    ) -> None:
        self._aliases = aliases
        self._rooms = rooms
        self._users = users
        self._server_name = server_name

    @endpoint(
        "GET",
        "/_matrix/client/v3/directory/room/{room_alias}",
        auth=Auth.NONE,
        spec="client-server-api/#get_matrixclientv3directoryroomroomalias",
    )
    async def resolve(self, room_alias: RoomAlias) -> Json:
        """The room of an alias."""
        room_id = await self._aliases.resolve(room_alias)
        return {"room_id": room_id, "servers": [self._server_name]}

    @endpoint(
        "PUT",
        "/_matrix/client/v3/directory/room/{room_alias}",
        auth=Auth.ACCESS_TOKEN,
        spec="client-server-api/#put_matrixclientv3directoryroomroomalias",
    )
    async def set_alias(self, who: Requester, room_alias: RoomAlias, body: AliasTarget) -> Json:
        """Give a room an alias."""
        await self._aliases.create(who, room_alias, parse_room_id(body.room_id))
        return {}

    @endpoint(
        "DELETE",
        "/_matrix/client/v3/directory/room/{room_alias}",
        auth=Auth.ACCESS_TOKEN,
        spec="client-server-api/#delete_matrixclientv3directoryroomroomalias",
    )
    async def delete_alias(self, who: Requester, room_alias: RoomAlias) -> Json:
        """Take an alias away."""
        await self._aliases.delete(who, room_alias)
        return {}

    @endpoint(
        "GET",
        "/_matrix/client/v3/rooms/{room_id}/aliases",
        auth=Auth.ACCESS_TOKEN,
        spec="client-server-api/#get_matrixclientv3roomsroomidaliases",
    )
    async def aliases_of_room(self, who: Requester, room_id: RoomId) -> Json:
        """All aliases of a room."""
        return {"aliases": await self._aliases.of_room(who, room_id)}

    @endpoint(
        "GET",
        "/_matrix/client/v3/directory/list/room/{room_id}",
        auth=Auth.NONE,
        spec="client-server-api/#get_matrixclientv3directorylistroomroomid",
    )
    async def visibility(self, room_id: RoomId) -> Json:
        """Whether a room is in the directory."""
        public = await self._rooms.is_public(room_id)
        return {"visibility": "public" if public else "private"}

    @endpoint(
        "PUT",
        "/_matrix/client/v3/directory/list/room/{room_id}",
        auth=Auth.ACCESS_TOKEN,
        spec="client-server-api/#put_matrixclientv3directorylistroomroomid",
    )
    async def set_visibility(self, who: Requester, room_id: RoomId, body: Published) -> Json:
        """Put a room into the directory, or take it out."""
        await self._rooms.set_public(who, room_id, public=body.visibility == "public")
        return {}

    @endpoint(
        "GET",
        "/_matrix/client/v3/publicRooms",
        auth=Auth.ACCESS_TOKEN,
        limit=Limit.SEARCH,
        spec="client-server-api/#get_matrixclientv3publicrooms",
    )
    async def public_rooms(self, query: Query) -> Json:
        """The directory. The names of a company's rooms are for those who belong to it, so that a
        token is asked for where the specification leaves it out."""
        self._check_server(query)
        limit = query.integer("limit", 0)
        return await self._rooms.page(Wanted(limit=_limit(limit), since=query.text("since")))

    @endpoint(
        "POST",
        "/_matrix/client/v3/publicRooms",
        auth=Auth.ACCESS_TOKEN,
        limit=Limit.SEARCH,
        spec="client-server-api/#post_matrixclientv3publicrooms",
    )
    async def search_rooms(self, query: Query, body: RoomQuery) -> Json:
        """The directory, filtered."""
        self._check_server(query)
        if body.third_party_instance_id and not body.include_all_networks:
            # The rooms of other networks are the application services' to list; none does.
            return {"chunk": [], "total_room_count_estimate": 0}
        wanted = body.filter or RoomFilter()
        types = None if wanted.room_types is None else frozenset(wanted.room_types)
        return await self._rooms.page(
            Wanted(_limit(body.limit), body.since, wanted.generic_search_term, types)
        )

    @endpoint(
        "POST",
        "/_matrix/client/v3/user_directory/search",
        auth=Auth.ACCESS_TOKEN,
        limit=Limit.SEARCH,
        spec="client-server-api/#post_matrixclientv3user_directorysearch",
    )
    async def search_users(self, who: Requester, body: UserQuery) -> Json:
        """People by name or ID."""
        if body.limit < 0:
            raise InvalidParam("limit must not be negative")
        found, limited = await self._users.search(who.user_id, body.search_term, limit=body.limit)
        return {
            "results": [
                {
                    "user_id": each.user_id,
                    **({} if each.display_name is None else {"display_name": each.display_name}),
                    **({} if each.avatar_url is None else {"avatar_url": each.avatar_url}),
                }
                for each in found
            ],
            "limited": limited,
        }

    def _check_server(self, query: Query) -> None:
        if query.text("server") not in (None, "", self._server_name):
            raise NotFound("The directories of other servers cannot be read yet")


def _limit(asked: int | None) -> int:
    if asked is not None and asked < 0:
        raise InvalidParam("limit must not be negative")
    # 0 is the old way of asking for as many as the server likes.
    return min(asked, MAX_PAGE) if asked else DEFAULT_PAGE
