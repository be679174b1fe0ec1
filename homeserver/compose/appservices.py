"""Application services: who they are, what is sent to them, what they are asked."""

from __future__ import annotations

from dataclasses import dataclass

from homeserver.api.client.appservice import AppserviceApi
from homeserver.compose.engine import Engine
from homeserver.remote.appservice_client import AppserviceClient
from homeserver.services.appservice_registry import Appservices, load_appservices
from homeserver.services.ask_appservices import AskAppservices
from homeserver.services.ping_appservice import PingAppservice
from homeserver.services.send_appservices import SendAppservices
from homeserver.services.send_to_appservice import AppserviceSender


@dataclass(frozen=True)
class AppserviceLinks:
    """The registry, what speaks to the services in it, and their endpoints."""

    registry: Appservices
    ask: AskAppservices
    senders: SendAppservices
    client: AppserviceClient
    apis: list[object]

    def start(self) -> None:
        """Begins to send. The log must be followed, and the services' own users be there."""
        self.senders.start()

    async def stop(self) -> None:
        """Ends it. The committer must still run."""
        await self.senders.stop()
        await self.client.close()


def build_appservices(engine: Engine) -> AppserviceLinks:
    """Reads the registrations and builds what belongs to them. Raises ConfigError."""
    config = engine.config
    registry = load_appservices(
        config.appservices.registration_files, config.data_dir, config.server_name
    )
    client = AppserviceClient(trusted_ca=config.network.trusted_ca)
    senders = SendAppservices(
        [
            AppserviceSender(
                appservice,
                engine.database,
                engine.committer,
                engine.feed,
                engine.cache,
                engine.heads,
                engine.typing,
                client,
                engine.clock,
            )
            for appservice in registry.all
            if appservice.url is not None
        ],
        engine.feed,
        engine.typing,
    )
    ping = PingAppservice(registry, client, on_success=senders.nudge)
    return AppserviceLinks(
        registry,
        AskAppservices(engine.database, registry, client),
        senders,
        client,
        [AppserviceApi(ping)],
    )
