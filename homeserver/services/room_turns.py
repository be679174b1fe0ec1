"""Turns at a room that several processes write at once.

Compare-and-swap lets one of them win, and by chance the same one again and again. Who lost twice
claims the room for a moment: the others' swaps wait for theirs. This is about progress, never about
correctness: the swap decides.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from homeserver.services.clock import Clock
from homeserver.storage import rooms
from homeserver.storage.commit import Committer, LogRow, LostClaim, RoomRef, Write

CLAIM_MS = 2_000
"""How long a claim holds, should its process die before it writes."""

_LOOK_SECONDS = 0.05
"""After so long one looks whether a claim has ended, should nobody tell."""


class RoomTurns:
    """Claims rooms for this process. catch_up: the feed's read barrier."""

    def __init__(
        self, committer: Committer, catch_up: Callable[[], Awaitable[None]], clock: Clock
    ) -> None:
        self._committer = committer
        self._catch_up = catch_up
        self._clock = clock
        self._waiting: dict[int, set[asyncio.Future[None]]] = {}

    def learn(self, rows: list[LogRow]) -> None:
        """A listener of the feed: a claim ends with the first event of the one who has it."""
        if not self._waiting:
            return
        for row in rows:
            if row.kind == "event" and row.room is not None:
                for future in self._waiting.pop(row.room.nid, ()):
                    if not future.done():
                        future.set_result(None)

    async def take(self, room: RoomRef) -> None:
        """Returns once the room is this process's to write next, and its head here is the newest;
        or when that took so long that one may as well try without."""
        for _ in range(2 * CLAIM_MS // round(_LOOK_SECONDS * 1000)):
            now = self._clock()
            params = {
                "nid": room.nid,
                "process": self._committer.process,
                "now": now,
                "until": now + CLAIM_MS,
            }
            claim = (rooms.CLAIM, rooms.CLAIM.args(params))
            try:
                await self._committer.commit(Write(claim=claim, grouped=True))
            except LostClaim:
                await self._wait(room.nid)
            else:
                break
        await self._catch_up()

    async def _wait(self, nid: int) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(nid, set()).add(future)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_SECONDS):
                await future
        waiting = self._waiting.get(nid)
        if waiting is not None:
            waiting.discard(future)
            if not waiting:
                del self._waiting[nid]
