"""Accounts: who people are, how they sign in, what they keep with the server."""

from __future__ import annotations

from dataclasses import dataclass, field

from homeserver.api.server import Authenticator
from homeserver.compose.engine import Engine
from homeserver.services.appservice_registry import Appservices


@dataclass(frozen=True)
class Accounts:
    """What other parts need of the accounts, and their endpoints."""

    authenticator: Authenticator
    appservices: Appservices
    apis: list[object] = field(default_factory=list)

    async def start(self) -> None:
        """Begins what runs in the background."""

    async def stop(self) -> None:
        """Ends it, and writes down what it had gathered."""


def build_accounts(engine: Engine) -> Accounts:
    """Builds the services and endpoints of accounts."""
    raise NotImplementedError
