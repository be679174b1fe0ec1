"""Looks at every room: after a start, after leases were taken, after the homeserver was away.

Decisions do not wait for it: each room recovers before its own first decision. It makes that the
index and the members are right in rooms where nobody commands anything, and notes when the index
is complete (`storage.completeness`).
"""

from __future__ import annotations

import asyncio
from typing import Final

from appservice_tasks.matrix_client import Homeserver, Refused, Unavailable
from appservice_tasks.observe import get_logger
from appservice_tasks.services.follow_room import FollowRoom
from appservice_tasks.services.hold_leases import Leases, shard_of
from appservice_tasks.services.outbox import Outbox
from appservice_tasks.services.recover_room import RecoverRoom
from appservice_tasks.services.work import Work
from appservice_tasks.storage import completeness, rooms

log = get_logger(__name__)

_AT_ONCE: Final = 4
_RETRY_SECONDS: Final = 1.0
_LOOKS: Final = 5
"""At a room that cannot be read, before the others count as all there is."""


class CatchUp:
    """Looks when it is asked to."""

    def __init__(
        self,
        work: Work,
        homeserver: Homeserver,
        follow: FollowRoom,
        held: Leases,
        outbox: Outbox,
        recovery: RecoverRoom,
    ) -> None:
        self._work = work
        self._homeserver = homeserver
        self._follow = follow
        self._leases = held
        self._outbox = outbox
        self._recovery = recovery
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
        there = set(joined)
        waiting = [*joined, *(each for each in known if each not in there)]
        epochs = self._leases.epochs
        gate = asyncio.Semaphore(_AT_ONCE)

        async def look(room_id: str) -> None:
            async with gate:
                room = known.get(room_id)
                epoch = epochs.get(shard_of(room_id))
                if room is None or not room.joined or epoch is None or room_id not in there:
                    await self._follow.refresh(room_id)
                if epoch is not None and room_id in there:
                    await self._read(room_id, epoch)

        await asyncio.gather(*(look(room_id) for room_id in waiting))
        async with self._work.database.write() as conn:
            await completeness.note(conn, epochs)
        log.info("caught_up", rooms=len(waiting))

    async def _read(self, room_id: str, epoch: int) -> None:
        for _ in range(_LOOKS):
            self._outbox.wake(room_id)
            await self._outbox.settle([room_id])
            if self._recovery.has_read(room_id, epoch):
                return
            if self._leases.epoch(shard_of(room_id)) != epoch:
                return  # whoever has the lease now reads it
            await asyncio.sleep(_RETRY_SECONDS)
        log.error("room_not_read", room_id=room_id)
