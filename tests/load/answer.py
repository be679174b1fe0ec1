"""An HTTP/1.1 answer, put together from the pieces that arrive.

Ours, because the load must cost less than what it measures: a general client spends more on a
request than the server does.
"""

from __future__ import annotations

from typing import NamedTuple


class Answer(NamedTuple):
    """What a server answered. closing: it closes the connection after it."""

    status: int
    body: bytes
    closing: bool


class AnswerParser:
    """Takes bytes until they are one whole answer."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._body = -1
        self._end = -1
        self._chunked = False
        self._closing = False
        self._status = 0

    def feed(self, data: bytes) -> Answer | None:
        """The answer once it is whole. Raises ValueError for what is not HTTP."""
        self._buffer += data
        if self._body < 0:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return None
            self._read_head(bytes(self._buffer[:end]).lower())
        if self._end >= 0:
            return self._answer(self._end) if len(self._buffer) >= self._end else None
        if self._chunked and self._buffer.endswith(b"0\r\n\r\n"):
            return self._dechunked()
        return None

    def end(self) -> Answer | None:
        """The connection is over: the answer, if its end is what ends it."""
        if self._body < 0 or self._end >= 0 or self._chunked:
            return None
        return self._answer(len(self._buffer))

    def _read_head(self, head: bytes) -> None:
        self._body = len(head) + 4
        self._status = int(head[9:12])
        self._closing = b"\r\nconnection: close" in head or head.startswith(b"http/1.0")
        length = head.find(b"\r\ncontent-length:")
        if length >= 0:
            line = head[length + len(b"\r\ncontent-length:") :].split(b"\r\n", 1)[0]
            self._end = self._body + int(line)
        elif b"\r\ntransfer-encoding: chunked" in head:
            self._chunked = True
        elif self._status in (204, 304):
            self._end = self._body

    def _answer(self, end: int) -> Answer:
        return Answer(self._status, bytes(self._buffer[self._body : end]), self._closing)

    def _dechunked(self) -> Answer | None:
        pieces: list[bytes] = []
        place, buffer = self._body, self._buffer
        while True:
            line = buffer.find(b"\r\n", place)
            if line < 0:
                return None
            size = int(bytes(buffer[place:line]).split(b";")[0], 16)
            if size == 0:
                return Answer(self._status, b"".join(pieces), self._closing)
            start = line + 2
            if start + size + 2 > len(buffer):
                return None
            pieces.append(bytes(buffer[start : start + size]))
            place = start + size + 2
