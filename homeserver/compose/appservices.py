"""Application services: who they are, what is sent to them, what they are asked."""

from __future__ import annotations

from dataclasses import dataclass

from homeserver.api.client.appservice import AppserviceApi
from homeserver.compose.engine import Engine
from homeserver.compose.memory import max_bytes
from homeserver.config import Config
from homeserver.remote.appservice_client import AppserviceClient
from homeserver.services.appservices.appservice_registry import Appservices, load_appservices
from homeserver.services.appservices.ask_appservices import AskAppservices
from homeserver.services.appservices.ping_appservice import PingAppservice
from homeserver.services.sending.send_appservices import SendAppservices
from homeserver.services.sending.send_to_appservice import AppserviceSender

TASKS_ID = "org.teammessenger.tasks"
"""The id in the registration of the tasks service."""


@dataclass(frozen=True)
class TasksService:
    """Where the tasks service listens, and who decides about tasks."""

    url: str
    authority: str


@dataclass(frozen=True)
class AppserviceLinks:
    """The registry, what speaks to the services in it, and their endpoints.

    tasks: None on a server without a tasks service.
    """

    registry: Appservices
    tasks: TasksService | None
    ask: AskAppservices
    senders: SendAppservices
    client: AppserviceClient
    apis: list[object]

    async def stop(self) -> None:
        """Closes what speaks to them. Nobody may send any more."""
        await self.client.close()


def build_appservices(engine: Engine) -> AppserviceLinks:
    """Reads the registrations and builds what belongs to them. Raises ConfigError."""
    config = engine.config
    patterns = list(config.appservices.registration_files)
    if config.tasks.registration.exists():
        patterns.append(str(config.tasks.registration))
    registry = load_appservices(patterns, config.data_dir, config.server_name)
    client = AppserviceClient(trusted_ca=config.network.trusted_ca)
    asked = [appservice for appservice in registry.all if appservice.url is not None]
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
                interest_bytes=max_bytes(config, "interest") // len(asked),
            )
            for appservice in asked
        ],
        engine.feed,
        engine.typing,
        engine.whispers,
    )
    ping = PingAppservice(registry, client, on_success=senders.nudge)
    return AppserviceLinks(
        registry,
        _tasks(config, registry),
        AskAppservices(engine.database, registry, client),
        senders,
        client,
        [AppserviceApi(ping)],
    )


def _tasks(config: Config, registry: Appservices) -> TasksService | None:
    """What the configuration says of the tasks service, and else its registration."""
    registered = registry.by_id(TASKS_ID)
    url = config.tasks.url or (registered.url if registered else None)
    authority = config.tasks.authority or (registered.sender if registered else None)
    if url is None or authority is None:
        return None
    return TasksService(url.rstrip("/"), authority)
