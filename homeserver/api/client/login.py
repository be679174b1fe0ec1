"""Signing in and out, and renewing tokens."""

from __future__ import annotations

from typing import Any

import msgspec
from aiohttp import web

from homeserver.api.body import Text, as_struct
from homeserver.api.endpoint import Auth, Json, JsonObject, Limit, Query, endpoint
from homeserver.api.server import access_token
from homeserver.errors import Forbidden
from homeserver.ids import DeviceId, parse_device_id
from homeserver.services.accounts.login import LOGIN_TOKEN_MS, Login
from homeserver.services.accounts.tokens import Session, Tokens
from homeserver.services.accounts.uia import PASSWORD, InteractiveAuth
from homeserver.services.ground.requester import Requester


class LoginBody(msgspec.Struct):
    """`POST /login`, without what belongs to one type of login."""

    type: str
    device_id: str | None = None
    initial_device_display_name: Text | None = None
    refresh_token: bool | None = None

    def checked_device_id(self) -> DeviceId | None:
        """The device id; an empty one is as good as none. Raises InvalidParam."""
        return parse_device_id(self.device_id) if self.device_id else None


class RefreshBody(msgspec.Struct):
    """`POST /refresh`."""

    refresh_token: str


class LoginApi:
    def __init__(
        self, login: Login, sessions: Tokens, uia: InteractiveAuth, *, server_name: str
    ) -> None:
        self._login = login
        self._sessions = sessions
        self._uia = uia
        self._server_name = server_name

    @endpoint(
        "GET",
        "/_matrix/client/v3/login",
        auth=Auth.NONE,
        spec="client-server-api/#get_matrixclientv3login",
    )
    async def flows(self) -> Json:
        """The ways to sign in."""
        return {"flows": self._login.flows()}

    @endpoint(
        "POST",
        "/_matrix/client/v3/login",
        auth=Auth.NONE,
        limit=Limit.LOGIN,
        spec="client-server-api/#post_matrixclientv3login",
    )
    async def login(self, request: web.BaseRequest, query: Query, body: JsonObject) -> Json:
        """Begin a session."""
        wanted = as_struct(body, LoginBody)
        session, must_change = await self._login.login(
            wanted.type,
            body,
            device_id=wanted.checked_device_id(),
            display_name=wanted.initial_device_display_name,
            refreshable=bool(wanted.refresh_token),
            as_token=access_token(request.headers, query),
        )
        answer = session_body(session, self._server_name)
        if must_change:
            answer["org.teammessenger.must_change_password"] = True
        return answer

    @endpoint(
        "POST",
        "/_matrix/client/v3/refresh",
        auth=Auth.NONE,
        spec="client-server-api/#post_matrixclientv3refresh",
    )
    async def refresh(self, body: RefreshBody) -> Json:
        """Exchange a refresh token for a new pair of tokens."""
        return (await self._sessions.refresh(body.refresh_token)).body()

    @endpoint(
        "POST",
        "/_matrix/client/v3/logout",
        auth=Auth.ACCESS_TOKEN,
        spec="client-server-api/#post_matrixclientv3logout",
    )
    async def logout(self, who: Requester) -> Json:
        """End this session; its device is gone too."""
        await self._login.logout(who)
        return {}

    @endpoint(
        "POST",
        "/_matrix/client/v3/logout/all",
        auth=Auth.ACCESS_TOKEN,
        spec="client-server-api/#post_matrixclientv3logoutall",
    )
    async def logout_all(self, who: Requester) -> Json:
        """End every session of the caller."""
        await self._login.logout_all(who)
        return {}

    @endpoint(
        "POST",
        "/_matrix/client/v1/login/get_token",
        auth=Auth.ACCESS_TOKEN,
        limit=Limit.ACCOUNT,
        spec="client-server-api/#post_matrixclientv1loginget_token",
    )
    async def get_token(self, who: Requester, body: JsonObject) -> Json:
        """A token that signs one more client in, after the caller proved who they are."""
        if who.appservice_id is not None:
            raise Forbidden("Application services sign their users in themselves")
        await self._uia.require("get_token", body, [PASSWORD], user_id=who.user_id)
        token = await self._login.make_login_token(who.user_id)
        return {"login_token": token, "expires_in_ms": LOGIN_TOKEN_MS}


def session_body(session: Session, server_name: str) -> dict[str, Any]:
    """The answer of whatever begins a session."""
    return {
        "user_id": session.user_id,
        "device_id": session.device_id,
        "home_server": server_name,
        **session.body(),
    }
