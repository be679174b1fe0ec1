"""People let bots act for them, by tokens that they can take back."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from typing import Final

from appservice_tasks.contracts import Delegation, DelegationCreate, NewDelegation
from appservice_tasks.domain.org import Role
from appservice_tasks.errors import Problem, invalid, not_found
from appservice_tasks.services.circumstances import Circumstances
from appservice_tasks.services.work import Work
from appservice_tasks.storage import organisation

_YEAR_MS: Final = 365 * 24 * 3600 * 1000


class Delegations:
    """Makes, lists, ends and checks them."""

    def __init__(self, work: Work, circumstances: Circumstances) -> None:
        self._work = work
        self._circumstances = circumstances

    async def create(self, user_id: str, wanted: DelegationCreate) -> NewDelegation:
        """Lets a bot act for the user. The token is shown this once.

        Raises Problem: `forbidden` (a bot delegates nothing), `not_found` (no such bot), `invalid`.
        """
        now = self._work.clock()
        expires_at = wanted.get("expires_at", now + _YEAR_MS)
        if expires_at <= now:
            raise invalid("/expires_at", "range", "In the past")
        async with self._work.begin() as unit:
            chart = await self._circumstances.chart(unit.conn)
            if chart.person(user_id).role is Role.BOT:
                raise Problem("forbidden", "Bots have no rights of their own to lend")
            bot = chart.person(wanted["bot"])
            if bot.role is not Role.BOT or not bot.active:
                raise not_found("No such bot")
            made = organisation.Delegation(
                str(uuid.uuid4()), user_id, wanted["bot"], now, expires_at
            )
            token = secrets.token_urlsafe(32)
            await organisation.add_delegation(unit.conn, made, _hash(token))
        return {
            "id": made.id,
            "bot": made.bot,
            "token": token,
            "created_at": made.made_at,
            "expires_at": made.expires_at,
        }

    async def of(self, user_id: str) -> list[Delegation]:
        """What somebody has delegated."""
        async with self._work.database.read() as conn:
            found = await organisation.delegations_of(conn, user_id)
        return [
            {
                "id": each.id,
                "bot": each.bot,
                "created_at": each.made_at,
                "expires_at": each.expires_at,
            }
            for each in found
        ]

    async def end(self, user_id: str, delegation_id: str) -> None:
        """Its token is dead. Raises Problem `not_found`."""
        async with self._work.begin() as unit:
            if not await organisation.revoke_delegation(unit.conn, user_id, delegation_id):
                raise not_found("No such delegation")

    async def person_behind(self, bot: str, token: str | None) -> str | None:
        """For whom a bot acts by a token; None without one.

        Raises Problem `forbidden`: the token is not the bot's, has ended, or its person is gone.
        """
        if token is None:
            return None
        async with self._work.database.read() as conn:
            found = await organisation.delegation_of_token(conn, _hash(token))
            if found is not None and found.bot == bot and found.expires_at > self._work.clock():
                chart = await self._circumstances.chart(conn)
                if chart.person(found.user_id).active:
                    return found.user_id
        raise Problem("forbidden", "The delegated token is not valid for this bot")


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
