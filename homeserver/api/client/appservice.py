"""What only application services ask of the client-server API."""

from __future__ import annotations

import msgspec

from homeserver.api.body import Text
from homeserver.api.endpoint import Auth, Json, endpoint
from homeserver.services.appservices.ping_appservice import PingAppservice
from homeserver.services.ground.requester import Requester


class PingBody(msgspec.Struct):
    """`POST /appservice/{appserviceId}/ping`."""

    transaction_id: Text | None = None


class AppserviceApi:
    """Application service API, "Client-Server API Extensions"."""

    def __init__(self, ping: PingAppservice) -> None:
        self._ping = ping

    @endpoint(
        "POST",
        "/_matrix/client/v1/appservice/{appservice_id}/ping",
        auth=Auth.APPSERVICE,
        spec="application-service-api/#post_matrixclientv1appserviceappserviceidping",
    )
    async def ping(self, who: Requester, appservice_id: str, body: PingBody) -> Json:
        """Call the application service back and say how long it took."""
        milliseconds = await self._ping.ping(who, appservice_id, body.transaction_id)
        return {"duration_ms": milliseconds}
