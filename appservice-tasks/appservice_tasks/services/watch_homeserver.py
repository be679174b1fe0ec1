"""Notices that the homeserver was stopped, and so may have been replaced by an older copy.

One connection is held open, and used now and then so that it stays so. As long as it lasts, the
homeserver is the process it was; when it breaks, the generation rises, and every room is looked at
again before anything more is decided for it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from appservice_tasks.observe import get_logger

log = get_logger(__name__)

_IDLE_SECONDS: Final = 15.0
_ANSWER_SECONDS: Final = 30.0
_RETRY_SECONDS: Final = 0.1
_PATH: Final = "/_matrix/client/versions"


class Generation:
    """A number that rises whenever the homeserver may be another one than before."""

    def __init__(self) -> None:
        self.number = 0

    def rise(self) -> None:
        """It may be."""
        self.number += 1


class WatchHomeserver:
    """Holds the connection. on_return: called when the homeserver answers after it was away."""

    def __init__(self, url: str, generation: Generation, on_return: Callable[[], None]) -> None:
        parts = urlsplit(url)
        self._secure = parts.scheme == "https"
        self._host = parts.hostname or "127.0.0.1"
        self._port = parts.port or (443 if self._secure else 80)
        head = f"GET {_PATH} HTTP/1.1\r\nHost: {parts.netloc}\r\nAccept: application/json\r\n\r\n"
        self._request = head.encode()
        self._generation = generation
        self._on_return = on_return

    async def watch(self) -> None:
        """For ever."""
        away = False
        while True:
            with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
                async with asyncio.timeout(_ANSWER_SECONDS):
                    reader, writer = await asyncio.open_connection(
                        self._host, self._port, ssl=True if self._secure else None
                    )
                try:
                    await self._ask(reader, writer)
                    if away:
                        away = False
                        self._generation.rise()
                        self._on_return()
                    await self._hold(reader, writer)
                finally:
                    writer.close()
            if not away:
                away = True
                self._generation.rise()
                log.warning("homeserver_gone")
            await asyncio.sleep(_RETRY_SECONDS)

    async def _hold(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Returns when the other side ends the connection."""
        while True:
            try:
                async with asyncio.timeout(_IDLE_SECONDS):
                    await reader.read(1)  # nothing is due: this is the end
                return
            except TimeoutError:
                await self._ask(reader, writer)

    async def _ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request and its answer. Raises OSError, TimeoutError, IncompleteReadError."""
        async with asyncio.timeout(_ANSWER_SECONDS):
            writer.write(self._request)
            await writer.drain()
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            status = head.split(" ", 2)[1]
            for line in head.split("\r\n"):
                name, _, value = line.partition(":")
                if name == "content-length":
                    await reader.readexactly(int(value))
                    break
            else:
                await reader.readuntil(b"0\r\n\r\n")  # chunked
        if status != "200":
            raise OSError(f"status {status}")
