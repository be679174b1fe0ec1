"""Two servers in one process that ask each other by plain calls: everything but the network."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from homeserver.compose.engine import Engine
from homeserver.compose.receiving import Receiving, build_receiving
from homeserver.errors import MatrixError
from homeserver.protocol.hashing import content_hash, to_base64
from homeserver.protocol.room_versions import ROOM_VERSIONS
from homeserver.protocol.signing import sign_event
from homeserver.services.receiving.event_source import SourceFailed, StateEvents, StateIds
from homeserver.services.receiving.receive_event import Received
from homeserver.storage.events import StoredEvent
from tests.harness.engine import running_engine


@dataclass
class Server:
    """One of them."""

    name: str
    engine: Engine
    receiving: Receiving


@dataclass
class Links:
    """The servers by name, as key ring and as source of events. cut: who cannot be reached."""

    servers: dict[str, Server] = field(default_factory=dict)
    cut: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)

    async def public_key(
        self, server_name: str, key_id: str, *, valid_at: int | None
    ) -> str | None:
        """As `KeyRing` says."""
        server = self.servers.get(server_name)
        if server is None or server.engine.signing_key.key_id != key_id:
            return None
        return server.engine.signing_key.public_key

    def source(self, asking: str) -> Source:
        """What one server asks the others."""
        return Source(self, asking)

    async def join(
        self, server: Server, resident: Server, room_id: str, user_id: str
    ) -> StoredEvent:
        """A join over the other server, from the template to the room's state."""
        template = await resident.receiving.serve_join.template(
            server.name, room_id, user_id, "join", versions=list(ROOM_VERSIONS)
        )
        version = ROOM_VERSIONS[template.room_version]
        pdu = {**template.event, "origin_server_ts": server.engine.clock()}
        pdu["hashes"] = {"sha256": to_base64(content_hash(pdu))}
        pdu = sign_event({**pdu, "signatures": {}}, version, server.engine.signing_key, server.name)
        accepted = await resident.receiving.serve_join.accept(server.name, room_id, pdu, "join")
        return await server.receiving.join.join(
            resident.name, room_id, version, accepted.event, accepted.before
        )

    async def send(self, sender: Server, to: Server, stored: StoredEvent) -> Received:
        """Gives one server's event to the other."""
        event = stored.event
        return await to.receiving.receive.receive(sender.name, event.room_id, event.pdu)


@dataclass
class Source:
    """Asks the other servers' `ServeEvents`."""

    links: Links
    asking: str

    async def _ask(self, server: str, what: str, *arguments: Any) -> Any:
        self.links.asked.append(what)
        if server in self.links.cut or server not in self.links.servers:
            raise SourceFailed("cut off")
        try:
            serve = self.links.servers[server].receiving.serve
            return await getattr(serve, what)(self.asking, *arguments)
        except MatrixError as error:
            raise SourceFailed(str(error)) from error

    async def missing_events(
        self,
        server: str,
        room_id: str,
        earliest: list[str],
        latest: list[str],
        limit: int,
        min_depth: int,
    ) -> list[dict[str, Any]]:
        """As `EventSource` says."""
        found: list[dict[str, Any]] = await self._ask(
            server, "missing_events", room_id, earliest, latest, limit, min_depth
        )
        return found

    async def event(self, server: str, event_id: str) -> dict[str, Any]:
        """As `EventSource` says."""
        found: dict[str, Any] = await self._ask(server, "event", event_id)
        return found

    async def state_ids(self, server: str, room_id: str, event_id: str) -> StateIds:
        """As `EventSource` says."""
        found: StateIds = await self._ask(server, "state_ids", room_id, event_id)
        return found

    async def state(self, server: str, room_id: str, event_id: str) -> StateEvents:
        """As `EventSource` says."""
        found: StateEvents = await self._ask(server, "state", room_id, event_id)
        return found

    async def backfill(
        self, server: str, room_id: str, event_ids: list[str], limit: int
    ) -> list[dict[str, Any]]:
        """As `EventSource` says."""
        found: list[dict[str, Any]] = await self._ask(server, "backfill", room_id, event_ids, limit)
        return found

    async def event_auth(self, server: str, room_id: str, event_id: str) -> list[dict[str, Any]]:
        """As `EventSource` says."""
        found: list[dict[str, Any]] = await self._ask(server, "event_auth", room_id, event_id)
        return found


@contextlib.asynccontextmanager
async def linked_servers(
    folder: Path, database_url: str
) -> AsyncIterator[tuple[Server, Server, Links]]:
    """a.example, on a file of its own, and b.example on the given database."""
    links = Links()
    (folder / "a").mkdir()
    (folder / "b").mkdir()
    async with (
        running_engine(folder / "a", f"sqlite:///{folder}/a/db") as first,
        running_engine(folder / "b", database_url, server_name="b.example") as second,
    ):
        for name, engine in (("a.example", first), ("b.example", second)):
            receiving = build_receiving(engine, links, links.source(name))
            links.servers[name] = Server(name, engine, receiving)
        yield links.servers["a.example"], links.servers["b.example"], links
