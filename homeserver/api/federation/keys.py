"""The key that this server signs with, for anyone who checks its signatures.

Source: server-server-api, "Publishing Keys", "Querying Keys Through Another Server".
"""

from __future__ import annotations

import orjson

from homeserver.api.endpoint import Auth, Json, JsonObject, endpoint
from homeserver.errors import BadJson, MissingParam
from homeserver.ids import ServerName
from homeserver.protocol.canonical_json import encode
from homeserver.protocol.signing import SigningKey
from homeserver.services.ground.clock import Clock

VALID_MS = 24 * 3600 * 1000
"""How long an answer may be relied on. A day: long enough that others ask seldom, well below the
seven days after which they ask in any case."""


class KeysApi:
    """Publishes the signing key."""

    def __init__(self, key: SigningKey, clock: Clock, *, server_name: str) -> None:
        self._key = key
        self._clock = clock
        self._server_name = server_name

    @endpoint(
        "GET",
        "/_matrix/key/v2/server",
        auth=Auth.NONE,
        spec="server-server-api/#get_matrixkeyv2server",
    )
    async def server(self) -> Json:
        """The server's keys, signed with themselves; canonical, for those who do not sort it."""
        return self._published()

    @endpoint(
        "GET",
        "/_matrix/key/v2/query/{server_name}",
        auth=Auth.NONE,
        spec="server-server-api/#get_matrixkeyv2queryservername",
    )
    async def query(self, server_name: ServerName) -> Json:
        """The keys of a server, as far as they are known here: our own."""
        return self._known([server_name])

    @endpoint(
        "POST",
        "/_matrix/key/v2/query",
        auth=Auth.NONE,
        spec="server-server-api/#post_matrixkeyv2query",
    )
    async def query_many(self, body: JsonObject) -> Json:
        """The same of several servers."""
        if "server_keys" not in body:
            raise MissingParam("server_keys is missing")
        servers = body["server_keys"]
        if not isinstance(servers, dict) or not all(isinstance(k, dict) for k in servers.values()):
            raise BadJson("server_keys must be an object of objects")
        return self._known(list(servers))

    def _known(self, servers: list[str]) -> Json:
        """ "Servers which are offline and have no cached keys will not be included"."""
        keys = [orjson.Fragment(self._published())] if self._server_name in servers else []
        return {"server_keys": keys}

    def _published(self) -> bytes:
        published = {
            "server_name": self._server_name,
            "verify_keys": {self._key.key_id: {"key": self._key.public_key}},
            "old_verify_keys": {},
            "valid_until_ts": self._clock() + VALID_MS,
        }
        return encode(self._key.sign_json(published, self._server_name))
