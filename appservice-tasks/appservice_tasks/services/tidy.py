"""Forgets what nobody can ask for any more."""

from __future__ import annotations

import asyncio
from typing import Final

from appservice_tasks.observe import get_logger
from appservice_tasks.services.work import Work
from appservice_tasks.storage import as_txns, chores, feed, intents, ledger, news

log = get_logger(__name__)

_DAY_MS: Final = 24 * 3_600_000
LEDGER_DAYS: Final = 90
"""Idempotency keys."""
INTENT_DAYS: Final = 90
FEED_DAYS: Final = 30
NEWS_MS: Final = 3_600_000
TXN_DAYS: Final = 30
CHORE_DAYS: Final = 30
_EVERY_SECONDS: Final = 3600.0


class Tidy:
    """Once an hour."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def run(self) -> None:
        """For ever."""
        while True:
            await asyncio.sleep(_EVERY_SECONDS)
            try:
                await self.once()
            except Exception:
                log.exception("tidying_failed")

    async def once(self) -> None:
        """Now. Each in a transaction of its own."""
        for forget, milliseconds in (
            (ledger.forget, LEDGER_DAYS * _DAY_MS),
            (intents.forget, INTENT_DAYS * _DAY_MS),
            (feed.forget, FEED_DAYS * _DAY_MS),
            (news.forget, NEWS_MS),
            (as_txns.forget, TXN_DAYS * _DAY_MS),
            (chores.forget, CHORE_DAYS * _DAY_MS),
        ):
            async with self._work.begin() as unit:
                await forget(unit.conn, unit.now - milliseconds)
