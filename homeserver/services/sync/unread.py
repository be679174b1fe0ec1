"""Unread counts: derived from the log, never stored.

For user u and thread t: base = the newest of the receipts (unthreaded, or of t), u's own last
event in t, and u's join. The count is the notifying events after base. What everybody shares is
one sorted list for each room and thread, so a count is a bisection; what is u's own is kept
beside it until memory is wanted.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field

from homeserver.services.ground.bounded_cache import BoundedCache
from homeserver.services.reading.visible_events import VisibleEvents
from homeserver.services.sync.receipts import ReceiptFact
from homeserver.storage import account_data, notifications, unread
from homeserver.storage.commit import LogRow
from homeserver.storage.database import Reads
from homeserver.storage.events import HIGHLIGHT_ALL, StoredEvent
from homeserver.storage.log import PURGED
from homeserver.storage.notifications import StoredNotice

MAIN = "main"
_CAP = 5_000
"""Counts stop here: the newest notifying events of a room that are kept."""
_SHARED_BYTES = 700
_POSITION_BYTES = 45
_THREAD_BYTES = 300
_READER_BYTES = 900
_ENTRY_BYTES = 190
_NOTICE_BYTES = 330
"""That a room takes, a position in it, a thread; a reader, what is theirs of a thread, a notice."""


@dataclass(slots=True)
class Counts:
    """notification_count, highlight_count."""

    notify: int = 0
    highlight: int = 0


@dataclass(slots=True)
class RoomCounts:
    """Of the main timeline, and of each thread that has any."""

    main: Counts
    threads: dict[str, Counts]

    def summed(self) -> Counts:
        """For clients that know no threads."""
        if not self.threads:
            return self.main
        every = [self.main, *self.threads.values()]
        return Counts(sum(c.notify for c in every), sum(c.highlight for c in every))


@dataclass(slots=True)
class _Shared:
    """A room's notifying events, by thread ("" main): their positions in order.

    upto: the newest that was read from the database, which may be ahead of the feed.
    """

    notify: dict[str, list[int]] = field(default_factory=dict)
    highlight: dict[str, list[int]] = field(default_factory=dict)
    upto: int = 0
    count: int = 0

    @property
    def threaded(self) -> bool:
        """Whether there is more than the main timeline."""
        return len(self.notify) > ("" in self.notify)

    def add(self, pos: int, thread: str, bits: int) -> None:
        self.notify.setdefault(thread, []).append(pos)
        if bits & HIGHLIGHT_ALL:
            self.highlight.setdefault(thread, []).append(pos)
        self.count += 1


@dataclass(slots=True)
class _Reader:
    """What is one user's own in one room. custom_from: None while the default rules hold.

    upto: of the newest notice that was read from the database.
    """

    receipts: dict[str, int]
    own_last: dict[str, int]
    joined: int
    custom_from: int | None
    notices: list[StoredNotice]
    upto: int = 0

    def base(self, thread: str) -> int:
        """Up to where the user has read a thread ("" main)."""
        receipts = self.receipts
        return max(
            receipts.get("", 0),
            receipts.get(thread or MAIN, 0),
            self.own_last.get(thread, 0),
            self.joined,
        )


@dataclass(slots=True, eq=False)
class _Watch:
    """Whether what is being read from the database has changed meanwhile, or may have."""

    changed: bool = False


@dataclass(slots=True)
class ReadAtOnce:
    """What of a user was read of many rooms at once. receipts, watches: by room."""

    receipts: dict[int, dict[str, int]]
    custom_from: int | None
    watches: dict[int, _Watch]


class UnreadCounts:
    """Counts what a user has not read. rooms_bytes, readers_bytes: for what everybody shares, and
    for what is a user's own."""

    def __init__(
        self, database: Reads, visible: VisibleEvents, *, rooms_bytes: int, readers_bytes: int
    ) -> None:
        self._database = database
        self._visible = visible
        self._rooms: BoundedCache[int, _Shared] = BoundedCache(
            "counts", max_bytes=rooms_bytes, weigh=lambda _, shared: _weigh_shared(shared)
        )
        self._readers: BoundedCache[tuple[int, str], _Reader] = BoundedCache(
            "readers",
            max_bytes=readers_bytes,
            weigh=lambda _, reader: _weigh_reader(reader),
            on_evict=lambda key, _: self._unlist(key),
        )
        self._of_room: dict[int, set[str]] = {}
        self._watches: dict[int, set[_Watch]] = {}

    def learn(self, rows: list[LogRow]) -> None:
        """A listener of the feed."""
        for row in rows:
            fact = row.fact
            if row.room is not None:
                self._room_changed(row.room.nid)
                if row.kind == PURGED:
                    self._forget_room(row.room.nid)
            if row.state is not None and row.room is not None:
                for event_type, user_id in row.state:
                    if event_type == "m.room.member":
                        self._forget_reader((row.room.nid, user_id))
            if isinstance(fact, StoredEvent):
                self._learn_event(fact)
            elif isinstance(fact, ReceiptFact):
                reader = self._readers.peek((fact.room, fact.user_id))
                if reader is not None:
                    known = reader.receipts.get(fact.thread, 0)
                    reader.receipts[fact.thread] = max(known, fact.ord_pos)
            elif row.kind == "event" and row.room is not None:
                self._forget_room(row.room.nid)  # another process's, and nobody here looked at it
            elif row.kind == "account_data" and (
                account_data.is_of_type(fact, row.data, "m.push_rules")
            ):
                self._forget_rules(row.user_id)
            elif row.kind == "receipt" and row.room is not None and row.user_id is not None:
                self._forget_reader((row.room.nid, row.user_id))

    def _room_changed(self, room: int) -> None:
        for watch in self._watches.get(room, ()):
            watch.changed = True

    def _forget_rules(self, user_id: str | None) -> None:
        for room in self._watches:
            self._room_changed(room)
        for key in [key for key in self._readers if key[1] == user_id]:
            self._forget_reader(key)

    def _learn_event(self, stored: StoredEvent) -> None:
        room, event = stored.room, stored.event
        thread = stored.thread or ""
        shared = self._rooms.peek(room)
        if shared is not None and stored.notify and stored.ord_pos > shared.upto:
            shared.add(stored.ord_pos, thread, stored.notify)
            if shared.count > 2 * _CAP:
                self._rooms.pop(room)
            else:
                self._rooms.weigh_again(room)
        reader = self._readers.peek((room, event.sender))
        if reader is not None:
            reader.own_last[thread] = max(reader.own_last.get(thread, 0), stored.ord_pos)
        if stored.applies_redaction:
            self._forget_room(room)
        elif event.type == "m.room.member" and event.state_key is not None:
            self._forget_reader((room, event.state_key))
        elif stored.noticed:
            for notice in stored.noticed:
                reader = self._readers.peek((room, notice.user_id))
                if reader is not None and stored.ord_pos > reader.upto:
                    reader.notices.append(
                        StoredNotice(
                            thread,
                            stored.ord_pos,
                            stored.ord_minor,
                            notice.notify,
                            notice.highlight,
                            stored.nid,
                        )
                    )
                    self._readers.weigh_again((room, notice.user_id))

    def _forget_room(self, room: int) -> None:
        self._rooms.pop(room)
        for user_id in list(self._of_room.get(room, ())):
            self._forget_reader((room, user_id))

    def _forget_reader(self, key: tuple[int, str]) -> None:
        if self._readers.pop(key) is not None:
            self._unlist(key)

    def _unlist(self, key: tuple[int, str]) -> None:
        users = self._of_room.get(key[0])
        if users is not None:
            users.discard(key[1])
            if not users:
                del self._of_room[key[0]]

    @contextmanager
    def _watching(self, room: int) -> Iterator[_Watch]:
        watch = _Watch()
        watches = self._watches.setdefault(room, set())
        watches.add(watch)
        try:
            yield watch
        finally:
            watches.discard(watch)
            if not watches and self._watches.get(room) is watches:
                del self._watches[room]

    @asynccontextmanager
    async def reading(self, rooms: Sequence[int], user_id: str) -> AsyncIterator[ReadAtOnce]:
        """Reads what can be read at once of these rooms, for `of` within the block."""
        with ExitStack() as stack:
            watches = {room: stack.enter_context(self._watching(room)) for room in rooms}
            async with self._database.read() as conn:
                receipts = await unread.receipts_in(conn, list(rooms), user_id)
                custom_from = await unread.custom_push_from(conn, user_id)
            yield ReadAtOnce(receipts, custom_from, watches)

    async def of(
        self,
        room: int,
        user_id: str,
        *,
        ignored: Collection[str] = frozenset(),
        read: ReadAtOnce | None = None,
    ) -> RoomCounts:
        """The counts of a joined user in a room, as of now. read: what was read before."""
        shared = self._rooms.get(room)
        if shared is None:
            shared = await self._load_shared(room)
        reader = self._readers.get((room, user_id))
        if reader is None:
            reader = await self._load_reader(room, user_id, read)
        main = _count(shared, reader, "")
        counted: dict[str, Counts] = {}
        if reader.notices or shared.threaded:
            counted = _threads(shared, reader)
        if ignored:
            await self._subtract(room, reader, main, counted, list(ignored))
        return RoomCounts(main, counted)

    async def _subtract(
        self,
        room: int,
        reader: _Reader,
        main: Counts,
        threads: dict[str, Counts],
        ignored: list[str],
    ) -> None:
        async with self._database.read() as conn:
            theirs = await unread.notifying_of(
                conn, room, ignored, after=max(reader.receipts.get("", 0), reader.joined)
            )
        for pos, thread in theirs:
            counts = main if thread == "" else threads.get(thread)
            if counts is not None and pos > reader.base(thread):
                counts.notify = max(0, counts.notify - 1)

    async def _load_shared(self, room: int) -> _Shared:
        with self._watching(room) as watch:
            async with self._database.read() as conn:
                rows = await unread.notifying(conn, room, limit=_CAP)
        shared = _Shared()
        for pos, thread, bits in rows:
            shared.add(pos, thread, bits)
            shared.upto = max(shared.upto, pos)
        if not watch.changed:  # else it may lack what was committed meanwhile
            self._rooms.put(room, shared)
        return shared

    async def _load_reader(self, room: int, user_id: str, read: ReadAtOnce | None) -> _Reader:
        if read is None:
            async with self.reading([room], user_id) as alone:
                return await self._load_reader(room, user_id, alone)
        receipts, watch = read.receipts[room], read.watches[room]
        joined = await self._visible.joined_since(room, user_id)
        low = max(receipts.get("", 0), joined)
        async with self._database.read() as conn:
            reader = _Reader(
                receipts,
                await unread.own_last(conn, room, user_id, after=low),
                joined,
                read.custom_from,
                await notifications.of_user(conn, user_id, room, after=low),
            )
        reader.upto = max((notice.ord_pos for notice in reader.notices), default=0)
        if not watch.changed:
            self._of_room.setdefault(room, set()).add(user_id)
            self._readers.put((room, user_id), reader)
        return reader


def _weigh_shared(shared: _Shared) -> int:
    threads = len(shared.notify) + len(shared.highlight)
    return _SHARED_BYTES + _THREAD_BYTES * threads + _POSITION_BYTES * shared.count


def _weigh_reader(reader: _Reader) -> int:
    entries = len(reader.receipts) + len(reader.own_last)
    return _READER_BYTES + _ENTRY_BYTES * entries + _NOTICE_BYTES * len(reader.notices)


def _count(shared: _Shared, reader: _Reader, thread: str) -> Counts:
    base = reader.base(thread)
    until = reader.custom_from
    counts = Counts(
        _between(shared.notify.get(thread), base, until),
        _between(shared.highlight.get(thread), base, until),
    )
    for notice in reader.notices:
        if notice.thread == thread and notice.ord_pos > base:
            if until is not None and notice.ord_pos > until:
                counts.notify += notice.notify
            counts.highlight += notice.highlight
    return counts


def _threads(shared: _Shared, reader: _Reader) -> dict[str, Counts]:
    """Of the threads that have any."""
    counted: dict[str, Counts] = {}
    low = max(reader.receipts.get("", 0), reader.joined)
    for thread in {*shared.notify, *(notice.thread for notice in reader.notices)}:
        positions = shared.notify.get(thread)
        if thread == "" or (positions and positions[-1] <= low and not reader.notices):
            continue
        counts = _count(shared, reader, thread)
        if counts.notify or counts.highlight:
            counted[thread] = counts
    return counted


def _between(positions: list[int] | None, base: int, until: int | None) -> int:
    """How many positions lie in (base, until]."""
    if not positions:
        return 0
    end = len(positions) if until is None else bisect_right(positions, until)
    return max(0, end - bisect_right(positions, base))
