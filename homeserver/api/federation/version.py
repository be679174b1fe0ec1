"""What answers here, for other servers and whoever looks for a fault between them.

Source: server-server-api, "Server implementation".
"""

from __future__ import annotations

from homeserver import __version__
from homeserver.api.endpoint import Auth, Json, endpoint


class VersionApi:
    @endpoint(
        "GET",
        "/_matrix/federation/v1/version",
        auth=Auth.NONE,
        spec="server-server-api/#get_matrixfederationv1version",
    )
    async def version(self) -> Json:
        """The name and version of this implementation."""
        return {"server": {"name": "Team Messenger", "version": __version__}}
