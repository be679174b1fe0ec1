"""What a server has to send to another, until it was taken: in the order of its log, with a few
under way at a time, so that they arrive in any order."""

from __future__ import annotations

import asyncio
import contextlib
from random import Random

from homeserver.errors import MatrixError
from homeserver.ids import domain_of
from homeserver.protocol.event import Event
from homeserver.services.events.room_heads import RoomHead
from homeserver.services.receiving.check_received import Dropped
from homeserver.services.receiving.fetch_events import Unobtainable
from homeserver.storage.commit import LogRow
from homeserver.storage.database import Sql
from homeserver.storage.events import StoredEvent
from tests.simulation.network import Network, Unreachable
from tests.simulation.node import Crashed, Node

_PATIENCE_S = 8.0
_UNDER_WAY = 3
_OWN = Sql("SELECT nid FROM event WHERE sender LIKE :server AND place = 0 ORDER BY nid")


class Delivery:
    """From one server to another. taken: what the other has acknowledged, which survives a crash,
    as a cursor in the sender's database would. skipped: something was not sent, since nobody of the
    receiver was in the room."""

    def __init__(
        self, sender: Node, receiver: Node, network: Network, random: Random, room_id: str
    ) -> None:
        self.sender = sender
        self.receiver = receiver
        self._network = network
        self._random = random
        self._room_id = room_id
        self._waiting: dict[str, Event] = {}
        self._task: asyncio.Task[None] | None = None
        self._more = asyncio.Event()
        self.taken: set[str] = set()
        self.skipped = False
        self.fails = ""

    @property
    def is_done(self) -> bool:
        return not self._waiting

    async def start(self) -> None:
        """Begins with what the sender wrote and the receiver has not taken."""
        engine = self.sender.engine
        async with engine.database.read() as conn:
            rows = await conn.fetch(_OWN, server=f"%:{self.sender.name}")
        own = await engine.cache.listed([row[0] for row in rows])
        self._waiting = {
            s.event.event_id: s.event for s in own if s.event.event_id not in self.taken
        }
        engine.feed.listen(self._learn)
        self._more = asyncio.Event()
        self._more.set()
        self._task = asyncio.ensure_future(self._run())

    def stop(self) -> None:
        """The sender crashed, or the run is over."""
        if self._task is not None:
            self._task.cancel()

    def _learn(self, rows: list[LogRow]) -> None:
        for row in rows:
            fact = row.fact
            if not isinstance(fact, StoredEvent) or fact.event.event_id in self.taken:
                continue
            if domain_of(fact.event.sender) == self.sender.name:
                self._waiting[fact.event.event_id] = fact.event
                self._more.set()

    async def _run(self) -> None:
        while True:
            await self._more.wait()
            self._more.clear()
            while self._waiting:
                first = list(self._waiting.values())[:_UNDER_WAY]
                self._random.shuffle(first)
                results = await asyncio.gather(*(self._send(event) for event in first))
                if not any(results):
                    await asyncio.sleep(self._random.uniform(0.1, 1.0))

    async def _is_in_room(self, event: Event) -> bool:
        """Whether somebody of the receiver was there when it was said."""
        engine = self.sender.engine
        stored = await engine.cache.by_id(event.event_id)
        assert stored is not None
        before = await engine.state_at.before(stored)
        ids = [
            event_id
            for (event_type, key), event_id in before.items()
            if event_type == "m.room.member" and key.endswith(f":{self.receiver.name}")
        ]
        members = await engine.cache.by_ids(ids)
        return any(member.event.membership == "join" for member in members.values())

    def _has_receiver(self, head: RoomHead) -> bool:
        return any(domain_of(user) == self.receiver.name for user in head.joined)

    def _done_with(self, event: Event) -> bool:
        self.taken.add(event.event_id)
        self._waiting.pop(event.event_id, None)
        return True

    async def _send(self, event: Event) -> bool:
        if not await self._is_in_room(event):
            self.skipped = True
            return self._done_with(event)

        async def take() -> None:
            receive = self.receiver.receiving.receive
            await self.receiver.do(receive.receive(self.sender.name, self._room_id, event.pdu))

        try:
            await self._network.call(
                self.sender.name, self.receiver.name, take, patience_s=_PATIENCE_S
            )
        except Dropped as error:
            raise AssertionError(f"{event.event_id} was dropped: {error}") from error
        except Unobtainable as error:
            self.fails = f"{event.event_id}: {error!r}"
            if not self._has_receiver(await self.sender.engine.heads.get(self._room_id)):
                # It may not ask for what it lacks: to this server it has left meanwhile.
                self.skipped = True
                return self._done_with(event)
            return False
        except (Unreachable, Crashed, MatrixError) as error:
            self.fails = f"{event.event_id}: {error!r}"
            return False
        return self._done_with(event)

    def fault(self) -> BaseException | None:
        """Why it ended by itself."""
        if self._task is None or not self._task.done() or self._task.cancelled():
            return None
        with contextlib.suppress(asyncio.CancelledError):
            return self._task.exception()
        return None
