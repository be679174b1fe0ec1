"""One-time sign-in links, as the web client opens them."""

from __future__ import annotations

import msgspec

from homeserver.api.body import Text
from homeserver.api.client.login import session_body
from homeserver.api.endpoint import Auth, Json, Limit, endpoint
from homeserver.ids import parse_device_id
from homeserver.services.accounts.welcome import Welcome

_PATH = "/_teammessenger/client/v1/welcome/{token}"


class WelcomeBody(msgspec.Struct):
    """`POST /welcome/{token}`."""

    password: str
    device_id: str | None = None
    initial_device_display_name: Text | None = None
    refresh_token: bool | None = None


class WelcomeApi:
    def __init__(self, welcome: Welcome, *, server_name: str) -> None:
        self._welcome = welcome
        self._server_name = server_name

    @endpoint("GET", _PATH, auth=Auth.NONE, limit=Limit.LOGIN, spec="")
    async def look(self, token: str) -> Json:
        """Whom the link is for."""
        user_id, display_name = await self._welcome.whose(token)
        return {
            "user_id": user_id,
            "display_name": display_name,
            "server_name": self._server_name,
        }

    @endpoint("POST", _PATH, auth=Auth.NONE, limit=Limit.LOGIN, spec="")
    async def use(self, token: str, body: WelcomeBody) -> Json:
        """Choose a password and sign in; the link works once."""
        session = await self._welcome.use(
            token,
            body.password,
            device_id=parse_device_id(body.device_id) if body.device_id else None,
            display_name=body.initial_device_display_name,
            refreshable=bool(body.refresh_token),
        )
        return session_body(session, self._server_name)
