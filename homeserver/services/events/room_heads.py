"""Room heads: the current state of rooms in use, in memory, including events still being committed.

A local event is built on the speculative head, so that a send waits for one commit and reads
nothing. If a write of a room fails, its head is dropped and loaded again. What another process
writes is put on top of the heads here when the log tells of it; a head for which that cannot be
done is dropped.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from weakref import WeakValueDictionary

from homeserver.errors import NotFound
from homeserver.protocol.auth_events import auth_event_keys
from homeserver.protocol.event import Event, StateKey
from homeserver.protocol.hashing import reference_hash, to_base64
from homeserver.protocol.power_levels import PowerLevels
from homeserver.protocol.room_versions import ROOM_VERSIONS, RoomVersion
from homeserver.services.events.event_cache import EventCache, weight
from homeserver.services.events.known_room import KnownRoom
from homeserver.services.ground.bounded_cache import BoundedCache
from homeserver.storage import membership, room_state, rooms
from homeserver.storage.commit import LogRow, RoomRef
from homeserver.storage.database import Database
from homeserver.storage.events import OK, StoredEvent
from homeserver.storage.log import PURGED

MEMBER = "m.room.member"


_HEAD_BYTES = 2_600
_ENTRY_BYTES = 700
"""That a head takes without its state, and one entry of the state without its event. The events
count too: the head keeps them when the cache has let them go."""
_MOST_FOREIGN = 64
"""Events of other processes that a head takes in while nobody here uses it."""


@dataclass(slots=True, eq=False, weakref_slot=True)
class RoomHead:
    """A room as its newest event, perhaps not yet committed, leaves it. Is its own RoomRef.

    swap: the version that the next write expects. state, since: the event at each key and the log
    row since when. emptied: keys that have lost what they held, and since when. joined: members'
    display names, for mentions (None: no name). custom_push: members whose push rules differ from
    the default ones. pending: writes not yet answered. hashes: the reference hashes of the
    extremities, in room versions whose references carry them. foreign: events of other processes
    taken in since it was used last. weight: bytes, of which ``counted`` are in the books.
    """

    nid: int
    room_id: str
    version: RoomVersion
    swap: int
    extremities: list[tuple[str, int]]
    custom_users: set[str] = field(default_factory=set)
    hashes: dict[str, str] = field(default_factory=dict)
    state: dict[StateKey, StoredEvent] = field(default_factory=dict)
    since: dict[StateKey, LogRow] = field(default_factory=dict)
    emptied: dict[StateKey, LogRow] = field(default_factory=dict)
    joined: dict[str, str | None] = field(default_factory=dict)
    invited: set[str] = field(default_factory=set)
    custom_push: set[str] = field(default_factory=set)
    pending: int = 0
    foreign: int = 0
    dropped: bool = False
    weight: int = _HEAD_BYTES
    counted: int = 0
    _name: KnownRoom | None = None
    _power: PowerLevels | None = None

    @property
    def name(self) -> KnownRoom:
        """The room without its head; always the same object. The number must be known."""
        if self._name is None:
            self._name = KnownRoom(self.nid, self.room_id)
        return self._name

    def event(self, event_type: str, state_key: str = "") -> Event | None:
        """The state event at this key."""
        stored = self.state.get((event_type, state_key))
        return None if stored is None else stored.event

    def membership(self, user_id: str) -> str | None:
        """``content.membership`` of this user's member event."""
        event = self.event(MEMBER, user_id)
        return None if event is None else event.membership

    @property
    def power(self) -> PowerLevels:
        """The power levels in force."""
        if self._power is None:
            self._power = PowerLevels.of(self.auth_state())
        return self._power

    def auth_state(self) -> Mapping[StateKey, Event]:
        """The state without members: all that power levels need."""
        keys = (("m.room.create", ""), ("m.room.power_levels", ""))
        return {key: self.state[key].event for key in keys if key in self.state}

    def auth_events(
        self, event_type: str, state_key: str | None, sender: str, content: dict[str, object]
    ) -> dict[StateKey, Event]:
        """The state events that authorise such an event."""
        keys = auth_event_keys(event_type, state_key, sender, content, self.version)
        return {key: self.state[key].event for key in keys if key in self.state}

    def apply(self, stored: StoredEvent, row: LogRow) -> Undo:
        """Puts an event on top. Returns what takes it off again, newest first."""
        event = stored.event
        undo = Undo(self.extremities, self.swap, event.key if event.is_state else None)
        self.extremities = [(event.event_id, event.depth)]
        if self.version.hashed_references:
            self.learn_hash(event)
        if event.state_key is not None:
            key = event.key
            undo.stored, undo.since = self.state.get(key), self.since.get(key)
            undo.emptied = self.emptied.get(key) if self.emptied else None
            self._place(key, stored, row)
        return undo

    def learn_hash(self, event: Event) -> None:
        """Notes the reference hash of an extremity."""
        self.hashes[event.event_id] = to_base64(reference_hash(event.pdu, self.version))

    def _place(self, key: StateKey, stored: StoredEvent | None, row: LogRow | None) -> None:
        before = self.state.get(key)
        if before is not None:
            self.weight -= _ENTRY_BYTES + weight(before)
        if stored is None or row is None:
            self.state.pop(key, None)
            self.since.pop(key, None)
        else:
            self.state[key], self.since[key] = stored, row
            self.weight += _ENTRY_BYTES + weight(stored)
        if self.emptied:
            self.emptied.pop(key, None)
        if key[0] == MEMBER:
            self.index_member(key[1], None if stored is None else stored.event)
        elif key[0] in ("m.room.power_levels", "m.room.create"):
            self._power = None

    def index_member(self, user_id: str, event: Event | None) -> None:
        """Keeps the member lists in step with a member event."""
        membership = None if event is None else event.membership
        if membership == "join" and event is not None:
            name = event.content.get("displayname")
            self.joined[user_id] = name if isinstance(name, str) else None
            if user_id in self.custom_users:
                self.custom_push.add(user_id)
        else:
            self.joined.pop(user_id, None)
            self.custom_push.discard(user_id)
        if membership == "invite":
            self.invited.add(user_id)
        else:
            self.invited.discard(user_id)

    def advance(
        self,
        row: LogRow,
        extremities: list[tuple[str, int]],
        changes: Mapping[StateKey, StoredEvent | None],
    ) -> None:
        """Takes in what another server's event leads to. Nothing takes it off again but `drop`."""
        self.extremities = extremities
        if self.version.hashed_references and isinstance(row.fact, StoredEvent):
            self.learn_hash(row.fact.event)
        self.swap += 1
        for key, stored in changes.items():
            self._place(key, stored, row)
            if stored is None:
                self.emptied[key] = row

    def revert(self, undo: Undo) -> None:
        """Takes off the event that ``apply`` put on last."""
        self.extremities, self.swap = undo.extremities, undo.swap
        if undo.key is not None:
            self._place(undo.key, undo.stored, undo.since)
            if undo.emptied is not None:
                self.emptied[undo.key] = undo.emptied


@dataclass(slots=True)
class Undo:
    """What an event replaced."""

    extremities: list[tuple[str, int]]
    swap: int
    key: StateKey | None
    stored: StoredEvent | None = None
    since: LogRow | None = None
    emptied: LogRow | None = None


class RoomHeads:
    """The heads of the rooms in use; the least recently used ones are forgotten.

    catch_up: the feed's read barrier, where other processes write into rooms.
    """

    def __init__(
        self,
        database: Database,
        cache: EventCache,
        *,
        max_bytes: int,
        catch_up: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._database = database
        self._cache = cache
        self.custom_users: set[str] = set()
        self._heads: BoundedCache[str, RoomHead] = BoundedCache(
            "heads", max_bytes=max_bytes, weigh=_weigh, on_evict=self._gone, may_go=_may_go
        )
        # A room has one head as long as somebody holds it, kept here or not: two would not know of
        # each other's writes. Where others write, the log tells of those.
        self._alive: WeakValueDictionary[str, RoomHead] = WeakValueDictionary()
        self._loading: dict[str, asyncio.Task[RoomHead]] = {}
        self._reserved: dict[str, asyncio.Event] = {}
        self._catch_up = catch_up
        self._by_nid: dict[int, RoomHead] = {}
        self._meanwhile: dict[int, list[LogRow]] = {}

    async def start(self) -> None:
        """Learns whose push rules differ from the default ones."""
        async with self._database.read() as conn:
            self.custom_users.update(await membership.custom_push(conn))

    def peek(self, room_id: str) -> RoomHead | None:
        """The head if it is in memory."""
        return self._heads.peek(room_id)

    def add(self, head: RoomHead) -> None:
        """Takes the head of a room that is being created."""
        self._keep(head)

    @contextlib.contextmanager
    def creating(self, head: RoomHead) -> Iterator[None]:
        """Has the head while the room's first events are being committed, and from then on; drops
        it if they are not."""
        self.add(head)
        head.pending += 1
        try:
            yield
        except BaseException:
            self.drop(head)
            raise
        finally:
            head.pending -= 1

    async def get(self, room_id: str) -> RoomHead:
        """The head of a room; NotFound if this server does not have the room."""
        head = self._heads.get(room_id)
        if head is not None:
            if head.weight != head.counted:
                self._heads.weigh_again(room_id)
            head.foreign = 0
            return head
        if self._catch_up is None:
            head = self._alive.get(room_id)
            if head is not None and not head.dropped:
                self._keep(head)
                return head
        task = self._loading.get(room_id)
        if task is None:
            task = asyncio.create_task(self._load(room_id))
            self._loading[room_id] = task
            task.add_done_callback(lambda _: self._loading.pop(room_id, None))
        return await asyncio.shield(task)

    async def get_to_write(self, room_id: str) -> RoomHead:
        """The head, once nobody has reserved the room."""
        while (reserved := self._reserved.get(room_id)) is not None:
            await reserved.wait()
        return await self.get(room_id)

    @contextlib.contextmanager
    def reserving(self, room_id: str) -> Iterator[None]:
        """Keeps local writers of a room waiting, for one who has lost against them again and
        again: what takes long to work out needs a head that stands still."""
        if room_id in self._reserved:
            raise ValueError(f"{room_id} is reserved already")
        reserved = self._reserved[room_id] = asyncio.Event()
        try:
            yield
        finally:
            del self._reserved[room_id]
            reserved.set()

    async def find(self, room_id: str) -> RoomHead | None:
        """The head of a room, None if this server does not have the room."""
        try:
            return await self.get(room_id)
        except NotFound:
            return None

    async def joining(self, room_id: str) -> RoomHead:
        """The head of a room that this server is about to join: it is not kept, and nobody else
        gets it."""
        return await self._read(room_id, joining=True)

    async def _load(self, room_id: str) -> RoomHead:
        if self._catch_up is None:
            head = await self._read(room_id)
            self._keep(head)
            return head
        nid = await self._nid(room_id)
        for last in (False, False, False, True):
            meanwhile = self._meanwhile[nid] = []
            try:
                head = await self._read(room_id)
                # Whatever the head was made of is known after this, so that the rows learned from
                # now on are those which follow it.
                await self._catch_up()
            finally:
                del self._meanwhile[nid]
            if self._continued(head, meanwhile) or last:
                break
        self._keep(head)
        self._by_nid[nid] = head
        return head

    async def _nid(self, room_id: str) -> int:
        async with self._database.read() as conn:
            nid = await rooms.room_nid(conn, room_id)
        if nid is None:
            raise NotFound("Unknown room")
        return nid

    def _continued(self, head: RoomHead, rows: list[LogRow]) -> bool:
        """Puts what was learned while a head was being read on top of it; whether it fits."""
        following = False
        newest: str | None = None
        for row in rows:
            if not isinstance(row.fact, StoredEvent):
                return False
            newest = row.fact.event.event_id
            follows = _follows(head, row)
            if following and not follows:
                return False
            if follows:
                following = True
                _put_on_top(head, row)
        # Rows that did not follow were part of what was read.
        return newest is None or newest in {event_id for event_id, _ in head.extremities}

    def learn(self, rows: list[LogRow]) -> None:
        """A listener of the feed: what was purged is read again, or is not there any more; and what
        other processes write is put on top."""
        for row in rows:
            if row.kind == PURGED and row.room is not None:
                nid = row.room.nid
                for each in [each for each in list(self._alive.values()) if each.nid == nid]:
                    self.drop(each)
            if self._catch_up is None or row.kind != "event" or row.room is None:
                continue
            nid = row.room.nid
            if nid in self._meanwhile:
                self._meanwhile[nid].append(row)
            head = self._by_nid.get(nid)
            if head is None:
                here = None if row.fact is None else self._heads.peek(row.fact.event.room_id)
                if here is not None and here.name is row.room:
                    self._by_nid[nid] = here  # created here
            elif row.room is not head.name:
                self._follow(head, row)

    def _follow(self, head: RoomHead, row: LogRow) -> None:
        head.foreign += 1
        if head.pending or head.foreign > _MOST_FOREIGN or not _follows(head, row):
            self.drop(head)
        else:
            _put_on_top(head, row)

    def cares(self, room: int) -> bool:
        """Whether the head of a room is in memory, or being loaded."""
        return room in self._by_nid or room in self._meanwhile

    async def _read(self, room_id: str, *, joining: bool = False) -> RoomHead:
        async with self._database.read() as conn:
            row = await rooms.room(conn, room_id)
            if row is None or (not row.extremities and not joining):
                raise NotFound("Unknown room")
            head = RoomHead(
                row.nid,
                room_id,
                ROOM_VERSIONS[row.room_version],
                row.version,
                row.extremities,
                self.custom_users,
            )
            current = await room_state.current(conn, row.nid)
            emptied = await room_state.removed(conn, row.nid)
        found = await self._cache.by_nid([nid for _, _, nid in current])
        for key, since, nid in current:
            head.state[key] = found[nid]
            head.since[key] = LogRow("event", position=since)
            head.weight += _ENTRY_BYTES + weight(found[nid])
            if key[0] == MEMBER:
                head.index_member(key[1], found[nid].event)
        for key, since in emptied:
            head.emptied[key] = LogRow("event", position=since)
        return head

    def _keep(self, head: RoomHead) -> None:
        self._alive[head.room_id] = head
        self._heads.put(head.room_id, head)

    def _gone(self, _room_id: str, head: RoomHead) -> None:
        if self._by_nid.get(head.nid) is head:
            del self._by_nid[head.nid]

    def push_changed(self, user_id: str) -> None:
        """The user's push rules differ from the default ones from now on."""
        self.custom_users.add(user_id)
        for head in list(self._alive.values()):
            if user_id in head.joined:
                head.custom_push.add(user_id)

    def drop(self, room: RoomRef) -> None:
        """Forgets a head that does not lead to what is committed."""
        if isinstance(room, RoomHead):
            room.dropped = True
            if self._heads.peek(room.room_id) is room:
                self._heads.pop(room.room_id)
            if self._alive.get(room.room_id) is room:
                del self._alive[room.room_id]
            if self._by_nid.get(room.nid) is room:
                del self._by_nid[room.nid]


def _weigh(_room_id: str, head: RoomHead) -> int:
    head.counted = head.weight
    return head.weight


def _may_go(head: RoomHead) -> bool:
    return head.pending == 0


def _follows(head: RoomHead, row: LogRow) -> bool:
    """Whether the event of a row was built on this very head, so that it is the next one, and all
    that it changes."""
    stored = row.fact
    if not isinstance(stored, StoredEvent) or stored.status != OK or row.data is not None:
        return False  # what another server's event leads to is more than itself
    redacts = stored.event.redacts
    if redacts and any(each.event.event_id == redacts for each in head.state.values()):
        return False
    return set(stored.event.prev_events) == {event_id for event_id, _ in head.extremities}


def _put_on_top(head: RoomHead, row: LogRow) -> None:
    head.apply(row.fact, row)
    head.swap += 1
