"""Health and figures, for those who run the server."""

from __future__ import annotations

import hmac
from collections.abc import Callable

from aiohttp import web

from homeserver.api.endpoint import Auth, Json, Reply, endpoint
from homeserver.api.figures import Figures
from homeserver.errors import Forbidden
from homeserver.observe import CONTENT_TYPE


class HealthApi:
    """token: opens /metrics to others than this machine; None: nobody else may read it."""

    def __init__(
        self,
        *,
        token: str | None,
        client_address: Callable[[web.BaseRequest], str],
        figures: Figures,
    ) -> None:
        self._figures = figures
        self._token = token
        self._client_address = client_address

    @endpoint("GET", "/health", auth=Auth.NONE, spec="")
    async def health(self) -> Json:
        """Answers as long as requests are served."""
        return {"status": "ok"}

    @endpoint("GET", "/metrics", auth=Auth.NONE, spec="")
    async def metrics(self, request: web.BaseRequest) -> Reply:
        """Figures in Prometheus's format, for this machine or with the token."""
        header = request.headers.get("Authorization", "")
        given = header[7:].strip() if header[:7].lower() == "bearer " else ""
        allowed = self._token is not None and hmac.compare_digest(
            given.encode(), self._token.encode()
        )
        if not allowed and self._client_address(request) not in ("127.0.0.1", "::1"):
            raise Forbidden("Figures are for this machine, or for those with the metrics token")
        return Reply(await self._figures.render(), content_type=CONTENT_TYPE)
