"""The service's life: build, listen, serve, stop."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable

import orjson
import uvloop
from aiohttp import web

from appservice_tasks.config import Config
from appservice_tasks.engine import Connected, connect
from appservice_tasks.faces import Faces, build_faces
from appservice_tasks.observe import CONTENT_TYPE, configure_logging, get_logger, metrics
from appservice_tasks.services.steps import steps_from
from appservice_tasks.services.transactions import Transactions
from appservice_tasks.storage.database import open_database
from appservice_tasks.storage.migrate import migrate

log = get_logger(__name__)

_MAX_BODY = 64 * 1024 * 1024
"""Of a transaction: a hundred events of 64 KiB, and room to spare."""

_MAX_ADDRESS = 64 * 1024
"""Bytes of a path and query: a filter may name a hundred rooms."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class FromHomeserver:
    """What the homeserver asks. Source: application-service-api."""

    def __init__(self, transactions: Transactions, hs_token: str) -> None:
        self._transactions = transactions
        self._hs_token = hs_token.encode()

    def add_to(self, app: web.Application) -> None:
        """Answers in an application."""
        for prefix in ("/_matrix/app/v1", ""):
            app.router.add_put(prefix + "/transactions/{txn_id}", self._checked(self._take))
        for kind in ("users", "rooms"):
            app.router.add_get(f"/_matrix/app/v1/{kind}/{{name}}", self._checked(self._unknown))
        app.router.add_post("/_matrix/app/v1/ping", self._checked(self._ping))

    def _checked(self, handle: Handler) -> Handler:
        async def answer(request: web.Request) -> web.StreamResponse:
            header = request.headers.get("Authorization", "")
            given = header.removeprefix("Bearer ") or request.query.get("access_token", "")
            if not hmac.compare_digest(given.encode(), self._hs_token):
                return _refusal(403, "M_FORBIDDEN", "Wrong hs_token")
            return await handle(request)

        return answer

    async def _take(self, request: web.Request) -> web.Response:
        try:
            body = orjson.loads(await request.read())
        except orjson.JSONDecodeError:
            return _refusal(400, "M_NOT_JSON", "Not JSON")
        events = body.get("events") if isinstance(body, dict) else None
        if not isinstance(events, list):
            return _refusal(400, "M_BAD_JSON", "events must be a list")
        await self._transactions.take(request.match_info["txn_id"], events)
        return web.json_response({})

    async def _unknown(self, _request: web.Request) -> web.Response:
        return _refusal(404, "M_NOT_FOUND", "Nothing is made because it is asked for")

    async def _ping(self, _request: web.Request) -> web.Response:
        return web.json_response({})


def _refusal(status: int, errcode: str, error: str) -> web.Response:
    return web.json_response({"errcode": errcode, "error": error}, status=status)


def application(connected: Connected, faces: Faces, config: Config) -> web.Application:
    """The HTTP application."""
    app = web.Application(client_max_size=_MAX_BODY)
    app.router.add_get("/health", _health)
    app.router.add_get("/metrics", _metrics)
    FromHomeserver(connected.engine.transactions, config.hs_token).add_to(app)
    faces.add_to(app)
    return app


def faces_of(connected: Connected, config: Config) -> Faces:
    """What the outside speaks to."""
    engine = connected.engine
    return build_faces(
        config,
        engine.work,
        connected.client,
        engine.circumstances,
        engine.submit,
        connected.set_up,
        connected.own_rooms,
        engine.reminders,
        engine.maintain,
    )


async def _health(_request: web.Request) -> web.Response:
    return web.json_response({"status": "ok"})


async def _metrics(_request: web.Request) -> web.Response:
    return web.Response(body=metrics.render(), headers={"Content-Type": CONTENT_TYPE})


@contextlib.asynccontextmanager
async def serving(config: Config) -> AsyncIterator[Connected]:
    """Listens for as long as the block runs."""
    await migrate(config.database)
    database = open_database(config.database)
    connected = connect(config, database, steps=steps_from(os.environ))
    faces = faces_of(connected, config)
    runner = web.AppRunner(
        application(connected, faces, config),
        access_log=None,
        shutdown_timeout=5,
        max_line_size=_MAX_ADDRESS,
    )
    await runner.setup()
    try:
        # The leases come first: whoever asks is not shown an index that nobody has looked at yet.
        await connected.start()
        await faces.start()
        site = web.TCPSite(runner, config.listen.host, config.listen.port, backlog=1024)
        await site.start()
        yield connected
    finally:
        await faces.stop()
        await runner.cleanup()
        await connected.stop()
        await database.close()


async def _serve(config: Config) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with serving(config):
        log.info("serving", host=config.listen.host, port=config.listen.port)
        await stop.wait()
        log.info("stopping")


def run(config: Config) -> int:
    """Serves until SIGINT or SIGTERM; the exit code."""
    configure_logging(config.logging.level, config.logging.format)
    uvloop.run(_serve(config))
    return 0
