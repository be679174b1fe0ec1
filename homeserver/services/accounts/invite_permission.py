"""Who takes no invites.

Source: client-server-api, "Invite permission".
"""

from __future__ import annotations

import orjson

from homeserver.errors import InviteBlocked
from homeserver.storage import account_data
from homeserver.storage.database import Connection

CONFIG = "m.invite_permission_config"


async def check_invitable(conn: Connection, user_ids: list[str]) -> None:
    """Raises InviteBlocked if one of these people blocks invites."""
    for user_id, raw in (await account_data.of_users(conn, user_ids, CONFIG)).items():
        config = orjson.loads(raw)
        if isinstance(config, dict) and config.get("default_action") == "block":
            raise InviteBlocked(f"{user_id} does not take invites")
