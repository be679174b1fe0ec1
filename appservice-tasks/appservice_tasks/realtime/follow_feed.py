"""What other processes write into the feed: they tell nobody here, so it is read from there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from appservice_tasks.observe import get_logger
from appservice_tasks.storage.feed import FeedRow
from appservice_tasks.storage.watch import Watch

log = get_logger(__name__)

PAUSE_SECONDS: Final = 0.5
_KEPT: Final = 60_000
"""Positions follow the clock (ms): rows this much older than the newest do not come any more."""

Read = Callable[[int | None], Awaitable[tuple[Sequence[FeedRow], int]]]
"""Rows behind a position, oldest first, and the position to go on from; of None only the latter."""


class FollowFeed:
    """Finds each row once, whether it was heard or read first."""

    def __init__(
        self, read: Read, found: Callable[[Sequence[FeedRow]], None], watch: Watch
    ) -> None:
        self._read = read
        self._found = found
        self._watch = watch
        self._position: int | None = None
        self._seen: set[int] = set()
        self._turn = asyncio.Lock()

    def new(self, rows: Sequence[FeedRow]) -> list[FeedRow]:
        """Those of these rows that were not asked about before."""
        fresh = [row for row in rows if row.seq not in self._seen]
        self._seen.update(row.seq for row in fresh)
        return fresh

    async def look(self) -> None:
        """Reads what is new, to the end. Everything that was there before is found by then."""
        async with self._turn:
            while True:
                rows, self._position = await self._read(self._position)
                self._seen = {seq for seq in self._seen if seq > self._position - _KEPT}
                fresh = self.new(rows)
                if fresh:
                    self._found(fresh)
                if not rows:
                    return

    async def run(self) -> None:
        """For ever."""
        while True:
            try:
                if await self._watch.is_new():
                    await self.look()
            except Exception:
                log.exception("feed_not_read")
                self._watch.again()
            await asyncio.sleep(PAUSE_SECONDS)
