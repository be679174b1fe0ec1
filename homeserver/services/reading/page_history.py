"""Pages of a room's history that stop at gaps: what is missing is fetched before a reader passes.

Where it cannot be fetched now the page ends at the gap, with a place from which to try again. One
that nobody has filled for long is passed: else whoever makes an event up, and keeps its parents to
themselves, would take the whole history before it from everybody.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import Protocol

from homeserver.protocol.sync_filter import RoomEventFilter
from homeserver.services.events.open_gaps import OpenGaps
from homeserver.services.reading.bundle_relations import Seen
from homeserver.services.reading.read_timeline import END, START, Page, ReadTimeline, of_room
from homeserver.services.reading.visible_events import VisibleEvents
from homeserver.storage.events import Place
from homeserver.storage.gaps import Gap

_FILLS = 3
"""Chunks fetched for one page at most; then the reader gets what there is."""


_TRIES = 3
_PATIENCE_SECONDS = 600.0
"""After so many failures, for so long, a gap is passed."""
_MAX_FAILED = 10_000


class Filler(Protocol):
    """Fetches history from other servers."""

    async def fill(self, room_id: str, gap: Gap) -> bool:
        """Fetches some of what a gap stands for; whether anything came of it."""


class PageHistory:
    """Reads pages of a room's timeline."""

    def __init__(
        self,
        timeline: ReadTimeline,
        visible: VisibleEvents,
        gaps: OpenGaps,
        filler: Filler | None,
    ) -> None:
        self._timeline = timeline
        self._visible = visible
        self._gaps = gaps
        self._filler = filler
        # (room, anchor, lowest minor) of a gap -> failures, and when the first one was.
        self._failed: OrderedDict[tuple[int, int, int], tuple[int, float]] = OrderedDict()

    async def page(
        self,
        room: int,
        room_id: str,
        user_id: str,
        *,
        start: Place,
        stop: Place,
        backwards: bool,
        limit: int,
        accept: RoomEventFilter,
        ignored: frozenset[str] = frozenset(),
        fill: bool = True,
    ) -> Page:
        """As `ReadTimeline.page`, of a room. fill: whether to fetch what is missing; else the page
        ends at a gap."""
        found: list[Seen] = []
        fills = _FILLS if fill and self._filler is not None else 0
        while True:
            gap = await self._gap(room, user_id, start, stop, backwards=backwards)
            page = await self._timeline.page(
                of_room(room),
                room,
                user_id,
                start=start,
                stop=stop if gap is None else gap.place,
                backwards=backwards,
                limit=limit - len(found),
                accept=accept,
                ignored=ignored,
            )
            found += page.events
            if gap is None or page.next is not None:
                return Page(found, page.next)
            # Backwards one goes on from the gap; forwards, where what is missing will come, from
            # before it.
            if backwards:
                start = gap.place
            elif page.events:
                last = page.events[-1][0]
                start = last.ord_pos, last.ord_minor + 1
            if len(found) >= limit or fills == 0 or self._filler is None:
                return Page(found, start)
            fills -= 1
            if not await self._filler.fill(room_id, gap):
                self._note_failure(gap)
                return Page(found, start)

    async def _gap(
        self, room: int, user_id: str, start: Place, stop: Place, *, backwards: bool
    ) -> Gap | None:
        """The first gap on the way, of those behind which the user may see something."""
        low, high = (stop, start) if backwards else (start, stop)
        gaps = await self._gaps.between(room, max(low, START), min(high, END))
        if not gaps:
            return None
        spans = await self._visible.spans(room, user_id)
        for gap in reversed(gaps) if backwards else gaps:
            if self._is_hopeless(gap):
                continue
            if any(first < gap.anchor_pos <= last for first, last in spans):
                return gap
        return None

    def _note_failure(self, gap: Gap) -> None:
        key = gap.room, *gap.place
        count, since = self._failed.pop(key, (0, time.monotonic()))
        self._failed[key] = count + 1, since
        if len(self._failed) > _MAX_FAILED:
            self._failed.popitem(last=False)

    def _is_hopeless(self, gap: Gap) -> bool:
        count, since = self._failed.get((gap.room, *gap.place), (0, 0.0))
        return count >= _TRIES and time.monotonic() - since >= _PATIENCE_SECONDS
