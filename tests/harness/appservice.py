"""An application service that writes down what it is told, and fails when it is told to."""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from aiohttp import web
from aiohttp.test_utils import RawTestServer

from homeserver.compose.engine import Engine
from homeserver.remote.appservice_client import AppserviceClient
from homeserver.services.appservices.appservice_registry import Appservices, parse_registration
from homeserver.services.ground.duties import Duties
from homeserver.services.sending.send_appservices import SendAppservices
from homeserver.services.sending.send_to_appservice import AppserviceSender
from homeserver.storage.database import AllLocks

HS_TOKEN = "hs secret"
AS_TOKEN = "as secret"
BOT = "@_bot:a.example"


@dataclass(frozen=True)
class Told:
    """A request. path: decoded, without the query."""

    method: str
    path: str
    query: dict[str, str]
    authorization: str | None
    body: bytes

    @property
    def json(self) -> Any:
        """The body."""
        return json.loads(self.body)

    @property
    def txn_id(self) -> str:
        """Of a transaction."""
        return self.path.rpartition("/")[2]


Respond = Callable[[Told], Awaitable[tuple[int, Any]]]


class FakeAppservice:
    """Listens on a port of its own. Answers 200, unless `failures` holds statuses to answer
    first (0: the connection breaks), or `down` breaks every connection."""

    def __init__(self) -> None:
        self.told: list[Told] = []
        self.failures: deque[int] = deque()
        self.down = False
        self.respond: Respond | None = None
        self.url = ""
        self._news = asyncio.Event()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Any request."""
        told = Told(
            request.method,
            unquote(request.rel_url.raw_path),
            dict(request.query),
            request.headers.get("Authorization"),
            await request.read(),
        )
        if self.down:
            return self._break(request)
        self.told.append(told)
        self._news.set()
        status = self.failures.popleft() if self.failures else 200
        body: Any = {}
        if status == 0:
            return self._break(request)
        if self.respond is not None and status == 200:
            status, body = await self.respond(told)
        return web.json_response(body, status=status)

    def _break(self, request: web.BaseRequest) -> web.Response:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    @property
    def transactions(self) -> list[Told]:
        """Every offer of a transaction with events, taken or not."""
        return [told for told in self.told if "/transactions/" in told.path and told.json["events"]]

    @property
    def events(self) -> list[dict[str, Any]]:
        """The events, each transaction once."""
        seen = {told.txn_id: told.json["events"] for told in self.transactions}
        return [event for events in seen.values() for event in events]

    @property
    def ephemeral(self) -> list[dict[str, Any]]:
        """Typing and receipts."""
        return [
            event
            for told in self.told
            if "/transactions/" in told.path
            for event in told.json.get("ephemeral", [])
        ]

    def texts(self, room_id: str | None = None) -> list[str]:
        """What was said, in a room or anywhere."""
        return [
            event["content"]["body"]
            for event in self.events
            if event["type"] == "m.room.message" and room_id in (None, event["room_id"])
        ]

    async def until(self, satisfied: Callable[[], object], seconds: float = 20) -> None:
        """Waits until what it was told satisfies."""
        async with asyncio.timeout(seconds):
            while not satisfied():
                self._news.clear()
                await self._news.wait()

    def registration(self, **changes: Any) -> dict[str, Any]:
        """The content of its registration file; `users` and the like are the namespaces."""
        namespaces = {
            "users": [{"exclusive": True, "regex": "@_ghost_.*"}],
            "aliases": [],
            "rooms": [],
        }
        for kind in namespaces:
            if kind in changes:
                namespaces[kind] = [{"exclusive": False, "regex": changes.pop(kind)}]
        return {
            "id": "bridge",
            "url": self.url,
            "as_token": AS_TOKEN,
            "hs_token": HS_TOKEN,
            "sender_localpart": "_bot",
            "rate_limited": False,
            "namespaces": namespaces,
        } | changes


@contextlib.asynccontextmanager
async def fake_appservice(
    port: int | None = None, *, tls: ssl.SSLContext | None = None
) -> AsyncIterator[FakeAppservice]:
    """Listens for as long as the block runs."""
    fake = FakeAppservice()
    server = RawTestServer(fake.handle, port=port, scheme="http" if tls is None else "https")
    await server.start_server(ssl=tls)
    async with server:
        fake.url = str(server.make_url("")).rstrip("/")
        yield fake


@contextlib.asynccontextmanager
async def sending(engine: Engine, *registrations: dict[str, Any]) -> AsyncIterator[SendAppservices]:
    """Sends to these services for as long as the block runs, unless another process does."""
    registry = Appservices(
        parse_registration(each, "a.example", source="test") for each in registrations
    )
    client = AppserviceClient()
    senders = SendAppservices(
        [
            AppserviceSender(
                each,
                engine.database,
                engine.committer,
                engine.feed,
                engine.cache,
                engine.heads,
                engine.typing,
                client,
                engine.clock,
                interest_bytes=100_000,
            )
            for each in registry.all
        ],
        engine.feed,
        engine.typing,
        engine.whispers,
    )
    locks = engine.database.locks() if engine.config.shared else AllLocks()
    duties = Duties(locks, senders.duties)
    duties.start()
    try:
        yield senders
    finally:
        await duties.stop()
        await client.close()
