"""When each device was last heard of: noted in memory, written now and then."""

from __future__ import annotations

import asyncio
import contextlib

from homeserver.observe import get_logger
from homeserver.services.ground.clock import Clock
from homeserver.storage import devices
from homeserver.storage.commit import Committer, Write
from homeserver.storage.database import DatabaseUnavailable

log = get_logger(__name__)

_INTERVAL_S = 60.0


class LastSeen:
    """Notes who calls; one write a minute for all of them."""

    def __init__(self, committer: Committer, clock: Clock) -> None:
        self._committer = committer
        self._clock = clock
        self._seen: dict[tuple[str, str], tuple[int, str]] = {}
        self._task: asyncio.Task[None] | None = None

    def note(self, user_id: str, device_id: str, address: str) -> None:
        """The device has just called from this address."""
        self._seen[user_id, device_id] = (self._clock(), address)

    def start(self) -> None:
        """Begins to write once a minute."""
        self._task = asyncio.create_task(self._run(), name="last-seen")

    async def stop(self) -> None:
        """Writes what is noted, and ends. The committer must still run."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        await self.write()

    async def write(self) -> None:
        """Writes what is noted. A database that is away is no reason to fail."""
        seen, self._seen = self._seen, {}
        if not seen:
            return
        rows = [
            devices.SEEN.args({"user_id": user, "device_id": device, "ts": ts, "ip": address})
            for (user, device), (ts, address) in sorted(seen.items())
        ]
        try:
            await self._committer.commit(Write(bind=lambda: [(devices.SEEN, rows)]))
        except DatabaseUnavailable as error:
            log.warning("last_seen_not_written", error=repr(error))

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(_INTERVAL_S)
            await self.write()
