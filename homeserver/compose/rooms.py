"""Rooms: writing into them, reading them, finding them."""

from __future__ import annotations

from homeserver.compose.accounts import Accounts
from homeserver.compose.engine import Engine
from homeserver.compose.reading import reading_apis


def room_apis(engine: Engine, accounts: Accounts) -> list[object]:
    """The endpoints of rooms."""
    return [*reading_apis(engine)]
