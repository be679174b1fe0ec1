"""One connection that listens, made anew when it is lost."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg

from homeserver.observe import get_logger

log = get_logger(__name__)

_AGAIN_SECONDS = 0.5

_LOST = OSError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError

Heard = Callable[[str], None]


class Listener:
    """Hears what is notified. What is notified while the connection is down is not heard: readers
    of the log look for themselves, too."""

    def __init__(self, connect: Callable[[], Awaitable[Any]]) -> None:
        self._connect = connect
        self._connection: Any = None
        self._heard: dict[str, Heard] = {}
        self._again: asyncio.Task[None] | None = None
        self._closing = False

    async def listen(self, channel: str, heard: Heard) -> None:
        """Calls ``heard`` with each payload of a channel, from before it returns."""
        self._heard[channel] = heard
        if self._connection is None:
            await self._open()
        else:
            with contextlib.suppress(*_LOST):  # whoever opens it again listens to all
                await self._connection.add_listener(channel, self._tell)

    async def ignore(self, channel: str) -> None:
        """Hears a channel no more; what comes by it costs nothing then."""
        self._heard.pop(channel, None)
        if self._connection is not None:
            with contextlib.suppress(*_LOST):
                await self._connection.remove_listener(channel, self._tell)

    async def close(self) -> None:
        self._closing = True
        if self._again is not None:
            self._again.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._again
        if self._connection is not None and not self._connection.is_closed():
            await self._connection.close()

    async def _open(self) -> None:
        connection = await self._connect()
        connection.add_termination_listener(self._lost)
        listened: set[str] = set()
        while missing := self._heard.keys() - listened:  # one may be added meanwhile
            for channel in missing:
                await connection.add_listener(channel, self._tell)
            listened |= missing
        self._connection = connection

    def _tell(self, _connection: Any, _pid: int, channel: str, payload: object) -> None:
        heard = self._heard.get(channel)
        if heard is not None:
            heard(str(payload))

    def _lost(self, _connection: Any) -> None:
        if not self._closing and (self._again is None or self._again.done()):
            log.warning("listener_lost")
            self._again = asyncio.get_running_loop().create_task(self._open_again())

    async def _open_again(self) -> None:
        while True:
            await asyncio.sleep(_AGAIN_SECONDS)
            try:
                await self._open()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
                continue
            return
