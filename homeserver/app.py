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
from dataclasses import replace

import uvloop
from aiohttp import web

from homeserver import installation
from homeserver.api.figures import answer_siblings
from homeserver.api.server import HttpApi
from homeserver.compose.server import build_server
from homeserver.config import Config
from homeserver.observe import begin_process, configure_logging, get_logger, watch_loop
from homeserver.processes import Place, serve_several

log = get_logger(__name__)

_COLLECT_AFTER = 10_000, 20, 20
"""Containers made and not yet freed before the collector looks at the new ones; how often it does
so before it looks at older ones, too. Nearly all that a request makes is freed without it."""

_MAX_ADDRESS = 64 * 1024
"""Bytes of a path and query: a list may be of a hundred rooms, a sync may carry a filter."""


@contextlib.asynccontextmanager
async def serving(config: Config, place: Place | None = None) -> AsyncIterator[HttpApi]:
    """Listens for as long as the block runs. Keys and tables must be in place.

    place: among several processes that share the port; None: this one is alone.
    """
    server = await build_server(config, siblings=None if place is None else place.all)
    await server.start()
    figures = None if place is None else await answer_siblings(place.socket)
    shares = place is not None
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
        sites.append(
            web.TCPSite(
                runner, config.listen.host, config.listen.port, backlog=1024, reuse_port=shares
            )
        )
        if config.tls.port is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            assert config.tls.certificate is not None
            context.load_cert_chain(config.tls.certificate, config.tls.private_key)
            sites.append(
                web.TCPSite(
                    runner,
                    config.listen.host,
                    config.tls.port,
                    ssl_context=context,
                    reuse_port=shares,
                )
            )
        for site in sites:
            await site.start()
        _collect_seldom()
        yield server.http
    finally:
        for site in sites:
            with contextlib.suppress(RuntimeError):
                await site.stop()
        if figures is not None:
            figures.close()
        server.close()
        await runner.cleanup()
        await server.stop()


def _collect_seldom() -> None:
    """Leaves what was made at the start, which lives to the end, out of every later collection."""
    if gc.isenabled():  # else there has been none since the program began, and little is garbage
        gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)
    gc.enable()


async def _serve(config: Config, place: Place | None = None) -> None:
    if place is None:
        await installation.prepare(config)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with serving(config, place):
        log.info("serving", host=config.listen.host, port=config.listen.port)
        watch = asyncio.create_task(watch_loop())
        await stop.wait()
        watch.cancel()
        log.info("stopping")


def run(config: Config, *, processes: int | None = None) -> int:
    """Serves until SIGINT or SIGTERM; the exit code. processes: wins over the configuration.

    Raises Refused, and OSError for a port that cannot be listened on.
    """
    configure_logging(config.logging.level, config.logging.format)
    if processes is not None:
        config = replace(config, processes=processes)
    if not config.shared:
        uvloop.run(_serve(config))
        return 0
    if config.database_url.startswith("sqlite"):
        raise installation.Refused(
            f"{config.processes} processes need PostgreSQL, and the database is a SQLite file: "
            "name one with database.url or DATABASE_URL, or serve with one process."
        )
    asyncio.run(installation.prepare(config))
    return serve_several(config, _serve_as_one)


def _serve_as_one(config: Config, place: Place) -> int:
    """The life of one process of several; its exit code."""
    begin_process(place.name)
    try:
        uvloop.run(_serve(config, place))
    except Exception:
        log.exception("process_failed")
        return 1
    return 0
