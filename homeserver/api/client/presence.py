"""Who is online."""

from __future__ import annotations

from typing import Literal

import msgspec

from homeserver.api.endpoint import Auth, Json, endpoint
from homeserver.errors import Forbidden, InvalidParam
from homeserver.ids import UserId
from homeserver.services.ground.requester import Requester
from homeserver.services.sync.ask_presence import AskPresence

MAX_STATUS = 1_000
"""Characters of a status message."""

_PATH = "/_matrix/client/v3/presence/{user_id}/status"


class PresenceRequest(msgspec.Struct):
    """The body of PUT. status_msg: absent or null for none."""

    presence: Literal["online", "unavailable", "offline"]
    status_msg: str | None = None


class PresenceApi:
    def __init__(self, ask: AskPresence) -> None:
        self._ask = ask

    @endpoint(
        "GET",
        _PATH,
        auth=Auth.ACCESS_TOKEN,
        spec="client-server-api/#get_matrixclientv3presenceuseridstatus",
    )
    async def get(self, who: Requester, user_id: UserId) -> Json:
        """How somebody is with whom one shares a room."""
        return await self._ask.of(who.user_id, user_id)

    @endpoint(
        "PUT",
        _PATH,
        auth=Auth.ACCESS_TOKEN,
        spec="client-server-api/#put_matrixclientv3presenceuseridstatus",
    )
    async def put(self, who: Requester, user_id: UserId, body: PresenceRequest) -> Json:
        """Say how one is."""
        if user_id != who.user_id:
            raise Forbidden("Nobody speaks for somebody else")
        if len(body.status_msg or "") > MAX_STATUS:
            raise InvalidParam(f"A status message has at most {MAX_STATUS} characters")
        self._ask.put(who, body.presence, body.status_msg)
        return {}
