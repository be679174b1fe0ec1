"""Turns at a room that several processes write at once.

Compare-and-swap lets one of them win, and by chance the same one again and again. Who lost twice
claims the room for a moment: the others' swaps wait for theirs. This is about progress, never about
correctness: the swap decides.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterator

from homeserver.services.events.room_heads import RoomHead
from homeserver.services.ground.clock import Clock
from homeserver.storage import rooms
from homeserver.storage.commit import (
    Committer,
    LogRow,
    LostClaim,
    RoomRef,
    Write,
    statements,
)

CLAIM_MS = 2_000
"""How long a claim holds, should its process die before it writes."""

_LOOK_SECONDS = 0.05
"""After so long one looks whether a claim has ended, should nobody tell."""

_CONTENDED_SECONDS = 0.5
_MAX_LOST = 10_000


class RoomTurns:
    """Claims rooms for this process. catch_up: the feed's read barrier."""

    def __init__(
        self, committer: Committer, catch_up: Callable[[], Awaitable[None]], clock: Clock
    ) -> None:
        self._committer = committer
        self._catch_up = catch_up
        self._clock = clock
        self._waiting: dict[int, set[asyncio.Future[None]]] = {}
        self._taking: dict[int, asyncio.Task[None]] = {}
        self._lost: OrderedDict[int, float] = OrderedDict()

    def lost(self, room: RoomRef) -> None:
        """A swap was lost to another process: for a moment one rather claims the room first."""
        self._lost[room.nid] = time.monotonic()
        self._lost.move_to_end(room.nid)
        if len(self._lost) > _MAX_LOST:
            self._lost.popitem(last=False)

    def contended(self, room: RoomRef) -> bool:
        """Whether a swap was lost there just now."""
        lost = self._lost.get(room.nid)
        return lost is not None and time.monotonic() - lost < _CONTENDED_SECONDS

    def learn(self, rows: list[LogRow]) -> None:
        """A listener of the feed: a claim ends with the first event of the one who has it."""
        if not self._waiting:
            return
        for row in rows:
            if row.kind == "event" and row.room is not None:
                for future in self._waiting.pop(row.room.nid, ()):
                    if not future.done():
                        future.set_result(None)

    @contextlib.contextmanager
    def kept(self) -> Iterator[set[RoomHead]]:
        """Lets go, at the end, of the rooms in the set: claimed, and then not written, since there
        was nothing to write any more or it was refused."""
        taken: set[RoomHead] = set()
        try:
            yield taken
        finally:
            for room in taken:
                params = {"nid": room.nid, "process": self._committer.process}
                release = Write(bind=statements((rooms.RELEASE, params)), grouped=True)
                self._committer.submit(release)

    async def take(self, room: RoomRef) -> None:
        """Returns once the room is this process's to write next, and its head here is the newest;
        or when that took so long that one may as well try without. Those who ask at once share
        one claim."""
        task = self._taking.get(room.nid)
        if task is None:
            task = asyncio.create_task(self._take(room))
            self._taking[room.nid] = task
            task.add_done_callback(lambda _: self._taking.pop(room.nid, None))
        await asyncio.shield(task)

    async def _take(self, room: RoomRef) -> None:
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
