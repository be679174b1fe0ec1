"""What a person may see of a room: history visibility, by comparing intervals.

What a room's visibility and a person's membership have been is two lists of intervals. They are
read once for a whole batch of events and kept in memory until one of them changes.
Source: client-server-api, "Room History Visibility".
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from homeserver.errors import Forbidden
from homeserver.protocol.event import StateKey
from homeserver.protocol.visibility import Visibility, allows, may_see
from homeserver.services.events.event_cache import EventCache
from homeserver.services.events.state_at import StateAt
from homeserver.services.ground.bounded_cache import BoundedCache
from homeserver.storage import membership, received_events, state_values
from homeserver.storage.commit import LogRow
from homeserver.storage.database import Reads
from homeserver.storage.events import StoredEvent
from homeserver.storage.log import PURGED
from homeserver.storage.states import StateRow

_MEMBER = "m.room.member"
_VISIBILITY = "m.room.history_visibility"
_FIELDS = {_MEMBER: "membership", _VISIBILITY: "history_visibility"}

_COURSE_BYTES = 260
_INTERVAL_BYTES = 110
"""That a list of intervals takes, and one interval of it."""

_Key = tuple[int, str, str]


@dataclass(frozen=True, slots=True)
class Course:
    """The values that one key has had: ``values[i]`` from position ``starts[i]`` on.

    Neighbours differ. upto: the course is complete up to this position at least.
    """

    starts: list[int]
    values: list[Any]
    upto: int

    def before(self, pos: int) -> Any:
        """The value in the state before this position; None: there was none."""
        index = bisect_left(self.starts, pos)
        return self.values[index - 1] if index else None

    def at(self, pos: int) -> Any:
        """The value in the state after this position; None: there was none."""
        index = bisect_right(self.starts, pos)
        return self.values[index - 1] if index else None

    @property
    def newest(self) -> Any:
        """The value now; None: there is none."""
        return self.values[-1] if self.values else None

    def last(self, value: object) -> tuple[int, int | None] | None:
        """The last interval of this value: its start, and its end (None: it still lasts)."""
        for index in range(len(self.values) - 1, -1, -1):
            if self.values[index] == value:
                end = self.starts[index + 1] if index + 1 < len(self.starts) else None
                return self.starts[index], end
        return None

    def constant(self, value: object, low: int, high: int) -> bool:
        """Whether it has been ``value`` since before ``low`` and still is after ``high``."""
        index = bisect_left(self.starts, low)
        return (
            index > 0
            and self.values[index - 1] == value
            and (index == len(self.starts) or self.starts[index] > high)
        )


Span = tuple[int, int]
"""Positions from the first to the second, both included."""

FAR = 2**62
"""Beyond every position."""


@dataclass(frozen=True, slots=True)
class Access:
    """What a person may read of a room now.

    membership: theirs, ``leave`` if there never was one. upto: the last position they see, None
    for no end: for those who left or were banned, the position of that event.
    """

    membership: str
    upto: int | None = None

    @property
    def joined(self) -> bool:
        return self.membership == "join"


class VisibleEvents:
    """Decides who sees which events."""

    def __init__(
        self, database: Reads, cache: EventCache, state_at: StateAt, *, max_bytes: int
    ) -> None:
        self._database = database
        self._cache = cache
        self._state_at = state_at
        self._courses: BoundedCache[_Key, Course] = BoundedCache(
            "courses",
            max_bytes=max_bytes,
            weigh=lambda _, course: _COURSE_BYTES + _INTERVAL_BYTES * len(course.starts),
        )
        self._loading: dict[_Key, object] = {}
        self._known = 0

    def learn(self, rows: list[LogRow]) -> None:
        """Takes in what was committed. A listener of the committer and of the log's tail.

        Without it every answer is still right, but read from the database.
        """
        if not rows:
            return
        if rows[0].prev > self._known:
            # Positions that nobody told us of lie between: another process may have written them.
            self._courses.clear()
            self._loading.clear()
        for row in rows:
            stored = row.fact
            if row.kind == PURGED and row.room is not None:
                self._forget_room(row.room.nid)
            elif row.kind == "event" and isinstance(stored, StoredEvent):
                event = stored.event
                if event.state_key is not None:
                    self._forget(stored.room, event.key)
            elif row.kind == "event" and row.room is not None:
                # Another process's, and nobody here looked at it.
                self._forget(row.room.nid, (_VISIBILITY, ""))
                if row.user_id is not None:
                    self._forget(row.room.nid, (_MEMBER, row.user_id))
            if row.state is not None and row.room is not None:
                for key in row.state:
                    self._forget(row.room.nid, key)
        self._known = max(self._known, rows[-1].position)

    def _forget(self, room: int, state_key: StateKey) -> None:
        if state_key[0] in _FIELDS:
            self._courses.pop((room, *state_key))
            self._loading.pop((room, *state_key), None)

    def _forget_room(self, room: int) -> None:
        for key in [key for key in self._courses if key[0] == room]:
            self._courses.pop(key)
        for key in [key for key in self._loading if key[0] == room]:
            del self._loading[key]

    async def filter(
        self, room: int, events: Sequence[StoredEvent], user_id: str
    ) -> list[tuple[StoredEvent, str]]:
        """The events of this room that the user may see, in their order, each with the user's
        membership after it: ``join``, ``leave`` (also: none yet), ``invite``, ``ban``, ``knock``.
        """
        if not events:
            return []
        low = min(stored.ord_pos for stored in events)
        high = max(stored.ord_pos for stored in events)
        member = await self._course(room, _MEMBER, user_id, high)
        forked = [stored.state_id for stored in events if stored.state_id is not None]
        if not forked and member.constant("join", low, high):
            return [(stored, "join") for stored in events if stored.shown]
        visibility = await self._course(room, _VISIBILITY, "", high)
        joined = member.last("join")
        # Up to where somebody in the room counts as having joined after an event, on a branch that
        # does not know of it too.
        in_room_until = 0 if joined is None else FAR if joined[1] is None else joined[1]
        branches = await self._branches(set(forked), member, visibility, user_id) if forked else {}
        seen: list[tuple[StoredEvent, str]] = []
        for stored in events:
            pos = stored.ord_pos
            if not stored.shown:
                continue
            if stored.state_id is None:
                theirs, kind = member.before(pos), visibility.before(pos)
                then = member.at(pos)
            else:
                theirs, kind = branches[stored.state_id]
                mine = stored.event.key == (_MEMBER, user_id) if stored.event.is_state else False
                then = stored.event.membership if mine else theirs
            if may_see(
                stored.event,
                user_id,
                visibility=Visibility.of(kind),
                membership=theirs,
                joined_later=in_room_until > pos,
            ):
                seen.append((stored, _membership(then)))
        return seen

    async def _branches(
        self, state_ids: set[int], member: Course, visibility: Course, user_id: str
    ) -> dict[int, tuple[Any, Any]]:
        """The user's membership and the visibility in states that are not the room's."""
        rows = await self._state_at.rows(sorted(state_ids))
        snapshots = {row.base_id for row in rows.values() if row.base_id is not None}
        rows.update(await self._state_at.rows(sorted(snapshots - rows.keys())))
        wanted = (((_MEMBER, user_id), member), ((_VISIBILITY, ""), visibility))
        held = [
            entry[0]
            for row in rows.values()
            for key, _ in wanted
            if (entry := row.entries.get(key)) is not None
        ]
        events = await self._cache.by_nid(held)

        def value(row: StateRow, key: StateKey, course: Course) -> Any:
            if key in row.entries:
                entry = row.entries[key]
                content = {} if entry is None else events[entry[0]].event.content
                return content.get(_FIELDS[key[0]])
            if row.base_pos is not None:
                return course.at(row.base_pos)
            return None if row.base_id is None else value(rows[row.base_id], key, course)

        return {
            state_id: (value(rows[state_id], *wanted[0]), value(rows[state_id], *wanted[1]))
            for state_id in state_ids
        }

    async def may_read(self, room: int, user_id: str) -> Access:
        """What the user may read of the room: members everything that history visibility lets
        them see, those who left or were banned what was before, everyone a world-readable room.

        Raises Forbidden: never joined, or forgotten.
        """
        access = await self._access(room, user_id)
        if access is None:
            raise Forbidden("You are not in this room")
        if access.upto is not None:
            async with self._database.read() as conn:
                if await membership.is_forgotten(conn, room, user_id):
                    raise Forbidden("You have forgotten this room")
        return access

    async def horizon(self, room: int, user_id: str) -> int:
        """The last position of the room that the user's membership lets them see; 0: none."""
        access = await self._access(room, user_id)
        if access is None:
            return 0
        return FAR if access.upto is None else access.upto

    async def spans(self, room: int, user_id: str) -> list[Span]:
        """Where the user may see events at all, oldest first. Within them `filter` decides."""
        member = await self._course(room, _MEMBER, user_id, None)
        visibility = await self._course(room, _VISIBILITY, "", None)
        spans = _spans(member, visibility)
        if spans == [(0, FAR)]:
            return spans
        async with self._database.read() as conn:
            forked = await received_events.forked_between(conn, room)
        # Events with a state of their own may be visible though those around them are not.
        return spans if forked is None else _united([*spans, (forked[0] - 1, forked[1])])

    async def joined_since(self, room: int, user_id: str) -> int:
        """The position at which the user joined, of a user who is in the room; else 0.

        Joining anew without having left (a new display name) changes nothing.
        """
        member = await self._course(room, _MEMBER, user_id, None)
        last: int = member.starts[-1] if member.newest == "join" else 0
        return last

    async def _access(self, room: int, user_id: str) -> Access | None:
        member = await self._course(room, _MEMBER, user_id, None)
        if member.newest == "join":
            return Access("join")
        # A refusal is never given from memory: another process may have let the user in.
        member = await self._load((room, _MEMBER, user_id), 0)
        now = _membership(member.newest)
        if now == "join":
            return Access(now)
        visibility = await self._load((room, _VISIBILITY, ""), 0)
        if Visibility.of(visibility.newest) is Visibility.WORLD_READABLE:
            return Access(now)
        joined = member.last("join")
        return None if joined is None else Access(now, joined[1])

    async def membership_at(self, room: int, user_id: str, pos: int) -> str:
        """The user's membership after a position; ``leave`` if there was none yet."""
        return _membership((await self._course(room, _MEMBER, user_id, pos)).at(pos))

    async def _course(self, room: int, event_type: str, state_key: str, upto: int | None) -> Course:
        """The course of one key, complete up to a position; None: up to what is known now."""
        key = (room, event_type, state_key)
        course = self._courses.get(key)
        known = self._known
        if course is not None and known and (upto is None or upto <= max(course.upto, known)):
            return course
        return await self._load(key, upto or 0)

    async def read_memberships(self, rooms: Iterable[int], user_id: str) -> None:
        """Reads what one person has been in these rooms at once, of those where it is not known."""
        keys = [(room, _MEMBER, user_id) for room in rooms]
        missing = [key[0] for key in keys if not self._known or key not in self._courses]
        if missing:
            await self._load_all(missing, _MEMBER, user_id, 0)

    async def _load(self, key: _Key, upto: int) -> Course:
        room, event_type, state_key = key
        return (await self._load_all([room], event_type, state_key, upto))[room]

    async def _load_all(
        self, rooms: list[int], event_type: str, state_key: str, upto: int
    ) -> dict[int, Course]:
        """The courses of one key in these rooms, complete up to a position."""
        ticket = object()
        keys = {room: (room, event_type, state_key) for room in rooms}
        self._loading.update(dict.fromkeys(keys.values(), ticket))
        upto = max(upto, self._known)
        try:
            async with self._database.read() as conn:
                read = await state_values.contents(conn, rooms, event_type, state_key)
            courses = {room: _course_of(read[room], _FIELDS[event_type], upto) for room in rooms}
            for room, key in keys.items():
                # Not kept if it changed, or may have changed, while it was being read.
                if self._loading.get(key) is ticket:
                    self._courses.put(key, courses[room])
        finally:
            for key in keys.values():
                if self._loading.get(key) is ticket:
                    del self._loading[key]
        return courses


def _course_of(rows: list[tuple[int, dict[str, Any] | None]], field: str, upto: int) -> Course:
    starts: list[int] = []
    values: list[Any] = []
    for from_pos, content in rows:
        value = None if content is None else content.get(field)
        if not values or values[-1] != value:
            starts.append(from_pos)
            values.append(value)
    return Course(starts, values, upto)


def _spans(member: Course, visibility: Course) -> list[Span]:
    joined = member.last("join")
    last_join = 0 if joined is None else joined[0]
    bounds = sorted({0, *member.starts, *visibility.starts})
    spans: list[Span] = []
    for low, high in zip(bounds, [*bounds[1:], FAR], strict=True):
        # Events in (low, high] are judged by what holds from low on. What changed it, at low
        # itself, may be seen for what it brought about.
        if allows(
            Visibility.of(visibility.at(low)), member.at(low), joined_later=last_join >= high
        ):
            if spans and spans[-1][1] >= low - 1:
                spans[-1] = spans[-1][0], high
            else:
                spans.append((low, high))
    return spans


def _united(spans: list[Span]) -> list[Span]:
    united: list[Span] = []
    for low, high in sorted(spans):
        if united and low <= united[-1][1] + 1:
            united[-1] = united[-1][0], max(high, united[-1][1])
        else:
            united.append((low, high))
    return united


def _membership(value: object) -> str:
    return value if isinstance(value, str) else "leave"
