"""Work that one process at a time does, among those that share a database.

Whoever holds a duty's lock does it. PostgreSQL frees the locks of a process that has died at once,
and the next one that looks takes them over. Whoever loses the connection that its locks hang on
ends what it does; what it had begun to write meanwhile is refused by claims of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable
from typing import Protocol

from homeserver.observe import get_logger
from homeserver.storage.database import AllLocks, DatabaseUnavailable, Locks

log = get_logger(__name__)

LOOK_SECONDS = 1.0


class Duty(Protocol):
    """Something that is done by one process at a time."""

    name: str

    def begin(self) -> None:
        """Does it from now on."""

    async def end(self) -> None:
        """Does it no more; may be begun again."""


class Duties:
    """Takes over duties, and gives them back."""

    def __init__(self, locks: Locks, duties: Iterable[Duty]) -> None:
        self._locks = locks
        self._duties = {duty.name: duty for duty in duties}
        self._mine: set[str] = set()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Looks for work from now on; a process that is alone begins all of it at once."""
        if isinstance(self._locks, AllLocks):
            self._begin(set(self._duties))
        elif self._duties:
            self._task = asyncio.create_task(self._run(), name="duties")

    async def stop(self) -> None:
        """Ends what this process does, and only then lets others do it."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        await self._take(set())
        await self._locks.close()

    async def _run(self) -> None:
        while True:
            try:
                held = await self._locks.hold(self._duties)
            except DatabaseUnavailable as error:
                log.warning("duties_lost", error=str(error))
                held = set()
            await self._take(held)
            await asyncio.sleep(LOOK_SECONDS)

    async def _take(self, held: set[str]) -> None:
        lost, new = self._mine - held, held - self._mine
        self._mine = held
        await asyncio.gather(*(self._duties[name].end() for name in lost))
        self._begin(new)

    def _begin(self, new: set[str]) -> None:
        self._mine |= new
        for name in sorted(new):
            log.debug("duty_begins", duty=name)
            self._duties[name].begin()
