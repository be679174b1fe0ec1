"""What this server is and can do."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from homeserver.api.endpoint import Auth, Json, endpoint
from homeserver.errors import NotFound
from homeserver.protocol.room_versions import ROOM_VERSIONS
from homeserver.services.accounts.token_signer import TokenSigner
from homeserver.services.ground.requester import Requester

VERSIONS = tuple(f"v1.{minor}" for minor in range(1, 17))
"""Versions of the specification whose client API is served."""

UNSTABLE_FEATURES = {
    "org.matrix.msc3391": True,  # account data can be deleted
    "org.matrix.msc3916.stable": True,  # authenticated media
    "org.matrix.msc4222": True,  # state_after in /sync
    "org.matrix.msc4133.stable": True,  # profile fields of any name
    "org.matrix.msc4326": True,  # application services act as a device
}
"""Features under the names that clients asked for before they were in a version."""


class DiscoveryApi:
    """public_baseurl: the address clients use; None: the one that each asked.

    tasks_authority: who decides about tasks; None: there is no tasks service.
    """

    def __init__(
        self,
        signer: TokenSigner,
        *,
        server_name: str,
        public_baseurl: str | None,
        default_room_version: str,
        tasks_authority: str | None = None,
    ) -> None:
        self._signer = signer
        self._server_name = server_name
        self._public_baseurl = None if public_baseurl is None else public_baseurl.rstrip("/")
        self._default_room_version = default_room_version
        self._tasks_authority = tasks_authority

    @endpoint(
        "GET",
        "/_matrix/client/versions",
        auth=Auth.NONE,
        spec="client-server-api/#get_matrixclientversions",
    )
    async def versions(self) -> Json:
        """The versions of the specification that are served."""
        return {"versions": ["r0.6.1", *VERSIONS], "unstable_features": UNSTABLE_FEATURES}

    @endpoint(
        "GET",
        "/.well-known/matrix/client",
        auth=Auth.NONE,
        spec="client-server-api/#getwell-knownmatrixclient",
    )
    async def well_known_client(self, request: web.BaseRequest) -> Json:
        """Where clients of this server's users should go."""
        base = self._public_baseurl or f"{request.scheme}://{request.host}"
        return {"m.homeserver": {"base_url": base}}

    @endpoint(
        "GET",
        "/.well-known/matrix/server",
        auth=Auth.NONE,
        spec="server-server-api/#getwell-knownmatrixserver",
    )
    async def well_known_server(self) -> Json:
        """Where other servers reach this one: at its public address, if it has one."""
        if self._public_baseurl is None:
            raise NotFound("This server has no public address")
        scheme, _, rest = self._public_baseurl.partition("://")
        host = rest.partition("/")[0]
        if ":" not in host.rpartition("]")[2]:
            host += ":443" if scheme == "https" else ":80"
        return {"m.server": host}

    @endpoint(
        "GET",
        "/_matrix/client/v3/capabilities",
        auth=Auth.ACCESS_TOKEN,
        spec="client-server-api/#get_matrixclientv3capabilities",
    )
    async def capabilities(self, who: Requester) -> Json:
        """What the caller can do here."""
        enabled, disabled = {"enabled": True}, {"enabled": False}
        capabilities: dict[str, Any] = {
            "m.change_password": disabled if who.appservice_id is not None else enabled,
            "m.room_versions": {
                "default": self._default_room_version,
                "available": {
                    each.identifier: "stable" if each.stable else "unstable"
                    for each in ROOM_VERSIONS.values()
                },
            },
            "m.set_displayname": enabled,
            "m.set_avatar_url": enabled,
            "m.3pid_changes": disabled,
            "m.get_login_token": disabled if who.appservice_id is not None else enabled,
            "m.profile_fields": enabled,
            "m.forget_forced_upon_leave": disabled,
            "org.teammessenger.account": {"admin": who.admin},
        }
        if self._tasks_authority is not None:
            capabilities["org.teammessenger.tasks"] = {"authority": self._tasks_authority}
        return {"capabilities": capabilities}

    @endpoint(
        "GET",
        "/_teammessenger/client/v1/token_keys",
        auth=Auth.NONE,
        spec="",
    )
    async def token_keys(self) -> Json:
        """The public key of access tokens, as a JSON Web Key Set (RFC 7517)."""
        return self._signer.jwks()
