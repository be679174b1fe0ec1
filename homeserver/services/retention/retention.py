"""Deletes what is older than the company, or a room, wants to keep.

A room says so by `m.room.retention` (MSC1763): `max_lifetime` in milliseconds; the shorter of its
wish and the company's holds.
"""

from __future__ import annotations

import asyncio
import contextlib

from homeserver.errors import MatrixError
from homeserver.observe import get_logger
from homeserver.services.ground.clock import Clock
from homeserver.services.retention.purge_room import PurgeRoom
from homeserver.storage import retention
from homeserver.storage.commit import Committer, LostClaim, Write
from homeserver.storage.database import Database, DatabaseUnavailable

log = get_logger(__name__)

DAY_MS = 24 * 3600 * 1000
_LEAST_MS = DAY_MS
"""A room cannot forget faster: somebody may be away over night."""
_INTERVAL_S = 3600.0


class Retention:
    """max_age_days: of what any room keeps; None: for as long as the room wants."""

    def __init__(
        self,
        database: Database,
        committer: Committer,
        purge: PurgeRoom,
        clock: Clock,
        *,
        max_age_days: int | None,
    ) -> None:
        self._database = database
        self._committer = committer
        self._purge = purge
        self._clock = clock
        self._max_age = None if max_age_days is None else max_age_days * DAY_MS
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins to look once an hour."""
        self._task = asyncio.create_task(self._run(), name="retention")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def run_once(self) -> int:
        """Deletes what is too old now; from how many rooms."""
        now = self._clock()
        async with self._database.read(slow=True) as conn:
            lifetimes = await retention.lifetimes(conn)
            due = [
                (room_id, now - age)
                for nid, room_id, oldest in await retention.oldest(conn)
                if (age := self._age(lifetimes.get(nid))) is not None and oldest < now - age
            ]
        for room_id, before_ts in due:
            with contextlib.suppress(MatrixError):  # gone meanwhile
                await self._purge.history(room_id, before_ts=before_ts)
        return len(due)

    def _age(self, wished: int | None) -> int | None:
        wishes = [max(wished, _LEAST_MS)] if wished is not None else []
        if self._max_age is not None:
            wishes.append(self._max_age)
        return min(wishes, default=None)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(_INTERVAL_S)
            try:
                claim = retention.claim(self._clock(), int(_INTERVAL_S * 1000))
                await self._committer.commit(Write(bind=retention.first_claim))
                await self._committer.commit(Write(claim=claim))
                await self.run_once()
            except LostClaim:
                continue  # another process has done so
            except DatabaseUnavailable as error:
                log.warning("retention_failed", error=repr(error))
