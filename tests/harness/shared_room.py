"""A room of this server's in which another, scripted one takes part."""

from __future__ import annotations

from dataclasses import dataclass

from homeserver.compose.engine import Engine
from homeserver.compose.receiving import Receiving, build_receiving
from homeserver.protocol.event import Event
from homeserver.services.receiving.receive_event import Received
from homeserver.storage import room_state
from homeserver.storage.database import Sql
from tests.harness.engine import ANNA, room
from tests.harness.remote import Keys, Record, Remote, Source, State

_EVENTS = Sql("SELECT nid FROM event WHERE room = :room ORDER BY nid")

REMOTE = "b.example"
RITA = "@rita:b.example"
RALF = "@ralf:b.example"


@dataclass
class SharedRoom:
    """One room. record: what must become of it; remote: who writes; source: who answers."""

    engine: Engine
    receiving: Receiving
    record: Record
    remote: Remote
    source: Source
    keys: Keys

    @property
    def room_id(self) -> str:
        return self.record.room_id

    async def receive(self, event: Event) -> Received:
        """Takes an event of the other server, by itself."""
        return await self.receiving.receive.receive(self.remote.name, self.room_id, event.pdu)

    async def local(self, event_id: str) -> Event:
        """Tells the record of an event that this server wrote."""
        stored = await self.engine.cache.by_id(event_id)
        assert stored is not None
        self.record.add(stored.event)
        return stored.event

    async def state(self) -> State:
        """The current state as it is stored."""
        head = await self.engine.heads.get(self.room_id)
        async with self.engine.database.read() as conn:
            return await room_state.ids_at(conn, head.nid, 2**62)

    async def check(self) -> None:
        """State now, of the head too, and before and after every event, are as the record says."""
        assert await self.state() == self.record.state()
        head = await self.engine.heads.get(self.room_id)
        assert {k: s.event.event_id for k, s in head.state.items()} == self.record.state()
        assert {event_id for event_id, _ in head.extremities} == set(self.record.extremities)
        for event_id, status in self.record.status.items():
            stored = await self.engine.cache.by_id(event_id)
            assert stored is not None, event_id
            assert stored.status == status
            if stored.placed:
                assert await self.engine.state_at.before(stored) == self.record.before[event_id]
                assert await self.engine.state_at.after(stored) == self.record.after(event_id)


async def shared_room(
    engine: Engine,
    *members: str,
    remote_members: tuple[str, ...] = (RITA,),
    version: str = "12",
    visibility: str = "shared",
) -> SharedRoom:
    """A public room of Anna's that people of the other server have joined."""
    head = await room(engine, ANNA, *members, version=version, visibility=visibility)
    record = Record(head.version, head.room_id)
    async with engine.database.read() as conn:
        nids = [row[0] for row in await conn.fetch(_EVENTS, room=head.nid)]
    for stored in await engine.cache.listed(nids):
        record.add(stored.event)
    remote = Remote(REMOTE, record)
    keys = Keys(remote)
    keys.add("a.example", engine.signing_key)
    source = Source(record)
    shared = SharedRoom(engine, build_receiving(engine, keys, source), record, remote, source, keys)
    for member in remote_members:
        event = remote.make(
            "m.room.member", member, {"membership": "join"}, member, prev=record.extremities
        )
        assert (await shared.receive(event)).status == 0
    return shared
