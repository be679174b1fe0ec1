"""The key that this server signs with, for anyone who checks its signatures.

Source: server-server-api, "Publishing Keys".
"""

from __future__ import annotations

from homeserver.api.endpoint import Auth, Json, endpoint
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
        published = {
            "server_name": self._server_name,
            "verify_keys": {self._key.key_id: {"key": self._key.public_key}},
            "old_verify_keys": {},
            "valid_until_ts": self._clock() + VALID_MS,
        }
        return encode(self._key.sign_json(published, self._server_name))
