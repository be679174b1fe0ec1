"""The whole server: every part in order, and the request handler over them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from homeserver.api.addresses import client_address_of
from homeserver.api.endpoint import Limit, endpoints_of
from homeserver.api.federation.keys import KeysApi
from homeserver.api.federation.version import VersionApi
from homeserver.api.figures import Figures
from homeserver.api.forward import Forward
from homeserver.api.health import HealthApi
from homeserver.api.limits import BY_ADDRESS, Limits
from homeserver.api.router import Router
from homeserver.api.server import HttpApi, first_of
from homeserver.api.web_client import WebClient
from homeserver.compose.accounts import Accounts, buckets_of, build_accounts
from homeserver.compose.appservices import AppserviceLinks, build_appservices
from homeserver.compose.engine import Engine, build_engine
from homeserver.compose.media import MediaRepository, build_media
from homeserver.compose.members import Members, build_members
from homeserver.compose.purging import Purging, build_purging
from homeserver.compose.rooms import room_apis
from homeserver.compose.sync import sync_apis
from homeserver.compose.writing import writing_apis
from homeserver.config import Config
from homeserver.services.ground.clock import Clock, wall_clock
from homeserver.services.ground.duties import Duties
from homeserver.services.ground.housekeeping import Housekeeping
from homeserver.services.ground.shared_buckets import Buckets
from homeserver.storage.database import AllLocks


@dataclass(frozen=True)
class Server:
    """Everything a server is made of. Started, it may be listened for; closed, no request waits.

    forward: None on a server without a tasks service.
    """

    engine: Engine
    appservices: AppserviceLinks
    members: Members
    accounts: Accounts
    media: MediaRepository
    purging: Purging
    duties: Duties
    forward: Forward | None
    http: HttpApi

    async def start(self) -> None:
        """Begins to commit, to follow the log, and what else runs in the background."""
        await self.engine.start()
        await self.accounts.start()
        await self.media.start()
        self.purging.retention.start()
        if self.forward is not None:
            await self.forward.start()
        self.duties.start()

    def close(self) -> None:
        """Answers every request that waits for something, and lets none wait any more."""
        self.engine.notifier.close()
        self.media.close()
        if self.forward is not None:
            self.forward.close()

    async def stop(self) -> None:
        """Commits what is queued and ends. No request may be under way any more."""
        await self.purging.retention.stop()
        await self.media.stop()
        if self.forward is not None:
            await self.forward.stop()
        await self.duties.stop()
        await self.appservices.stop()
        await self.accounts.stop()
        await self.engine.stop()


async def build_server(
    config: Config, *, clock: Clock = wall_clock, siblings: Mapping[str, Path] | None = None
) -> Server:
    """Builds the server. Keys must be in place and the tables up to date.

    siblings: where each of several processes tells its figures.
    """
    engine = await build_engine(config, clock=clock)
    links = build_appservices(engine)
    members = build_members(engine, links.ask)
    accounts = build_accounts(engine, members, links)
    media = build_media(engine)
    purging = build_purging(engine, media, accounts.account)
    keeping = Housekeeping(
        engine.committer, engine.clock, uia_ttl_ms=config.accounts.uia_ttl_s * 1000
    )
    locks = engine.database.locks() if config.shared else AllLocks()
    duties = Duties(locks, [*links.senders.duties, keeping])
    address = client_address_of(config.listen.trusted_proxies)
    token = config.metrics.token
    apis: list[object] = [
        *accounts.apis,
        *room_apis(engine, accounts),
        *writing_apis(engine, members, links.registry, links.ask),
        *links.apis,
        *sync_apis(engine),
        *media.apis,
        *purging.apis,
        KeysApi(engine.signing_key, engine.clock, server_name=config.server_name),
        VersionApi(),
        HealthApi(
            token=None if token is None else str(token),
            client_address=address,
            figures=Figures(siblings or {}),
        ),
    ]
    forward = Forward(links.tasks.url, address) if links.tasks is not None else None
    pages = WebClient(config.web_directory) if config.web.enabled else None
    http = HttpApi(
        Router([found for api in apis for found in endpoints_of(api)]),
        accounts.authenticator,
        Limits(
            config.rate_limits, links.registry, shared=_shared_limits(engine), kept=engine.levels
        ),
        body_timeout=config.listen.body_timeout_s,
        client_address=address,
        fallback=first_of(forward, pages),
        log_requests=config.logging.requests,
        catch_up=engine.catch_up if config.shared else None,
    )
    return Server(engine, links, members, accounts, media, purging, duties, forward, http)


def _shared_limits(engine: Engine) -> dict[Limit, Buckets]:
    """With several processes, attempts to sign in and to register count for all of them."""
    limits = engine.config.rate_limits
    if not engine.config.shared or not limits.enabled:
        return {}
    return {
        limit: buckets_of(engine, limit.value, getattr(limits, limit.value)) for limit in BY_ADDRESS
    }
