"""What other processes took or decided: messages, notices and refusals, for the sockets here."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from appservice_tasks.observe import get_logger
from appservice_tasks.realtime.follow_feed import PAUSE_SECONDS
from appservice_tasks.storage.news import News
from appservice_tasks.storage.watch import Watch

log = get_logger(__name__)

Read = Callable[[int | None], Awaitable[tuple[Sequence[News], int]]]
"""Of other processes behind a position, oldest first, and the position to go on from; of None only
the latter."""


class FollowNews:
    """Finds each once."""

    def __init__(
        self, read: Read, found: Callable[[Sequence[News]], Awaitable[None]], watch: Watch
    ) -> None:
        self._read = read
        self._found = found
        self._watch = watch
        self._position: int | None = None

    async def look(self) -> None:
        """Reads what is new, to the end; the first time nothing is."""
        while True:
            before = self._position
            rows, self._position = await self._read(before)
            if rows:
                await self._found(rows)
            if self._position == before or before is None:
                return

    async def run(self) -> None:
        """For ever."""
        while True:
            try:
                if await self._watch.is_new():
                    await self.look()
            except Exception:
                log.exception("news_not_read")
                self._watch.again()
            await asyncio.sleep(PAUSE_SECONDS)
