"""The service's life: build, listen, serve, stop."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator

import uvloop
from aiohttp import web

from appservice_tasks.config import Config
from appservice_tasks.observe import CONTENT_TYPE, configure_logging, get_logger, metrics
from appservice_tasks.storage.database import open_database
from appservice_tasks.storage.migrate import migrate

log = get_logger(__name__)

_MAX_BODY = 64 * 1024 * 1024
"""Of a transaction: a hundred events of 64 KiB, and room to spare."""


def application() -> web.Application:
    """The HTTP application."""
    app = web.Application(client_max_size=_MAX_BODY)
    app.router.add_get("/health", _health)
    app.router.add_get("/metrics", _metrics)
    return app


async def _health(_request: web.Request) -> web.Response:
    return web.json_response({"status": "ok"})


async def _metrics(_request: web.Request) -> web.Response:
    return web.Response(body=metrics.render(), headers={"Content-Type": CONTENT_TYPE})


@contextlib.asynccontextmanager
async def serving(config: Config) -> AsyncIterator[None]:
    """Listens for as long as the block runs."""
    await migrate(config.database)
    database = open_database(config.database)
    runner = web.AppRunner(application(), access_log=None, shutdown_timeout=5)
    await runner.setup()
    try:
        site = web.TCPSite(runner, config.listen.host, config.listen.port, backlog=1024)
        await site.start()
        yield
    finally:
        await runner.cleanup()
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
