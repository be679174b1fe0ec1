"""What servers ask each other, over the network: events they lack, and to be let in again."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from homeserver.errors import MatrixError
from homeserver.protocol.hashing import content_hash, to_base64
from homeserver.protocol.room_versions import ROOM_VERSIONS, EventIds
from homeserver.protocol.signing import sign_event
from homeserver.services.receiving.event_source import Pdu, SourceFailed, StateEvents, StateIds
from homeserver.services.receiving.serve_events import ServeEvents
from homeserver.services.receiving.serve_join import Accepted, Template
from homeserver.storage.events import StoredEvent
from tests.simulation.network import Network, Unreachable
from tests.simulation.node import Crashed, Node, key_of

T = TypeVar("T")

_PATIENCE_S = 5.0


class Asker:
    """The `EventSource` of one server: the others answer with what they have and it may see."""

    def __init__(self, name: str, nodes: dict[str, Node], network: Network) -> None:
        self._name = name
        self._nodes = nodes
        self._network = network

    async def _ask(self, server: str, question: Callable[[Node], Coroutine[Any, Any, T]]) -> T:
        node = self._nodes.get(server)
        if node is None:
            raise SourceFailed("no such server")

        async def answer() -> T:
            return await node.do(question(node))

        try:
            return await self._network.call(self._name, server, answer, patience_s=_PATIENCE_S)
        except (Unreachable, Crashed, MatrixError) as error:
            raise SourceFailed(repr(error)) from error

    async def _events(
        self, server: str, question: Callable[[ServeEvents], Coroutine[Any, Any, T]]
    ) -> T:
        return await self._ask(server, lambda node: question(node.receiving.serve))

    async def missing_events(
        self,
        server: str,
        room_id: str,
        earliest: list[str],
        latest: list[str],
        limit: int,
        min_depth: int,
    ) -> list[Pdu]:
        return await self._events(
            server,
            lambda serve: serve.missing_events(
                self._name, room_id, earliest, latest, limit, min_depth
            ),
        )

    async def event(self, server: str, event_id: str) -> Pdu:
        return await self._events(server, lambda serve: serve.event(self._name, event_id))

    async def state_ids(self, server: str, room_id: str, event_id: str) -> StateIds:
        return await self._events(
            server, lambda serve: serve.state_ids(self._name, room_id, event_id)
        )

    async def state(self, server: str, room_id: str, event_id: str) -> StateEvents:
        return await self._events(server, lambda serve: serve.state(self._name, room_id, event_id))

    async def backfill(
        self, server: str, room_id: str, event_ids: list[str], limit: int
    ) -> list[Pdu]:
        return await self._events(
            server, lambda serve: serve.backfill(self._name, room_id, event_ids, limit)
        )

    async def event_auth(self, server: str, room_id: str, event_id: str) -> list[Pdu]:
        return await self._events(
            server, lambda serve: serve.event_auth(self._name, room_id, event_id)
        )

    async def join(self, server: str, room_id: str, user: str, now: int) -> StoredEvent:
        """Has another server let a user of ours into its room. Raises SourceFailed, MatrixError."""
        template: Template = await self._ask(
            server,
            lambda node: node.receiving.serve_join.template(
                self._name, room_id, user, "join", versions=tuple(ROOM_VERSIONS)
            ),
        )
        version = ROOM_VERSIONS[template.room_version]
        pdu = {**template.event, "origin_server_ts": now}
        if version.event_ids is EventIds.GIVEN:
            pdu["event_id"] = f"$join{now}:{self._name}"
        pdu["hashes"] = {"sha256": to_base64(content_hash(pdu, strict=version.strict_json))}
        join = sign_event(pdu, version, key_of(self._name), self._name)
        accepted: Accepted = await self._ask(
            server,
            lambda node: node.receiving.serve_join.accept(self._name, room_id, join, "join"),
        )
        own = self._nodes[self._name]
        return await own.do(
            own.receiving.join.join(server, room_id, version, accepted.event, accepted.before)
        )
