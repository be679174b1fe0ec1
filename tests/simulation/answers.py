"""What servers ask each other about events, over the network."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from homeserver.services.event_source import Pdu, SourceFailed, StateEvents, StateIds
from tests.simulation.network import Network, Unreachable
from tests.simulation.node import Crashed, Node

T = TypeVar("T")

_PATIENCE_S = 5.0


class Asker:
    """The `EventSource` of one server: the others answer with what they have."""

    def __init__(self, name: str, nodes: dict[str, Node], network: Network) -> None:
        self._name = name
        self._nodes = nodes
        self._network = network

    async def _ask(self, server: str, question: Callable[[Answers], Coroutine[Any, Any, T]]) -> T:
        node = self._nodes.get(server)
        if node is None:
            raise SourceFailed("no such server")

        async def answer() -> T:
            return await node.do(question(Answers(node)))

        try:
            return await self._network.call(self._name, server, answer, patience_s=_PATIENCE_S)
        except (Unreachable, Crashed) as error:
            raise SourceFailed(repr(error)) from error

    async def missing_events(
        self,
        server: str,
        room_id: str,
        earliest: list[str],
        latest: list[str],
        limit: int,
        min_depth: int,
    ) -> list[Pdu]:
        return await self._ask(server, lambda a: a.missing_events(earliest, latest, limit))

    async def event(self, server: str, event_id: str) -> Pdu:
        return await self._ask(server, lambda a: a.event(event_id))

    async def state_ids(self, server: str, room_id: str, event_id: str) -> StateIds:
        return await self._ask(server, lambda a: a.state_ids(event_id))

    async def state(self, server: str, room_id: str, event_id: str) -> StateEvents:
        return await self._ask(server, lambda a: a.state(event_id))

    async def backfill(
        self, server: str, room_id: str, event_ids: list[str], limit: int
    ) -> list[Pdu]:
        raise SourceFailed("nothing is older")

    async def event_auth(self, server: str, room_id: str, event_id: str) -> list[Pdu]:
        return await self._ask(server, lambda a: a.event_auth(event_id))


class Answers:
    """What one server answers."""

    def __init__(self, node: Node) -> None:
        self._engine = node.engine

    async def missing_events(self, earliest: list[str], latest: list[str], limit: int) -> list[Pdu]:
        """Breadth first backwards, oldest first."""
        found: dict[str, Pdu] = {}
        level = list(latest)
        while level and len(found) < limit:
            known = await self._engine.cache.by_ids(level)
            parents = [i for stored in known.values() for i in stored.event.prev_events]
            level = [i for i in dict.fromkeys(parents) if i not in found and i not in earliest]
            for event_id, stored in (await self._engine.cache.by_ids(level)).items():
                found[event_id] = stored.event.pdu
        return list(found.values())[:limit][::-1]

    async def event(self, event_id: str) -> Pdu:
        stored = await self._engine.cache.by_id(event_id)
        if stored is None:
            raise SourceFailed("unknown")
        return stored.event.pdu

    async def state_ids(self, event_id: str) -> StateIds:
        stored = await self._engine.cache.by_id(event_id)
        if stored is None or not stored.placed:
            raise SourceFailed("unknown")
        before = await self._engine.state_at.before(stored)
        ids = list(before.values())
        return StateIds(ids, await self._chain(ids))

    async def state(self, event_id: str) -> StateEvents:
        ids = await self.state_ids(event_id)
        return StateEvents(await self._pdus(ids.state), await self._pdus(ids.auth_chain))

    async def event_auth(self, event_id: str) -> list[Pdu]:
        stored = await self._engine.cache.by_id(event_id)
        if stored is None:
            raise SourceFailed("unknown")
        return await self._pdus(await self._chain([event_id]))

    async def _chain(self, event_ids: list[str]) -> list[str]:
        chain: dict[str, None] = {}
        ahead = list(event_ids)
        while ahead:
            known = await self._engine.cache.by_ids(ahead)
            ahead = []
            for stored in known.values():
                for event_id in stored.event.auth_events:
                    if event_id not in chain:
                        chain[event_id] = None
                        ahead.append(event_id)
        return list(chain)

    async def _pdus(self, event_ids: list[str]) -> list[Pdu]:
        known = await self._engine.cache.by_ids(event_ids)
        return [stored.event.pdu for stored in known.values()]
