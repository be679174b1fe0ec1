"""One connection to a homeserver, and a person who speaks through it."""

from __future__ import annotations

import asyncio
from typing import Any, NamedTuple, cast

import orjson

from tests.load.answer import Answer, AnswerParser

V3 = "/_matrix/client/v3"


class Refused(Exception):
    """The server answered something else than 200: what it measures would mean nothing."""

    def __init__(self, what: str, answer: Answer) -> None:
        hint = " (switch rate limits off for a measurement)" if answer.status == 429 else ""
        super().__init__(f"{what}: HTTP {answer.status}{hint}: {answer.body[:300]!r}")
        self.answer = answer


class ConnectionLost(Exception):
    """The server closed the connection before its answer was whole."""


class Connection(asyncio.Protocol):
    """A keep-alive connection with one request under way at a time, opened when it is needed."""

    def __init__(self, host: str, port: int) -> None:
        self.host = host
        self.port = port
        self._transport: asyncio.Transport | None = None
        self._parser = AnswerParser()
        self._waiting: asyncio.Future[Answer] | None = None

    async def exchange(self, request: bytes, *, timeout: float, repeatable: bool) -> Answer:
        """The answer to one request. timeout: seconds. repeatable: send it once more if the
        connection turns out to be closed. Raises ConnectionLost, TimeoutError, OSError."""
        try:
            return await self._exchange(request, timeout)
        except ConnectionLost:
            if not repeatable:
                raise
            return await self._exchange(request, timeout)

    async def _exchange(self, request: bytes, timeout: float) -> Answer:
        loop = asyncio.get_running_loop()
        if self._transport is None or self._transport.is_closing():
            await loop.create_connection(lambda: self, self.host, self.port)
        assert self._transport is not None
        self._parser = AnswerParser()
        waiting: asyncio.Future[Answer] = loop.create_future()
        self._waiting = waiting
        timer = loop.call_later(timeout, self._give_up)
        self._transport.write(request)
        try:
            return await waiting
        finally:
            timer.cancel()
            self._waiting = None

    def _give_up(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(TimeoutError("no answer in time"))
        self.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none of asyncio's own

    def data_received(self, data: bytes) -> None:
        answer = self._parser.feed(data)
        if answer is not None:
            if answer.closing:
                self.close()
            self._give(answer)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._waiting is not None and not self._waiting.done():
            answer = self._parser.end()
            if answer is not None:
                self._give(answer)
            else:
                self._waiting.set_exception(ConnectionLost("closed by the server"))

    def _give(self, answer: Answer) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(answer)

    def close(self) -> None:
        """Drop the connection; the next request opens another."""
        if self._transport is not None:
            self._transport.abort()
            self._transport = None


class Account(NamedTuple):
    """Somebody with a session."""

    user_id: str
    token: str


class Client:
    """An account that speaks through a connection, which it may share with others in turn."""

    def __init__(self, connection: Connection, account: Account | None = None) -> None:
        self._connection = connection
        bearer = "" if account is None else f"Authorization: Bearer {account.token}\r\n"
        self._head = (
            f" HTTP/1.1\r\nHost: {connection.host}:{connection.port}\r\n{bearer}"
            "Accept: application/json\r\nUser-Agent: load\r\n"
        ).encode()

    async def request(
        self, method: str, path: str, body: object = None, *, timeout: float = 60.0
    ) -> Answer:
        """The answer, whatever its status. path: whole, already percent-encoded."""
        start = f"{method} {path}".encode() + self._head
        if body is None and method == "GET":
            data = start + b"\r\n"
        else:
            raw = orjson.dumps({} if body is None else body)
            data = b"%bContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (
                start,
                len(raw),
                raw,
            )
        repeatable = method in ("GET", "PUT")
        return await self._connection.exchange(data, timeout=timeout, repeatable=repeatable)

    async def call(
        self, method: str, path: str, body: object = None, *, timeout: float = 60.0
    ) -> bytes:
        """The body of a success. Raises Refused for anything else."""
        answer = await self.request(method, path, body, timeout=timeout)
        if answer.status != 200:
            raise Refused(f"{method} {path[:100]}", answer)
        return answer.body

    async def json(
        self, method: str, path: str, body: object = None, *, timeout: float = 60.0
    ) -> dict[str, Any]:
        """The JSON object of a success. Raises Refused for anything else."""
        value: dict[str, Any] = orjson.loads(await self.call(method, path, body, timeout=timeout))
        return value
