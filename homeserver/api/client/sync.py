"""/sync and the filters it takes."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from homeserver.api.endpoint import Auth, Json, JsonObject, Query, endpoint
from homeserver.errors import Forbidden
from homeserver.ids import UserId
from homeserver.protocol.presence import ONLINE, STATES
from homeserver.protocol.sync_token import StreamToken
from homeserver.services.accounts.filters import Filters
from homeserver.services.ground.requester import Requester
from homeserver.services.sync.sync import Sync, SyncRequest

_Asked = tuple[StreamToken | None, str | None, float, bool, str | None, str]
"""What a poll asks: since, filter, seconds, full_state, name of state_after, set_presence."""


class SyncApi:
    """max_timeout_ms: the longest that a poll waits."""

    def __init__(self, sync: Sync, filters: Filters, *, max_timeout_ms: int) -> None:
        self._sync = sync
        self._filters = filters
        self._max_timeout = max_timeout_ms
        self._asked: WeakKeyDictionary[Query, _Asked] = WeakKeyDictionary()

    @endpoint(
        "GET",
        "/_matrix/client/v3/sync",
        auth=Auth.ACCESS_TOKEN,
        spec="client-server-api/#get_matrixclientv3sync",
    )
    async def sync(self, who: Requester, query: Query) -> Json:
        """What is new since a token, waiting for it if there is nothing; or everything."""
        asked = self._asked.get(query)  # Many send the same words, which are one query then.
        if asked is None:
            asked = self._asked[query] = self._read(query)
        since, wanted, timeout, full_state, state_after, presence = asked
        parsed = await self._filters.resolve(who.user_id, wanted)
        return await self._sync.sync(
            SyncRequest(who, since, parsed, timeout, full_state, state_after, presence)
        )

    def _read(self, query: Query) -> _Asked:
        since = query.text("since")
        return (
            None if not since else StreamToken.parse(since),
            query.text("filter"),
            query.integer("timeout", 0, high=self._max_timeout) / 1000,
            query.boolean("full_state"),
            _state_after(query),
            query.choice("set_presence", STATES, ONLINE) or ONLINE,
        )

    @endpoint(
        "POST",
        "/_matrix/client/v3/user/{user_id}/filter",
        auth=Auth.ACCESS_TOKEN,
        spec="client-server-api/#post_matrixclientv3useruseridfilter",
    )
    async def add_filter(self, who: Requester, user_id: UserId, body: JsonObject) -> Json:
        """Store a filter for later polls."""
        if user_id != who.user_id:
            raise Forbidden("A filter belongs to whoever stores it")
        return {"filter_id": await self._filters.add(user_id, body)}

    @endpoint(
        "GET",
        "/_matrix/client/v3/user/{user_id}/filter/{filter_id}",
        auth=Auth.ACCESS_TOKEN,
        spec="client-server-api/#get_matrixclientv3useruseridfilterfilterid",
    )
    async def get_filter(self, who: Requester, user_id: UserId, filter_id: str) -> Json:
        """A stored filter as it was given."""
        if user_id != who.user_id:
            raise Forbidden("A filter belongs to whoever stored it")
        return await self._filters.get(user_id, filter_id)


def _state_after(query: Query) -> str | None:
    """The name of ``state_after`` that the client asks for and so will look for."""
    for prefix in ("", "org.matrix.msc4222."):
        if query.boolean(f"{prefix}use_state_after"):
            return f"{prefix}state_after"
    return None
