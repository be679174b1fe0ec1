"""The news of a room as everybody sees them who waits alike: put together once for all of them.

A message that two hundred people wait for is two hundred answers, of which all but a few bytes are
the same. What is one reader's own is not here: counts, state that a device lacks, account data.
Nothing here outlives the position at which it was true.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from homeserver.protocol.sync_filter import SyncFilter
from homeserver.services.reading.render_events import RenderEvents
from homeserver.services.sync.reader import Reader
from homeserver.services.sync.sync_changes import RoomChange
from homeserver.services.sync.sync_filtered import shown_timeline
from homeserver.services.sync.sync_receipts import RECEIPT, receipt_events
from homeserver.services.sync.sync_timeline import SyncTimeline, Timeline
from homeserver.storage.events import StoredEvent
from homeserver.storage.membership import Membership
from homeserver.storage.receipts import READ

_FRESH_MS = 250
"""For so long the age of an event is told as it was."""
_MOST_BYTES = 2 * 2**20
"""Of what is kept at one position."""
_ENTRY_BYTES = 3_000
_FILTER_TIMES = 5
"""What an entry takes, and how much of it each byte of its filter's JSON brings."""
_LARGEST_FILTER = 4_096
"""Bytes of JSON. Whoever has a larger filter is alone with it."""


@dataclass(frozen=True, slots=True)
class RoomNews:
    """A timeline with nothing in it that concerns one reader alone, and no state.

    timeline: the part of that name, as JSON; seen: what it is made of. receipts: its ephemeral
    events. senders: of the events. authors: those who sent one with a transaction id, which their
    own device is to be shown. size: in bytes.
    """

    seen: Timeline
    timeline: orjson.Fragment
    receipts: tuple[orjson.Fragment, ...]
    senders: frozenset[str]
    authors: frozenset[str]
    size: int


@dataclass(frozen=True, slots=True)
class _Made:
    """news: None where they do not look alike to everybody. wanted: kept, so that its id is."""

    wanted: SyncFilter
    now: int
    news: RoomNews | None


class SharedNews:
    """Makes what readers share, and keeps it while the log stands where it is."""

    def __init__(self, timeline: SyncTimeline, render: RenderEvents) -> None:
        self._timeline = timeline
        self._render = render
        self._upto = 0
        self._bytes = 0
        self._made: dict[tuple[int, int, int], _Made] = {}

    async def of(
        self, reader: Reader, room: Membership, after: int, change: RoomChange
    ) -> RoomNews | None:
        """What is new after a position that the reader, who has been in the room since before it,
        knows. None: what this reader sees is theirs alone."""
        if reader.ignored or reader.full_state or reader.wanted.size > _LARGEST_FILTER:
            return None
        if change.resolved or change.events is None or change.receipts is None:
            return None
        if reader.upto > self._upto:
            self._upto = reader.upto
            self._forget()
        key = room.room, after, id(reader.wanted)
        made = self._made.get(key) if reader.upto == self._upto else None
        if made is None or not 0 <= reader.now - made.now <= _FRESH_MS:
            made = _Made(reader.wanted, reader.now, await self._make(reader, room, after, change))
            if reader.upto == self._upto:
                self._keep(key, made)
        news = made.news
        return None if news is None or reader.user_id in news.authors else news

    def _keep(self, key: tuple[int, int, int], made: _Made) -> None:
        taken = _ENTRY_BYTES + _FILTER_TIMES * made.wanted.size
        taken += 0 if made.news is None else made.news.size
        if self._bytes + taken > _MOST_BYTES:
            self._forget()
        self._bytes += taken
        self._made[key] = made

    def _forget(self) -> None:
        self._made.clear()
        self._bytes = 0

    async def _make(
        self, reader: Reader, room: Membership, after: int, change: RoomChange
    ) -> RoomNews | None:
        events, moved = change.events or [], change.receipts or []
        if any(receipt.type != READ for receipt in moved):
            return None
        if any(_personal(stored) for stored in events):
            return None
        seen = await self._timeline.of(reader, room, change, after=after)
        if seen.limited or not seen.whole:
            return None
        rendered = await self._render.render(
            seen.events, user_id="", scope="", with_room_id=False, now=reader.now
        )
        timeline = shown_timeline(rendered, seen, reader.wanted)
        wanted = reader.wanted.room.ephemeral
        shown: list[dict[str, Any]] = []
        if wanted.matches_room(room.room_id) and wanted.matches_type(RECEIPT):
            shown = receipt_events(moved, reader)
        parts = [orjson.dumps(part) for part in (timeline, *shown)]
        return RoomNews(
            seen,
            orjson.Fragment(parts[0]),
            tuple(orjson.Fragment(event) for event in parts[1:]),
            frozenset(stored.event.sender for stored in events),
            frozenset(stored.event.sender for stored in events if stored.txn_id is not None),
            sum(map(len, parts)),
        )


def _personal(stored: StoredEvent) -> bool:
    """Whether not everybody in the room is shown the same: it changes the state or depends on
    another event, which not everybody may see."""
    return (
        stored.event.is_state
        or stored.state_id is not None
        or stored.replaces is not None
        or stored.redacted_by is not None
        or stored.has_relations
    )
