"""The timeline part of a room in a sync: which events, and where it begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from homeserver.protocol.sync_filter import RoomEventFilter
from homeserver.protocol.sync_token import LOWEST_MINOR
from homeserver.services.events.event_cache import EventCache
from homeserver.services.events.open_gaps import OpenGaps
from homeserver.services.reading.visible_events import VisibleEvents
from homeserver.services.sync.reader import Reader
from homeserver.services.sync.sync_changes import RoomChange
from homeserver.storage import events as event_table
from homeserver.storage import relations as relation_table
from homeserver.storage.database import Reads
from homeserver.storage.events import Place, StoredEvent
from homeserver.storage.membership import Membership

DEFAULT_LIMIT = 10
_PAGES = 20
"""Pages read for a filter that lets little pass; what lies deeper is left to /messages."""


@dataclass(slots=True)
class Timeline:
    """Events the reader may see, oldest first, each with their membership at it.

    start: the place of the first of them; where there are none, just after the interval. limited:
    there are more in the interval before start. whole: nothing of the interval was left out.
    """

    events: list[tuple[StoredEvent, str]]
    start: Place
    limited: bool
    whole: bool = False

    @property
    def has_state(self) -> bool:
        """Whether one of the events is a state event."""
        return any(stored.event.is_state for stored, _ in self.events)


class SyncTimeline:
    """Selects the newest events of an interval."""

    def __init__(
        self, database: Reads, cache: EventCache, visible: VisibleEvents, gaps: OpenGaps
    ) -> None:
        self._gaps = gaps
        self._database = database
        self._cache = cache
        self._visible = visible

    async def of(
        self, reader: Reader, room: Membership, change: RoomChange, *, after: int | None
    ) -> Timeline:
        """What is new to a reader in a room. after: what they know; None: nothing."""
        wanted = reader.wanted.room.timeline
        if not wanted.matches_room(room.room_id):
            return Timeline([], (reader.upto + 1, 0), limited=False)
        if after is not None and change.events is not None:
            if not change.events:
                return Timeline([], (reader.upto + 1, 0), limited=False, whole=True)
            timeline = await self.known(
                room.room,
                change.events,
                reader.user_id,
                wanted,
                upto=reader.upto,
                joined_at=room.position,
                ignored=reader.ignored,
            )
            timeline.whole = timeline.whole and not change.resolved
            return timeline
        return await self.read(
            room.room,
            reader.user_id,
            wanted,
            after=after or 0,
            upto=reader.upto,
            ignored=reader.ignored,
        )

    async def known(
        self,
        room: int,
        events: list[StoredEvent],
        user_id: str,
        wanted: RoomEventFilter,
        *,
        upto: int,
        joined_at: int | None,
        ignored: frozenset[str],
    ) -> Timeline:
        """From all events of the interval. joined_at: the user's own newest membership event there,
        if they are joined: whatever is newer they see without further question."""
        limit = DEFAULT_LIMIT if wanted.limit is None else wanted.limit
        whole = len(events)
        begin = events[0].place
        gaps = await self._gaps.between(room, (begin[0], LOWEST_MINOR), (upto + 1, LOWEST_MINOR))
        if gaps:
            # What is before the gap does not join what is after it.
            events = [stored for stored in events if stored.place >= gaps[-1].place]
        if (
            joined_at is not None
            and joined_at < begin[0]
            and all(stored.state_id is None for stored in events)
        ):
            seen = [(stored, "join") for stored in events]
        else:
            seen = await self._visible.filter(room, events, user_id)
        passed = await self._pass(seen, wanted, ignored)
        kept = passed[len(passed) - limit :] if len(passed) > limit else passed
        return _timeline(
            kept, upto, limited=len(kept) < len(passed) or bool(gaps), whole=len(kept) == whole
        )

    async def read(
        self,
        room: int,
        user_id: str,
        wanted: RoomEventFilter,
        *,
        after: int,
        upto: int,
        ignored: frozenset[str],
    ) -> Timeline:
        """From the database: the newest events in (after, upto]."""
        limit = DEFAULT_LIMIT if wanted.limit is None else wanted.limit
        low: Place = (after + 1, LOWEST_MINOR) if after else (0, LOWEST_MINOR)
        place: Place = (upto + 1, LOWEST_MINOR)
        gaps = await self._gaps.between(room, low, place)
        if gaps:
            low = gaps[-1].place
        kept: list[tuple[StoredEvent, str]] = []
        size = limit + 1
        for _ in range(_PAGES):
            async with self._database.read() as conn:
                nids = await event_table.before(conn, room, place, limit=size, low=low)
            page = await self._cache.listed(nids)
            page.reverse()
            seen = await self._visible.filter(room, page, user_id)
            kept = await self._pass(seen, wanted, ignored) + kept
            if len(kept) > limit:
                return _timeline(kept[len(kept) - limit :], upto, limited=True)
            if len(nids) < size:
                return _timeline(kept, upto, limited=bool(gaps))
            place = page[0].place
            size = max(size, 100)
        return _timeline(kept, upto, limited=True)

    async def _pass(
        self,
        seen: Sequence[tuple[StoredEvent, str]],
        wanted: RoomEventFilter,
        ignored: frozenset[str],
    ) -> list[tuple[StoredEvent, str]]:
        passed = list(seen)
        if ignored:
            passed = [
                item
                for item in passed
                if item[0].event.is_state or item[0].event.sender not in ignored
            ]
        if not wanted.accepts_all:
            passed = [
                item
                for item in passed
                if wanted.matches_event(
                    item[0].event.type, item[0].event.sender, item[0].event.content
                )
            ]
        if wanted.related_by_senders is not None or wanted.related_by_rel_types is not None:
            async with self._database.read() as conn:
                related = await relation_table.related_by(
                    conn,
                    [item[0].event.event_id for item in passed],
                    senders=wanted.related_by_senders,
                    rel_types=wanted.related_by_rel_types,
                )
            passed = [item for item in passed if item[0].event.event_id in related]
        return passed


def _timeline(
    kept: list[tuple[StoredEvent, str]], upto: int, *, limited: bool, whole: bool = False
) -> Timeline:
    start = kept[0][0].place if kept else (upto + 1, LOWEST_MINOR)
    return Timeline(kept, start, limited, whole)
