"""Asks application services for what this server does not know: they may make it just then.

Source: application-service-api, "Querying".
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from homeserver.observe import get_logger
from homeserver.remote.appservice_client import AppserviceClient, Recipient, Unreachable
from homeserver.services.appservices.appservice_registry import Appservice, Appservices
from homeserver.storage import accounts
from homeserver.storage.database import Database

log = get_logger(__name__)


class AskAppservices:
    """Queries for users and aliases within the namespaces of services that have an address."""

    def __init__(
        self, database: Database, appservices: Appservices, client: AppserviceClient
    ) -> None:
        self._database = database
        self._appservices = appservices
        self._client = client

    async def introduce(self, user_ids: Iterable[str]) -> None:
        """Asks for those of these users who have no account, before something is done to them."""
        covered = [each for each in user_ids if self._appservices.interested_in_user(each)]
        if not covered:
            return
        async with self._database.read() as conn:
            known = await accounts.known(conn, covered)
        for user_id in covered:
            if user_id not in known:
                await self.user(user_id)

    async def user(self, user_id: str) -> bool:
        """Whether a service says that this user, whom we do not know, exists; look again then."""
        return await self._ask(
            user_id,
            lambda each: user_id != each.sender and each.covers_user(user_id),
            self._client.has_user,
        )

    async def alias(self, alias: str) -> bool:
        """Whether a service says that this alias, which we do not know, exists; look again then."""
        return await self._ask(alias, lambda each: each.covers_alias(alias), self._client.has_alias)

    async def _ask(
        self,
        name: str,
        concerns: Callable[[Appservice], bool],
        query: Callable[[Recipient, str], Awaitable[bool]],
    ) -> bool:
        for appservice in self._appservices.all:
            if appservice.url is None or not concerns(appservice):
                continue
            try:
                if await query(appservice, name):
                    return True
            except Unreachable as error:
                log.warning(
                    "appservice_not_asked", appservice=appservice.id, name=name, reason=str(error)
                )
        return False
