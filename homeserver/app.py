"""The server's life: build, listen, serve, stop.

A stop takes no new requests, answers open polls, commits the queue, and closes.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import ssl
from collections.abc import AsyncIterator

import uvloop
from aiohttp import web

from homeserver import installation
from homeserver.api.addresses import client_address_of
from homeserver.api.endpoint import endpoints_of
from homeserver.api.health import HealthApi
from homeserver.api.limits import Limits
from homeserver.api.router import Router
from homeserver.api.server import HttpApi
from homeserver.api.web_client import WebClient
from homeserver.compose.accounts import Accounts, build_accounts
from homeserver.compose.engine import Engine, build_engine
from homeserver.compose.media import MediaRepository, build_media
from homeserver.compose.members import Members, build_members
from homeserver.compose.rooms import room_apis
from homeserver.compose.sync import sync_apis
from homeserver.compose.writing import writing_apis
from homeserver.config import Config
from homeserver.observe import configure_logging, get_logger

log = get_logger(__name__)


def build_http(
    engine: Engine, accounts: Accounts, members: Members, media: MediaRepository
) -> HttpApi:
    """The request handler with every endpoint."""
    config = engine.config
    address = client_address_of(config.listen.trusted_proxies)
    token = config.metrics.token
    apis: list[object] = [
        *accounts.apis,
        *room_apis(engine, accounts),
        *writing_apis(engine, members, accounts.appservices),
        *sync_apis(engine),
        *media.apis,
        HealthApi(token=None if token is None else str(token), client_address=address),
    ]
    return HttpApi(
        Router([found for api in apis for found in endpoints_of(api)]),
        accounts.authenticator,
        Limits(config.rate_limits, accounts.appservices),
        body_timeout=config.listen.body_timeout_s,
        client_address=address,
        fallback=WebClient(config.web_directory) if config.web.enabled else None,
    )


@contextlib.asynccontextmanager
async def serving(config: Config) -> AsyncIterator[HttpApi]:
    """Listens for as long as the block runs. Keys and tables must be in place."""
    engine = await build_engine(config)
    members = build_members(engine)
    accounts = build_accounts(engine, members)
    await engine.start()
    await accounts.start()
    media = build_media(engine)
    await media.start()
    http = build_http(engine, accounts, members, media)
    runner = web.ServerRunner(
        web.Server(http, access_log=None, keepalive_timeout=config.listen.keepalive_s),
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
        yield http
    finally:
        for site in sites:
            with contextlib.suppress(RuntimeError):
                await site.stop()
        engine.notifier.close()
        media.close()
        await runner.cleanup()
        await media.stop()
        await accounts.stop()
        await engine.stop()


async def _serve(config: Config) -> None:
    await installation.prepare(config)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with serving(config):
        log.info("serving", host=config.listen.host, port=config.listen.port)
        await stop.wait()
        log.info("stopping")


def run(config: Config, *, processes: int = 1) -> int:
    """Serves until SIGINT or SIGTERM; the exit code."""
    configure_logging(config.logging.level, config.logging.format)
    if processes != 1:
        raise installation.Refused("This version serves with one process: leave --processes out.")
    uvloop.run(_serve(config))
    return 0
