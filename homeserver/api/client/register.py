"""Registration: by anyone where it is open, application services, scripts with the secret."""

from __future__ import annotations

import msgspec
from aiohttp import web

from homeserver.api.body import Text, as_struct
from homeserver.api.client.login import session_body
from homeserver.api.endpoint import Auth, Json, JsonObject, Limit, Query, endpoint
from homeserver.api.server import access_token
from homeserver.ids import parse_device_id
from homeserver.services.accounts.registration import Registration


class RegisterBody(msgspec.Struct):
    """`POST /register`, without what decides whether it is allowed."""

    device_id: str | None = None
    initial_device_display_name: Text | None = None
    inhibit_login: bool | None = None
    refresh_token: bool | None = None


class SecretBody(msgspec.Struct):
    """`POST /_synapse/admin/v1/register`."""

    nonce: str
    username: str
    password: str
    mac: str
    admin: bool = False
    displayname: Text | None = None
    user_type: str | None = None


class RegisterApi:
    def __init__(self, registration: Registration, *, server_name: str) -> None:
        self._registration = registration
        self._server_name = server_name

    @endpoint(
        "POST",
        "/_matrix/client/v3/register",
        auth=Auth.NONE,
        limit=Limit.REGISTRATION,
        spec="client-server-api/#post_matrixclientv3register",
    )
    async def register(self, request: web.BaseRequest, query: Query, body: JsonObject) -> Json:
        """Make an account, and begin a session unless that is not wanted."""
        wanted = as_struct(body, RegisterBody)
        user_id, session = await self._registration.register(
            body,
            kind=query.text("kind") or "user",
            device_id=parse_device_id(wanted.device_id) if wanted.device_id else None,
            display_name=wanted.initial_device_display_name,
            refreshable=bool(wanted.refresh_token),
            inhibit_login=bool(wanted.inhibit_login),
            as_token=access_token(request.headers, query),
        )
        if session is None:
            return {"user_id": user_id, "home_server": self._server_name}
        return session_body(session, self._server_name)

    @endpoint(
        "GET",
        "/_matrix/client/v3/register/available",
        auth=Auth.NONE,
        limit=Limit.REGISTRATION,
        spec="client-server-api/#get_matrixclientv3registeravailable",
    )
    async def available(self, query: Query) -> Json:
        """Whether a user name may be registered; if not, the error says why."""
        await self._registration.check_available(query.required("username"))
        return {"available": True}

    @endpoint(
        "GET",
        "/_synapse/admin/v1/register",
        auth=Auth.NONE,
        limit=Limit.REGISTRATION,
        spec="",
    )
    async def nonce(self) -> Json:
        """What a script must include in its HMAC."""
        return {"nonce": self._registration.new_nonce()}

    @endpoint(
        "POST",
        "/_synapse/admin/v1/register",
        auth=Auth.NONE,
        limit=Limit.REGISTRATION,
        spec="",
    )
    async def register_with_secret(self, body: SecretBody) -> Json:
        """Make an account, for scripts that know the shared secret."""
        session = await self._registration.register_with_secret(
            nonce=body.nonce,
            username=body.username,
            password=body.password,
            admin=body.admin,
            user_type=body.user_type,
            mac=body.mac,
            display_name=body.displayname,
        )
        return session_body(session, self._server_name)
