"""Tells an application service whether this server reaches it.

Source: application-service-api, "Pinging".
"""

from __future__ import annotations

import time
from collections.abc import Callable

from homeserver.errors import Forbidden, MatrixError
from homeserver.remote.appservice_client import (
    AppserviceClient,
    BadStatus,
    TimedOut,
    Unreachable,
)
from homeserver.services.appservices.appservice_registry import Appservices
from homeserver.services.ground.requester import Requester


class PingAppservice:
    """Calls an application service back. on_success: told its id when it answered."""

    def __init__(
        self,
        appservices: Appservices,
        client: AppserviceClient,
        *,
        on_success: Callable[[str], None],
    ) -> None:
        self._appservices = appservices
        self._client = client
        self._on_success = on_success

    async def ping(self, who: Requester, appservice_id: str, transaction_id: str | None) -> int:
        """How many milliseconds it took. Raises Forbidden (another service), and MatrixError with
        M_URL_NOT_SET, M_BAD_STATUS, M_CONNECTION_FAILED or M_CONNECTION_TIMEOUT."""
        appservice = self._appservices.by_id(appservice_id)
        if appservice is None or who.appservice_id != appservice_id:
            raise Forbidden("The access token is not that of this application service")
        if appservice.url is None:
            raise MatrixError(
                "The application service has no URL", status=400, errcode="M_URL_NOT_SET"
            )
        started = time.perf_counter()
        try:
            await self._client.ping(appservice, transaction_id)
        except TimedOut as error:
            raise MatrixError(
                "The application service did not answer in time",
                status=504,
                errcode="M_CONNECTION_TIMEOUT",
            ) from error
        except Unreachable as error:
            raise MatrixError(
                "The application service cannot be reached",
                status=502,
                errcode="M_CONNECTION_FAILED",
            ) from error
        except BadStatus as error:
            raise MatrixError(
                f"The application service answered {error.status}",
                status=502,
                errcode="M_BAD_STATUS",
                extra={"status": error.status, "body": error.body},
            ) from error
        self._on_success(appservice_id)
        return round((time.perf_counter() - started) * 1000)
