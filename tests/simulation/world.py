"""One run: three servers, their people, bad weather; then calm, and what must hold."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from random import Random
from typing import Any

import orjson

from homeserver.api.endpoint import Query
from homeserver.errors import Forbidden, MatrixError
from homeserver.ids import DeviceId, UserId, domain_of
from homeserver.protocol.event import Event
from homeserver.protocol.room_versions import ROOM_VERSIONS
from homeserver.services.events.write_event import Draft
from homeserver.services.ground.requester import Requester
from homeserver.services.receiving.event_source import SourceFailed
from homeserver.storage import room_state
from homeserver.storage.database import DatabaseUnavailable, Sql
from homeserver.storage.events import OK, REJECTED, StoredEvent
from tests.harness.sync_client import SyncClient
from tests.simulation import beginning
from tests.simulation.answers import Asker
from tests.simulation.beginning import CREATOR, PEOPLE
from tests.simulation.delivery import Delivery
from tests.simulation.history import History
from tests.simulation.network import Network, Weather
from tests.simulation.node import SERVERS, Crashed, Node, configuration

_ALL = Sql("SELECT nid FROM event ORDER BY nid")
_CALM_S = 120
"""Virtual seconds in which everything must have arrived once the weather is calm."""
_KINDS = ("plain", "lazy")
_FILTERS: dict[str, dict[str, Any]] = {
    "plain": {"room": {"timeline": {"limit": 5}}},
    "lazy": {"room": {"timeline": {"limit": 3}, "state": {"lazy_load_members": True}}},
}


class World:
    """actions: how many each server's people try. agreed: in the end all had one state. They need
    not, where one server's event is soft-failed by all others; who has the same extremities has.
    away: servers of which nobody was in the room for a while; they need not know what was said.
    """

    def __init__(
        self, folder: Path, template: Path, room_id: str, seed: int, version: str, *, actions: int
    ) -> None:
        self.random = Random(seed)
        self.room_id = room_id
        self.version = version
        self.actions = actions
        self.trace: list[str] = []
        self.agreed = False
        self.away: set[str] = set()
        self.acknowledged: list[tuple[str, str, str]] = []
        random = self.random
        weather = Weather(
            lost=random.choice([0.0, 0.05, 0.3]),
            doubled=random.choice([0.0, 0.2]),
            delay_s=random.choice([0.005, 0.05, 0.4]),
        )
        self.network = Network(random, weather)
        self.nodes: dict[str, Node] = {}
        for name in SERVERS:
            beginning.copy(template, folder / name)
            config = configuration(folder / name, name)
            node = Node(name, config, skew_ms=random.choice([0, 0, 3_000, -3_000, 120_000]))
            node.source = Asker(name, self.nodes, self.network)
            self.nodes[name] = node
        self.deliveries = [
            Delivery(one, other, self.network, random, room_id)
            for one in self.nodes.values()
            for other in self.nodes.values()
            if one is not other
        ]
        self.clients: dict[str, list[SyncClient]] = {}
        self._targets: list[str] = []

    async def run(self) -> None:
        """Everything, to the end. Raises AssertionError."""
        for name in SERVERS:
            await self._start(name)
        for name in SERVERS:
            self.clients[name] = [
                SyncClient(
                    f"{user} {kind}",
                    self._poll(name, user, kind),
                    lazy=kind == "lazy",
                    resolved=True,
                )
                for user, kind in zip(PEOPLE[name], _KINDS, strict=True)
            ]
        people = [asyncio.ensure_future(self._people(name)) for name in SERVERS]
        trouble = asyncio.ensure_future(self._trouble())
        try:
            await asyncio.gather(*people)
            trouble.cancel()
            await self._calm()
            await self._merge()
            await self._check()
        finally:
            trouble.cancel()
            for delivery in self.deliveries:
                delivery.stop()
            for node in self.nodes.values():
                if node.is_up:
                    await node.stop()

    @property
    def fingerprint(self) -> str:
        """Of all that happened, in its order."""
        return hashlib.sha256("\n".join(self.trace).encode()).hexdigest()[:16]

    def _note(self, *what: object) -> None:
        now = asyncio.get_running_loop().time()
        self.trace.append(f"{now:.6f} {' '.join(map(str, what))}")

    # --- servers come and go ---

    async def _start(self, name: str) -> None:
        await self.nodes[name].start()
        for delivery in self.deliveries:
            if delivery.sender is self.nodes[name]:
                await delivery.start()

    def _crash(self, name: str) -> None:
        self._note("crash", name)
        for delivery in self.deliveries:
            if delivery.sender is self.nodes[name]:
                delivery.stop()
        self.nodes[name].crash()

    async def _trouble(self) -> None:
        while True:
            await asyncio.sleep(self.random.uniform(0.2, 2.0))
            kind = self.random.choice(["part", "heal", "crash", "crash", "nothing"])
            one, other = self.random.sample(SERVERS, 2)
            if kind == "part":
                self._note("part", one, other)
                self.network.part(one, other)
            elif kind == "heal":
                self._note("heal")
                self.network.parted.clear()
            elif kind == "crash" and self.nodes[one].is_up:
                self._crash(one)
                await asyncio.sleep(self.random.uniform(0, 2.0))
                await asyncio.shield(self._start(one))

    async def _calm(self) -> None:
        self._note("calm")
        self.network.heal()
        for name in SERVERS:
            if not self.nodes[name].is_up:
                await self._start(name)
        await self._arrived()

    async def _arrived(self) -> None:
        for _ in range(_CALM_S * 2):
            waiting = [delivery for delivery in self.deliveries if not delivery.is_done]
            if not waiting:
                return
            for delivery in waiting:
                fault = delivery.fault()
                if fault is not None:
                    raise fault
            await asyncio.sleep(0.5)
        raise AssertionError(f"still not taken: {[delivery.fails for delivery in waiting]}")

    # --- people ---

    async def _people(self, name: str) -> None:
        node = self.nodes[name]
        for _ in range(self.actions):
            await asyncio.sleep(self.random.uniform(0, 0.6))
            if self.random.random() < 0.25 and name in self.clients:
                client = self.random.choice(self.clients[name])
                with contextlib.suppress(Crashed):
                    await node.do(client.catch_up())
                continue
            draft = self._draft(name)
            try:
                (stored,) = await node.do(self._write(node, draft))
            except (Crashed, MatrixError, DatabaseUnavailable) as error:
                self._note(name, draft.sender, draft.type, type(error).__name__)
                continue
            self._acknowledge(name, stored)

    async def _write(self, node: Node, draft: Draft) -> list[StoredEvent]:
        head = await node.engine.heads.get(self.room_id)
        if any(domain_of(user) == node.name for user in head.joined):
            return await node.engine.write.write(self.room_id, draft)
        if draft.type != "m.room.member" or draft.content["membership"] != "join":
            raise Forbidden("This server is not in the room")
        through = self.random.choice([name for name in SERVERS if name != node.name])
        self.away.add(node.name)
        try:
            asker = node.source
            assert isinstance(asker, Asker)
            now = node.engine.clock()
            return [await asker.join(through, self.room_id, draft.sender, now)]
        except SourceFailed as error:
            raise Forbidden(str(error)) from error

    def _acknowledge(self, name: str, stored: StoredEvent) -> None:
        event = stored.event
        self._note(name, event.sender, event.type, event.event_id)
        self.acknowledged.append((name, event.sender, event.event_id))
        if event.type == "m.room.message":
            self._targets.append(event.event_id)

    def _draft(self, name: str) -> Draft:
        random = self.random
        sender = random.choice(PEOPLE[name])
        everybody = [user for users in PEOPLE.values() for user in users]
        target = random.choice(everybody)
        kind = random.choices(
            ["say", "topic", "name", "own", "other", "levels", "rules", "redact", "visibility"],
            [6, 3, 2, 3, 5, 2, 1, 1, 1],
        )[0]
        if kind == "redact" and self._targets:
            return Draft("m.room.redaction", sender, {}, redacts=random.choice(self._targets))
        if kind == "topic":
            return Draft("m.room.topic", sender, {"topic": str(random.random())}, "")
        if kind == "name":
            return Draft("m.room.name", sender, {"name": str(random.random())}, "")
        if kind == "own":
            membership = random.choice(["join", "join", "leave"])
            return Draft("m.room.member", sender, {"membership": membership}, sender)
        if kind == "other":
            membership = random.choice(["invite", "leave", "leave", "ban"])
            return Draft("m.room.member", sender, {"membership": membership}, target)
        if kind == "levels":
            users = {user: random.choice([0, 50, 100]) for user in everybody if user != CREATOR}
            if not ROOM_VERSIONS[self.version].privileged_creators:
                users[CREATOR] = 100
            return Draft("m.room.power_levels", sender, {"users": users}, "")
        if kind == "rules":
            rule = random.choice(["public", "invite"])
            return Draft("m.room.join_rules", sender, {"join_rule": rule}, "")
        if kind == "visibility":
            value = random.choice(["shared", "joined", "invited", "world_readable"])
            return Draft("m.room.history_visibility", sender, {"history_visibility": value}, "")
        return Draft("m.room.message", sender, {"msgtype": "m.text", "body": "x"})

    def _poll(self, name: str, user: str, kind: str) -> Callable[..., Awaitable[dict[str, Any]]]:
        count = 0

        async def poll(since: str | None) -> dict[str, Any]:
            nonlocal count
            count += 1
            # A fresh sync comes from a device of its own: it must not disturb the other's.
            device = kind if since is not None or count == 1 else f"fresh {count}"
            query = {
                "filter": [orjson.dumps(_FILTERS[kind]).decode()],
                "timeout": ["0"],
                # Nothing else tells a client what a resolution made of the state.
                "use_state_after": ["true"],
            }
            if since is not None:
                query["since"] = [since]
            who = Requester(UserId(user), DeviceId(device))
            answer = await self.nodes[name].sync.sync(who, Query(query))
            assert isinstance(answer, bytes)
            parsed: dict[str, Any] = orjson.loads(answer)
            return parsed

        return poll

    # --- what must hold ---

    async def _merge(self) -> None:
        """Everybody who can says something after having heard of everything, one after the other:
        then all have seen the same."""
        merged = 0
        for name in SERVERS:
            for user in PEOPLE[name]:
                draft = Draft("m.room.message", user, {"msgtype": "m.text", "body": "calm"})
                with contextlib.suppress(MatrixError):
                    (stored,) = await self._write(self.nodes[name], draft)
                    self._acknowledge(name, stored)
                    await self._arrived()
                    merged += 1
                    break
        assert merged, "nobody is left in the room"

    async def _check(self) -> None:
        self.away |= {delivery.receiver.name for delivery in self.deliveries if delivery.skipped}
        stored = {name: await self._stored(name) for name in SERVERS}
        events: dict[str, Event] = {}
        for found in stored.values():
            events.update({event_id: item.event for event_id, item in found.items()})
        history = History(ROOM_VERSIONS[self.version], events)
        states = {name: await self._state(name) for name in SERVERS}
        self.agreed = all(states[name] == states[SERVERS[0]] for name in SERVERS)
        for name in SERVERS:
            newest = await self._newest(name)
            assert states[name] == history.state(newest), f"{name}: not the state of {newest}"
            for event_id in states[name].values():
                assert event_id not in history.rejected, f"{name}: {event_id} took effect"
            await self._check_events(name, stored[name], history)
        self._check_acknowledged(stored)
        for name in SERVERS:
            for client in self.clients[name]:
                await client.check()
        self._note("states", sorted(states[SERVERS[0]].values()))

    async def _check_events(
        self, name: str, stored: dict[str, StoredEvent], history: History
    ) -> None:
        state_at = self.nodes[name].engine.state_at
        for event_id, item in stored.items():
            if not item.placed:
                continue
            rejected = event_id in history.rejected
            assert (item.status == REJECTED) == rejected, f"{name}: {event_id} is {item.status}"
            before = await state_at.before(item)
            assert before == history.before[event_id], f"{name}: the state before {event_id}"

    def _check_acknowledged(self, stored: dict[str, dict[str, StoredEvent]]) -> None:
        last: dict[tuple[str, str], tuple[int, int]] = {}
        for name, sender, event_id in self.acknowledged:
            own = stored[name].get(event_id)
            assert own is not None, f"{name} has lost {event_id}"
            assert own.status == OK, f"{name} refuses its own {event_id}"
            assert own.place > last.get((name, sender), (0, 0)), f"{name}: the order of {sender}"
            last[(name, sender)] = own.place
            for other in set(SERVERS) - self.away:
                assert event_id in stored[other], f"{event_id} never came to {other}"

    async def _newest(self, name: str) -> list[str]:
        head = await self.nodes[name].engine.heads.get(self.room_id)
        return [event_id for event_id, _ in head.extremities]

    async def _stored(self, name: str) -> dict[str, StoredEvent]:
        engine = self.nodes[name].engine
        async with engine.database.read() as conn:
            rows = await conn.fetch(_ALL)
        return {s.event.event_id: s for s in await engine.cache.listed([row[0] for row in rows])}

    async def _state(self, name: str) -> dict[tuple[str, str], str]:
        engine = self.nodes[name].engine
        head = await engine.heads.get(self.room_id)
        async with engine.database.read() as conn:
            stored = await room_state.ids_at(conn, head.nid, 2**62)
        held = {key: item.event.event_id for key, item in head.state.items()}
        assert stored == held, f"{name}: its head is not what it stored"
        return stored
