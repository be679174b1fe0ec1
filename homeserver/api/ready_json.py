"""JSON with status 200, which most answers are: head and body leave in one piece.

The web framework puts each head together from a dictionary of headers. This one is the same bytes
every time but for a length and the date.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from email.utils import formatdate

from aiohttp import HttpVersion11, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http import SERVER_SOFTWARE

_COPIED = 64 * 1024
"""Bytes; a larger body is not copied behind its head."""


class ReadyJson(web.StreamResponse):
    """An answer over HTTP/1.1 on a connection that stays. head: what `ReadyHead` makes."""

    # What the framework keeps of an answer it puts together itself is not there: nothing but what
    # is defined below may be asked of this one.
    def __init__(self, head: ReadyHead, body: bytes) -> None:
        self._head = head
        self._json = body

    @property
    def status(self) -> int:
        return 200

    @property
    def keep_alive(self) -> bool:
        return True

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter:
        self._asked = request
        return request.writer

    async def write_eof(self, _data: bytes = b"") -> None:
        transport = self._asked.transport
        if transport is None or transport.is_closing():
            raise ConnectionResetError("The client has gone")
        body = self._json
        head = self._head.of(len(body))
        if len(body) <= _COPIED:
            transport.write(head + body)
        else:
            transport.write(head)
            transport.write(body)
        await self._asked.writer.drain()


class ReadyHead:
    """The head of such answers. headers: beside those of any answer."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        every = {"Content-Type": "application/json", **headers, "Server": SERVER_SOFTWARE}
        lines = "".join(f"{name}: {value}\r\n" for name, value in every.items())
        self._before = f"HTTP/1.1 200 OK\r\n{lines}Content-Length: ".encode()
        self._second = 0
        self._date = b""

    def of(self, length: int) -> bytes:
        """The head of a body of so many bytes, now."""
        now = int(time.time())
        if now != self._second:
            self._second = now
            self._date = formatdate(now, usegmt=True).encode()
        return b"%b%d\r\nDate: %b\r\n\r\n" % (self._before, length, self._date)


def fits(request: web.BaseRequest) -> bool:
    """Whether a request can be answered so."""
    return request.version == HttpVersion11 and request.keep_alive and request.method != "HEAD"
