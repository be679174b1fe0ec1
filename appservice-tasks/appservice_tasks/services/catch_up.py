"""Looks at every room: after a start, after leases were taken, after the homeserver was away.

Decisions do not wait for it: each room recovers before its own first decision. It makes that the
index and the members are right in rooms where nobody commands anything.
"""

from __future__ import annotations

import asyncio
from typing import Final

from appservice_tasks.matrix_client import Homeserver, Refused, Unavailable
from appservice_tasks.observe import get_logger
from appservice_tasks.services.follow_room import FollowRoom
from appservice_tasks.services.hold_leases import Leases, shard_of
from appservice_tasks.services.outbox import Outbox
from appservice_tasks.services.work import Work
from appservice_tasks.storage import rooms

log = get_logger(__name__)

_AT_ONCE: Final = 4
_RETRY_SECONDS: Final = 1.0


class CatchUp:
    """Looks when it is asked to."""

    def __init__(
        self,
        work: Work,
        homeserver: Homeserver,
        follow: FollowRoom,
        held: Leases,
        outbox: Outbox,
    ) -> None:
        self._work = work
        self._homeserver = homeserver
        self._follow = follow
        self._leases = held
        self._outbox = outbox
        self._wanted = asyncio.Event()

    def ask(self) -> None:
        """Everything is to be looked at, again."""
        self._wanted.set()

    async def run(self) -> None:
        """For ever."""
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            try:
                await self.once()
            except Unavailable:
                self._wanted.set()
                await asyncio.sleep(_RETRY_SECONDS)
            except Exception:
                log.exception("catch_up_failed")

    async def once(self) -> None:
        """Looks at every room once. Raises Unavailable."""
        try:
            joined = await self._homeserver.joined_rooms()
        except Refused as refused:
            raise Unavailable(str(refused)) from refused
        async with self._work.database.read() as conn:
            known = {room.room_id: room for room in await rooms.every(conn)}
        waiting = [*joined, *(each for each in known if each not in joined)]
        gate = asyncio.Semaphore(_AT_ONCE)

        async def look(room_id: str) -> None:
            async with gate:
                room = known.get(room_id)
                mine = self._leases.epoch(shard_of(room_id)) is not None
                if room is None or not room.joined or not mine:
                    await self._follow.refresh(room_id)
                if mine:
                    self._outbox.wake(room_id)
                    await self._outbox.settle([room_id])

        await asyncio.gather(*(look(room_id) for room_id in waiting))
        log.info("caught_up", rooms=len(waiting))
