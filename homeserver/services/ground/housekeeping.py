"""Sweeps away what nobody will ask for any more: old transaction ids, tokens that have expired.

A little at a time, because whatever is deleted in a commit keeps the other commits waiting.
"""

from __future__ import annotations

import asyncio
import contextlib

from homeserver.observe import get_logger
from homeserver.services.ground.clock import Clock
from homeserver.storage import attempts, client_txns, tokens, uia_sessions
from homeserver.storage.commit import Committer, LostClaim, Write, statements
from homeserver.storage.database import DatabaseUnavailable

log = get_logger(__name__)

_HOUR_SECONDS = 3600.0
_BREATH_SECONDS = 0.1


class Housekeeping:
    """A duty. uia_ttl_ms: how long interactive authentication is remembered."""

    name = "housekeeping"

    def __init__(self, committer: Committer, clock: Clock, *, uia_ttl_ms: int) -> None:
        self._committer = committer
        self._clock = clock
        self._uia_ttl = uia_ttl_ms
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Sweeps now, and then each hour."""
        self._task = asyncio.create_task(self._run(), name="housekeeping")

    async def end(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def sweep(self) -> None:
        """Once through everything."""
        now = self._clock()
        before = now - client_txns.KEEP_MS
        while True:
            try:
                await self._committer.commit(Write(claim=(client_txns.EXPIRE_SOME, (before,))))
            except LostClaim:
                break  # there are no more
            await asyncio.sleep(_BREATH_SECONDS)
        expired = statements(
            (tokens.DELETE_EXPIRED_ONCE, {"now": now}),
            (uia_sessions.DELETE_EXPIRED, {"before": now - self._uia_ttl}),
            (attempts.DELETE_OLD, {"now": now}),
        )
        await self._committer.commit(Write(bind=expired))

    async def _run(self) -> None:
        while True:
            try:
                await self.sweep()
            except DatabaseUnavailable as error:
                log.warning("housekeeping_failed", error=str(error))
            await asyncio.sleep(_HOUR_SECONDS)
