"""The server's life: build, listen, serve, stop.

A stop takes no new requests, answers open polls, commits the queue, and closes.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import ssl
from collections.abc import AsyncIterator

import uvloop
from aiohttp import web

from homeserver import installation
from homeserver.api.server import HttpApi
from homeserver.compose.server import build_server
from homeserver.config import Config
from homeserver.observe import configure_logging, get_logger, watch_loop

log = get_logger(__name__)

_COLLECT_AFTER = 10_000, 20, 20
"""Containers made and not yet freed before the collector looks at the new ones; how often it does
so before it looks at older ones, too. Nearly all that a request makes is freed without it."""

_MAX_ADDRESS = 64 * 1024
"""Bytes of a path and query: a list may be of a hundred rooms, a sync may carry a filter."""


@contextlib.asynccontextmanager
async def serving(config: Config) -> AsyncIterator[HttpApi]:
    """Listens for as long as the block runs. Keys and tables must be in place."""
    server = await build_server(config)
    await server.start()
    runner = web.ServerRunner(
        web.Server(
            server.http,
            access_log=None,
            keepalive_timeout=config.listen.keepalive_s,
            max_line_size=_MAX_ADDRESS,
        ),
        shutdown_timeout=config.listen.shutdown_grace_s,
    )
    await runner.setup()
    sites: list[web.TCPSite] = []
    try:
        sites.append(web.TCPSite(runner, config.listen.host, config.listen.port, backlog=1024))
        if config.tls.port is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            assert config.tls.certificate is not None
            context.load_cert_chain(config.tls.certificate, config.tls.private_key)
            sites.append(
                web.TCPSite(runner, config.listen.host, config.tls.port, ssl_context=context)
            )
        for site in sites:
            await site.start()
        _collect_seldom()
        yield server.http
    finally:
        for site in sites:
            with contextlib.suppress(RuntimeError):
                await site.stop()
        server.close()
        await runner.cleanup()
        await server.stop()


def _collect_seldom() -> None:
    """Leaves what was made at the start, which lives to the end, out of every later collection."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)


async def _serve(config: Config) -> None:
    await installation.prepare(config)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with serving(config):
        log.info("serving", host=config.listen.host, port=config.listen.port)
        watch = asyncio.create_task(watch_loop())
        await stop.wait()
        watch.cancel()
        log.info("stopping")


def run(config: Config, *, processes: int = 1) -> int:
    """Serves until SIGINT or SIGTERM; the exit code."""
    configure_logging(config.logging.level, config.logging.format)
    if processes != 1:
        raise installation.Refused("This version serves with one process: leave --processes out.")
    uvloop.run(_serve(config))
    return 0
