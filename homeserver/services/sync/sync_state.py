"""The state part of a room in a sync: what changed outside the timeline, members as the client
wants them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

from homeserver.protocol.event import StateKey
from homeserver.protocol.sync_filter import RoomEventFilter
from homeserver.services.events.event_cache import EventCache
from homeserver.services.events.room_heads import MEMBER, RoomHeads
from homeserver.services.sync.sync_timeline import Timeline
from homeserver.storage import room_state
from homeserver.storage.database import Reads
from homeserver.storage.events import StoredEvent

_MAX_DEVICES = 20_000

_Sent = dict[int, dict[str, tuple[int, int]]]


class SyncState:
    """Finds the state to send. For lazy loading it remembers which members each device has."""

    def __init__(self, database: Reads, cache: EventCache, heads: RoomHeads) -> None:
        self._database = database
        self._cache = cache
        self._heads = heads
        # (user, device) -> room -> member -> (event nid, position of the answer that carried it).
        self._sent: OrderedDict[tuple[str, str], _Sent] = OrderedDict()

    def forget(self, device: tuple[str, str]) -> None:
        """The device starts anew: it has no members."""
        self._sent.pop(device, None)

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
        if after is None:
            self._sent.get(device, {}).pop(room, None)
        start = upto if at_end else timeline.start[0] - 1
        delta = await self._delta(room, timeline, after, start, upto, members=not lazy)
        if lazy:
            changed = {key[1]: nid for key, nid in delta.items() if key[0] == MEMBER}
            has = self._sent.get(device, {}).get(room, {})
            if lazy_since is not None:
                for member in [m for m, sent in has.items() if sent[1] < lazy_since]:
                    del has[member]
            for member in [m for m, nid in changed.items() if m in has and has[m][0] == nid]:
                del has[member]  # redacted since: what the device has is out of date
                changed[member] = 0
            delta = {key: nid for key, nid in delta.items() if key[0] != MEMBER}
            senders = {stored.event.sender for stored, _ in timeline.events}
            senders.update(heroes)
            # Of the others only those that the device has: what it has must not grow stale.
            # What other processes gave it is not known here: all that changed, then.
            senders |= {
                m
                for m, nid in changed.items()
                if not nid or m == user_id or m in has or lazy_since is not None
            }
            if after is None:
                senders.add(user_id)
            delta.update(
                await self._members(room, room_id, senders, wanted, device, after or 0, start, upto)
            )
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
        if after is not None and timeline.whole and start <= after:
            return {}
        shown = {stored.nid for stored, _ in timeline.events}
        async with self._database.read() as conn:
            if after is None:
                delta = await room_state.at(conn, room, start, members=members)
            else:
                delta = await room_state.changed(conn, room, after=after, upto=start)
                if timeline.limited or not timeline.whole:
                    # A redaction that the client is not shown must not leave it what was said.
                    delta.update(await room_state.redacted(conn, room, after=after, upto=upto))
            # What changed within the timeline but is not shown there: filtered out, or current
            # only since another event was.
            if start < upto:
                later = await room_state.changed(
                    conn, room, after=max(start, after or 0), upto=upto
                )
                delta.update({key: nid for key, nid in later.items() if nid not in shown})
        return delta

    async def _members(
        self,
        room: int,
        room_id: str,
        senders: Iterable[str],
        wanted: RoomEventFilter,
        device: tuple[str, str],
        acknowledged: int,
        start: int,
        upto: int,
    ) -> dict[StateKey, int]:
        """Member events of these people that the device does not have yet."""
        sent = self._sent.setdefault(device, {}).setdefault(room, {})
        self._sent.move_to_end(device)
        if len(self._sent) > _MAX_DEVICES:
            self._sent.popitem(last=False)
        head = self._heads.peek(room_id)
        unsure: list[str] = []
        for sender in senders:
            known = None if wanted.include_redundant_members else sent.get(sender)
            current = None if head is None else head.state.get((MEMBER, sender))
            # An answer counts as received when the client comes back with its token.
            if (
                known is None
                or known[1] > acknowledged
                or current is None
                or current.nid != known[0]
            ):
                unsure.append(sender)
        if not unsure:
            return {}
        async with self._database.read() as conn:
            found = await room_state.at_keys(conn, room, start, MEMBER, unsure)
        needed: dict[StateKey, int] = {}
        for (event_type, member), nid in found.items():
            known = None if wanted.include_redundant_members else sent.get(member)
            if known is None or known[0] != nid or known[1] > acknowledged:
                needed[(event_type, member)] = nid
                sent[member] = (nid, upto)
        return needed
