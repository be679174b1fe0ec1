"""Whoever comes has a personal room from then on, so that notices reach them.

It is made with their own rights, hence when they come and not before. What was told earlier is sent
there once the room is known (`services.notices`).
"""

from __future__ import annotations

import asyncio
from typing import Final

from appservice_tasks.domain.org import Role
from appservice_tasks.errors import Problem
from appservice_tasks.observe import get_logger
from appservice_tasks.services.circumstances import Circumstances
from appservice_tasks.services.own_rooms import OwnRooms
from appservice_tasks.services.who import Caller
from appservice_tasks.storage.database import Database

log = get_logger(__name__)

_AT_ONCE: Final = 2
"""After a start everybody comes at the same time."""
_MOST_SEEN: Final = 100_000
_STOP_SECONDS: Final = 2.0


class FirstVisit:
    """Makes the room beside the request: nobody waits for it."""

    def __init__(
        self, database: Database, circumstances: Circumstances, own_rooms: OwnRooms
    ) -> None:
        self._database = database
        self._circumstances = circumstances
        self._own_rooms = own_rooms
        self._seen: set[str] = set()
        self._making: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(_AT_ONCE)

    def greet(self, caller: Caller) -> None:
        """Somebody has come, perhaps again."""
        if caller.user_id in self._seen or caller.must_change_password:
            return
        if len(self._seen) >= _MOST_SEEN:
            self._seen.clear()
        self._seen.add(caller.user_id)
        making = asyncio.create_task(self._make(caller))
        self._making.add(making)
        making.add_done_callback(self._making.discard)

    async def stop(self) -> None:
        """Finishes what it has begun, if that does not take long."""
        making = set(self._making)
        if making:
            _, slow = await asyncio.wait(making, timeout=_STOP_SECONDS)
            for each in slow:
                each.cancel()
            await asyncio.gather(*slow, return_exceptions=True)

    async def _make(self, caller: Caller) -> None:
        try:
            async with self._slots:
                async with self._database.read() as conn:
                    chart = await self._circumstances.chart(conn)
                if chart.person(caller.user_id).role is not Role.BOT:
                    await self._own_rooms.personal(caller)
        except Problem as problem:
            log.warning("no_personal_room", user_id=caller.user_id, reason=problem.code)
            self._seen.discard(caller.user_id)
        except Exception:
            log.exception("personal_room_failed", user_id=caller.user_id)
