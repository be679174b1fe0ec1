"""Who waits for what: one stream for each person who syncs, woken by the rows that concern them.

A stream knows its person's rooms and the newest position that concerns them, so a poll with
nothing new is answered without the database.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import orjson

from homeserver.observe import metrics
from homeserver.services.accounts.session_cache import SESSION_KINDS
from homeserver.services.events.log_feed import LogFeed
from homeserver.services.events.room_heads import MEMBER
from homeserver.services.ground.bounded_cache import BoundedCache
from homeserver.storage import membership
from homeserver.storage.commit import LogRow
from homeserver.storage.database import Database
from homeserver.storage.events import StoredEvent
from homeserver.storage.log import PURGED
from homeserver.storage.membership import Membership

_parked_polls = metrics.gauge("teammessenger_parked_polls", "Long polls that wait")

_STREAM_BYTES = 2_000
_ROOM_BYTES = 420
"""That a stream takes, and each room in it."""
_TURNS = 8
"""Turns of the loop, which are microseconds when there is nothing else to do."""
_LONG_WAIT = 5.0
_LONG_STEP = 0.25
_SHORT_STEP = 0.005
"""Seconds: polls that end within a step end together."""
_LEARN_WAIT = 2.0
"""Seconds; the poll of the log brings everything sooner."""


@dataclass(slots=True, eq=False)
class UserStream:
    """What concerns one person. rooms: their latest membership in each room, by its number.

    last_pos: the newest position that concerns them; at least that of when the stream was made.
    moved_pos: the newest position at which they entered or left a room.
    sessions_pos: the newest position at which something became of their account or sessions.
    users: polls that have it; such a stream stays. A poll counts itself before it awaits anything.
    """

    user_id: str
    rooms: dict[int, Membership] = field(default_factory=dict)
    last_pos: int = 0
    moved_pos: int = 0
    sessions_pos: int = 0
    loaded: asyncio.Event = field(default_factory=asyncio.Event)
    waiting: set[asyncio.Future[bool]] = field(default_factory=set)
    early: list[LogRow] = field(default_factory=list)
    users: int = 0
    counted: int = 0

    def membership(self, room: int) -> str | None:
        """The latest membership in a room."""
        known = self.rooms.get(room)
        return None if known is None else known.membership

    @property
    def joined(self) -> set[int]:
        """The rooms they are in."""
        return {nid for nid, room in self.rooms.items() if room.membership == "join"}


class Notifier:
    """Keeps the streams in step with the log and wakes those who wait."""

    def __init__(
        self, database: Database, feed: LogFeed, *, wake_slice: int, max_bytes: int
    ) -> None:
        self._database = database
        self._feed = feed
        self._slice = wake_slice
        self._streams: BoundedCache[str, UserStream] = BoundedCache(
            "streams", max_bytes=max_bytes, weigh=_weigh, on_evict=self._gone, may_go=_may_go
        )
        self._by_room: dict[int, set[UserStream]] = {}
        self._to_wake: deque[asyncio.Future[bool]] = deque()
        self._ending: dict[float, tuple[set[asyncio.Future[bool]], asyncio.TimerHandle]] = {}
        self._closed = False
        self._parked = 0
        _parked_polls.set_function(lambda: self._parked)

    async def stream(self, user_id: str) -> UserStream:
        """The person's stream, loaded."""
        stream = self._streams.get(user_id)
        if stream is None:
            stream = UserStream(user_id)
            self._streams.put(user_id, stream)
            try:
                await self._load(stream)
            except BaseException:
                self._streams.pop(user_id)
                stream.loaded.set()
                raise
            self._streams.weigh_again(user_id)
        elif not stream.loaded.is_set():
            await stream.loaded.wait()
            return await self.stream(user_id)
        elif len(stream.rooms) != stream.counted:
            self._streams.weigh_again(user_id)
        return stream

    async def _load(self, stream: UserStream) -> None:
        async with self._database.read() as conn:
            found = await membership.of_user(conn, stream.user_id)
        newest = max((item.position for item in found), default=0)
        await self._feed.reach(newest, timeout=_LEARN_WAIT)  # committed, and about to be learned
        stream.rooms = {item.room: item for item in found}
        stream.moved_pos = newest
        for item in found:
            if item.membership == "join":
                self._by_room.setdefault(item.room, set()).add(stream)
        for row in stream.early:
            self._learn_member(stream, row)
        stream.early.clear()
        stream.last_pos = self._feed.position
        stream.loaded.set()

    def _gone(self, _user_id: str, stream: UserStream) -> None:
        for room in stream.rooms:
            self._leaves(room, stream)

    def _leaves(self, room: int, stream: UserStream) -> None:
        members = self._by_room.get(room)
        if members is not None:
            members.discard(stream)
            if not members:
                del self._by_room[room]

    def learn(self, rows: list[LogRow]) -> None:
        """A listener of the feed."""
        for row in rows:
            if row.user_id is not None:
                stream = self._streams.peek(row.user_id)
                if stream is not None:
                    if row.kind == "event":
                        self._learn_member(stream, row)
                    elif row.kind == "forget" and row.room is not None:
                        _forget(stream, row.room.nid)
                    elif row.kind in SESSION_KINDS:
                        stream.sessions_pos = row.position
                    self._wake(stream, row.position)
            if row.state is not None:
                self._learn_state(row)
            if row.kind == PURGED and row.room is not None:
                self._forget_purged(row.room.nid, row)
            elif row.room is not None and not _is_personal(row):
                for stream in self._by_room.get(row.room.nid, ()):
                    self._wake(stream, row.position)

    def _learn_state(self, row: LogRow) -> None:
        """A resolution changed who is in the room, of those too whom the event does not name."""
        for event_type, user_id in row.state or ():
            stream = self._streams.peek(user_id) if event_type == MEMBER else None
            if stream is not None and user_id != row.user_id:
                self._learn_member(stream, row)
                self._wake(stream, row.position)

    def _forget_purged(self, room: int, row: LogRow) -> None:
        if row.data is not None and "room_id" in orjson.loads(row.data):
            self._by_room.pop(room, None)
            for stream in self._streams.values():
                stream.rooms.pop(room, None)

    def _learn_member(self, stream: UserStream, row: LogRow) -> None:
        if not stream.loaded.is_set() and row not in stream.early:
            stream.early.append(row)
            return
        key = MEMBER, stream.user_id
        stored = row.state[key] if row.state is not None and key in row.state else row.fact
        if row.room is None:
            return
        nid = row.room.nid
        known = stream.rooms.get(nid)
        if known is not None and known.position >= row.position:
            return
        if stored is None and row.state is not None and key in row.state:
            if known is not None:
                stream.moved_pos = max(stream.moved_pos, row.position)
                stream.rooms[nid] = replace(known, membership="leave", position=row.position)
                self._leaves(nid, stream)
            return
        if not isinstance(stored, StoredEvent) or stored.event.state_key is None:
            return
        if stored.event.key != key:
            return
        event = stored.event
        kind = event.membership or "leave"
        stream.moved_pos = max(stream.moved_pos, row.position)
        stream.rooms[nid] = Membership(
            nid, event.room_id, kind, event.sender, stored.nid, row.position, 0
        )
        if kind == "join":
            self._by_room.setdefault(nid, set()).add(stream)
        else:
            self._leaves(nid, stream)

    def cares(self, room: int) -> bool:
        """Whether somebody who is in the room syncs here."""
        return bool(self._by_room.get(room))

    def waits(self) -> bool:
        """Whether some poll waits here."""
        return self._parked > 0

    def wake_room(self, room: int) -> None:
        """Something that is not in the log changed in a room: who types, who is there."""
        for stream in self._by_room.get(room, ()):
            self._wake(stream, 0)

    def _wake(self, stream: UserStream, position: int) -> None:
        stream.last_pos = max(stream.last_pos, position)
        if stream.waiting:
            if not self._to_wake:
                asyncio.get_running_loop().call_soon(self._wake_soon, _TURNS)
            self._to_wake.extend(stream.waiting)
            stream.waiting.clear()

    def _wake_soon(self, turns: int) -> None:
        """Lets the request that wrote be answered first: a sender who hears of their own message
        before the answer to sending it takes it for somebody else's."""
        loop = asyncio.get_running_loop()
        if turns:
            loop.call_soon(self._wake_soon, turns - 1)
        else:
            self._wake_some()

    def _wake_some(self) -> None:
        for _ in range(min(self._slice, len(self._to_wake))):
            _end(self._to_wake.popleft(), True)
        if self._to_wake:
            asyncio.get_running_loop().call_soon(self._wake_some)

    async def wait(
        self, stream: UserStream, timeout: float, loop: asyncio.AbstractEventLoop
    ) -> bool:
        """Waits until something concerns the person, at most ``timeout`` seconds; whether it did.

        The caller must not have awaited anything since it looked at ``stream.last_pos``.
        """
        if self._closed:
            return False
        future: asyncio.Future[bool] = loop.create_future()
        stream.waiting.add(future)
        ending = self._ends(loop, timeout)
        ending.add(future)
        self._parked += 1
        if self._parked == 1:
            self._feed.attend()
        try:
            return await future and not self._closed
        finally:
            self._parked -= 1
            ending.discard(future)
            stream.waiting.discard(future)

    def _ends(self, loop: asyncio.AbstractEventLoop, timeout: float) -> set[asyncio.Future[bool]]:
        """Those who wait until about then. Many begin to wait at once: they share a timer, which
        rings a little later than asked, for long waits."""
        end = loop.time() + timeout
        step = _LONG_STEP if timeout >= _LONG_WAIT else _SHORT_STEP
        at = math.ceil(end / step) * step
        known = self._ending.get(at)
        if known is None:
            known = self._ending[at] = set(), loop.call_at(at, self._end_all, at)
        return known[0]

    def _end_all(self, at: float) -> None:
        for future in list(self._ending.pop(at)[0]):
            _end(future, False)

    def close(self) -> None:
        """Answers every open poll now, and lets none wait any more."""
        self._closed = True
        for _, timer in self._ending.values():
            timer.cancel()
        self._ending.clear()
        for stream in self._streams.values():
            for future in stream.waiting:
                _end(future, False)
            stream.waiting.clear()

    def streams_of(self, room: int) -> Iterable[UserStream]:
        """The live streams of a room's members."""
        return self._by_room.get(room, ())


def _weigh(_user_id: str, stream: UserStream) -> int:
    stream.counted = len(stream.rooms)
    return _STREAM_BYTES + _ROOM_BYTES * stream.counted


def _may_go(stream: UserStream) -> bool:
    return not stream.users and not stream.waiting and stream.loaded.is_set()


def _end(wait: asyncio.Future[bool], something_came: bool) -> None:
    if not wait.done():
        wait.set_result(something_came)


def _forget(stream: UserStream, room: int) -> None:
    old = stream.rooms.get(room)
    if old is not None:
        stream.rooms[room] = replace(old, forgotten=1)


_PERSONAL = frozenset({"account_data", "device", "account", "forget", "history"})


def _is_personal(row: LogRow) -> bool:
    """Whether a row that names a room concerns only its user, or nobody yet."""
    return row.kind in _PERSONAL
