"""Spaces: the rooms in them."""

from __future__ import annotations

from dataclasses import replace

from homeserver.api.endpoint import Auth, Json, Limit, Query, endpoint
from homeserver.errors import InvalidParam
from homeserver.ids import RoomId
from homeserver.services.ground.requester import Requester
from homeserver.services.rooms.walk_space import MAX_DEPTH, Walk, WalkSpace

MAX_PAGE = 50
"""Rooms in one answer; who asks for more gets as many, and so does who does not say."""


class SpacesApi:
    def __init__(self, walk: WalkSpace) -> None:
        self._walk = walk

    @endpoint(
        "GET",
        "/_matrix/client/v1/rooms/{room_id}/hierarchy",
        auth=Auth.ACCESS_TOKEN,
        limit=Limit.SEARCH,
        spec="client-server-api/#get_matrixclientv1roomsroomidhierarchy",
    )
    async def hierarchy(self, who: Requester, room_id: RoomId, query: Query) -> Json:
        """A page of the rooms under a space, the space itself first."""
        token = query.text("from")
        before = Walk() if token is None else Walk.parse(token)
        walk = replace(
            before,
            max_depth=query.integer("max_depth", before.max_depth, high=MAX_DEPTH),
            suggested_only=query.boolean("suggested_only", default=before.suggested_only),
        )
        if token is not None and walk != before:
            raise InvalidParam("suggested_only and max_depth cannot change between pages")
        limit = query.integer("limit", MAX_PAGE, low=1, high=MAX_PAGE)
        return await self._walk.page(who.user_id, room_id, walk, limit=limit)
