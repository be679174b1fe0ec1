"""Rooms: writing into them, reading them, finding them."""

from __future__ import annotations

from homeserver.api.client.ephemeral import EphemeralApi
from homeserver.compose.accounts import Accounts
from homeserver.compose.engine import Engine
from homeserver.services.receipts import Receipts


def room_apis(engine: Engine, accounts: Accounts) -> list[object]:
    """The endpoints of rooms."""
    receipts = Receipts(
        engine.database,
        engine.committer,
        engine.heads,
        engine.cache,
        engine.visible,
        engine.clock,
    )
    return [EphemeralApi(receipts, engine.typing)]
