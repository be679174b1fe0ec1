"""The state part of a room in a sync: what changed outside the timeline, members as the client
wants them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from homeserver.protocol.event import StateKey
from homeserver.protocol.sync_filter import RoomEventFilter
from homeserver.services.events.event_cache import EventCache
from homeserver.services.events.room_heads import MEMBER, RoomHead, RoomHeads
from homeserver.services.ground.bounded_cache import BoundedCache
from homeserver.services.sync.sync_timeline import Timeline
from homeserver.storage import room_state
from homeserver.storage.database import Reads
from homeserver.storage.events import StoredEvent

_SENT_BYTES = 900
_MEMBER_BYTES = 270
"""That a room of a device takes in memory, and a member of it."""

_Device = tuple[str, str]


@dataclass(slots=True)
class _Sent:
    """What a device was sent of a room: member -> (event nid, position of the answer that carried
    it). whole: every member that it has is here."""

    members: dict[str, tuple[int, int]] = field(default_factory=dict)
    whole: bool = False


class SyncState:
    """Finds the state to send. For lazy loading it remembers which members each device has."""

    def __init__(
        self, database: Reads, cache: EventCache, heads: RoomHeads, *, max_bytes: int
    ) -> None:
        self._database = database
        self._cache = cache
        self._heads = heads
        self._sent: BoundedCache[tuple[_Device, int], _Sent] = BoundedCache(
            "sent_members",
            max_bytes=max_bytes,
            weigh=lambda _, sent: _SENT_BYTES + _MEMBER_BYTES * len(sent.members),
            on_evict=lambda key, _: self._unlist(*key),
        )
        self._rooms_of: dict[_Device, set[int]] = {}

    def forget(self, device: tuple[str, str]) -> None:
        """The device starts anew: it has no members."""
        for room in self._rooms_of.pop(device, ()):
            self._sent.pop((device, room))

    def _unlist(self, device: _Device, room: int) -> None:
        rooms = self._rooms_of.get(device)
        if rooms is not None:
            rooms.discard(room)
            if not rooms:
                del self._rooms_of[device]

    def complete(
        self,
        room: int,
        room_id: str,
        people: Iterable[str],
        wanted: RoomEventFilter,
        *,
        device: tuple[str, str],
        after: int,
    ) -> bool:
        """Whether a device that is alone with this process is known to have these members, as they
        are now, by its token of the position ``after``."""
        sent = self._sent.get((device, room))
        if sent is None or wanted.include_redundant_members:
            return False
        head = self._heads.peek(room_id)
        return all(self._has(sent.members, head, person, after) for person in people)

    def _has(
        self, has: dict[str, tuple[int, int]], head: RoomHead | None, person: str, after: int
    ) -> bool:
        known = has.get(person)
        if known is None or known[1] > after or head is None:
            return False  # An answer counts as received when the client comes back with its token.
        current = head.state.get((MEMBER, person))
        return current is not None and current.nid == known[0]

    def _of_device(self, device: _Device, room: int, *, anew: bool) -> _Sent:
        """What the device was sent; anew: it has nothing."""
        sent = None if anew else self._sent.get((device, room))
        if sent is None:
            sent = _Sent(whole=anew)
            self._rooms_of.setdefault(device, set()).add(room)
            self._sent.put((device, room), sent)
        return sent

    async def of(
        self,
        room: int,
        room_id: str,
        timeline: Timeline,
        wanted: RoomEventFilter,
        *,
        user_id: str,
        device: tuple[str, str],
        after: int | None,
        upto: int,
        at_end: bool,
        heroes: Iterable[str] = (),
        lazy_since: int | None = None,
    ) -> list[StoredEvent]:
        """State events to send beside a timeline.

        after: the position up to which the client knows the state; None: it knows nothing. at_end:
        the state at the end of the timeline instead of at its start (``state_after``). heroes:
        people whose names the client needs, lazy or not. lazy_since: other processes answer this
        device, too: what it was sent before this position it may not have any more.
        """
        lazy = wanted.lazy_load_members
        if after is None and self._sent.pop((device, room)) is not None:
            self._unlist(device, room)
        start = upto if at_end else timeline.start[0] - 1
        delta: dict[StateKey, int] = {}
        if after is None or not timeline.whole or (at_end and timeline.has_state):
            delta = await self._delta(room, timeline, after, start, upto, members=not lazy)
        if lazy:
            changed = {key[1]: nid for key, nid in delta.items() if key[0] == MEMBER}
            sent = self._of_device(device, room, anew=after is None)
            has = sent.members
            if lazy_since is not None:
                for member in [m for m, known in has.items() if known[1] < lazy_since]:
                    del has[member]
            for member in [m for m, nid in changed.items() if m in has and has[m][0] == nid]:
                del has[member]  # redacted since: what the device has is out of date
                changed[member] = 0
            delta = {key: nid for key, nid in delta.items() if key[0] != MEMBER}
            senders = {stored.event.sender for stored, _ in timeline.events}
            senders.update(heroes)
            # Of the others only those that the device has: what it has must not grow stale.
            # What it was given by other processes, before a start of this one, or by what had to
            # make room in memory, is not known here: all that changed, then.
            unsure = lazy_since is not None or not sent.whole
            senders |= {
                m for m, nid in changed.items() if not nid or m == user_id or m in has or unsure
            }
            if after is None:
                senders.add(user_id)
            delta.update(
                await self._members(room, room_id, senders, wanted, has, after or 0, start, upto)
            )
            self._sent.weigh_again((device, room))
        if not wanted.matches_room(room_id):
            return []
        found = await self._cache.by_nid(delta.values())
        events = [found[nid] for nid in delta.values() if nid in found]
        if wanted.accepts_all:
            return events
        return [
            stored
            for stored in events
            if wanted.matches_event(stored.event.type, stored.event.sender, stored.event.content)
        ]

    async def _delta(
        self,
        room: int,
        timeline: Timeline,
        after: int | None,
        start: int,
        upto: int,
        *,
        members: bool,
    ) -> dict[StateKey, int]:
        """Keys that differ from what the client knows. members: False if, of the whole state, they
        are not needed."""
        shown = {stored.nid for stored, _ in timeline.events}
        async with self._database.read() as conn:
            if after is None:
                delta, later = await room_state.during(conn, room, start, upto, members=members)
                delta.update({key: nid for key, nid in later.items() if nid not in shown})
            else:
                delta = await room_state.changed(conn, room, after=after, upto=start)
                if timeline.limited or not timeline.whole:
                    # A redaction that the client is not shown must not leave it what was said.
                    delta.update(await room_state.redacted(conn, room, after=after, upto=upto))
                # What changed within the timeline but is not shown there: filtered out, or current
                # only since another event was.
                if start < upto:
                    later = await room_state.changed(conn, room, after=max(start, after), upto=upto)
                    delta.update({key: nid for key, nid in later.items() if nid not in shown})
        return delta

    async def _members(
        self,
        room: int,
        room_id: str,
        senders: Iterable[str],
        wanted: RoomEventFilter,
        sent: dict[str, tuple[int, int]],
        acknowledged: int,
        start: int,
        upto: int,
    ) -> dict[StateKey, int]:
        """Member events of these people that the device does not have yet."""
        head = self._heads.peek(room_id)
        has = {} if wanted.include_redundant_members else sent
        unsure = [person for person in senders if not self._has(has, head, person, acknowledged)]
        if not unsure:
            return {}
        async with self._database.read() as conn:
            found = await room_state.at_keys(conn, room, start, MEMBER, unsure)
        needed: dict[StateKey, int] = {}
        for (event_type, member), nid in found.items():
            known = has.get(member)
            if known is None or known[0] != nid or known[1] > acknowledged:
                needed[(event_type, member)] = nid
                sent[member] = (nid, upto)
        return needed
