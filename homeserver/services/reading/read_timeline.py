"""Pages of a timeline as one person sees it: of a room, or of the children of an event.

Only the spans in which the person may see anything are read, so that history that is closed to
them costs nothing however long it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from homeserver.protocol.sync_filter import RoomEventFilter
from homeserver.protocol.sync_token import LOWEST_MINOR
from homeserver.services.events.event_cache import EventCache
from homeserver.services.reading.bundle_relations import Seen
from homeserver.services.reading.visible_events import FAR, Span, VisibleEvents
from homeserver.storage import events, relations
from homeserver.storage.database import Connection, Database
from homeserver.storage.events import Place, StoredEvent

START: Place = (0, 0)
END: Place = (FAR, 0)

_MAX_SCANNED = 2_000
"""Events looked at for one page; a filter that few pass makes pages short, not slow."""

_BATCH = 200


class Source(Protocol):
    """Where the events of a page come from."""

    async def __call__(
        self, conn: Connection, low: Place, high: Place, *, backwards: bool, limit: int
    ) -> list[int]:
        """nids from ``low`` (included) to ``high`` (excluded), newest first if ``backwards``."""


@dataclass(frozen=True, slots=True)
class Page:
    """Events in the direction asked for. next: where the next page begins; None: there is none."""

    events: list[Seen]
    next: Place | None


def of_room(room: int) -> Source:
    """Every event of a room."""

    async def read(
        conn: Connection, low: Place, high: Place, *, backwards: bool, limit: int
    ) -> list[int]:
        if backwards:
            return await events.before(conn, room, high, limit=limit, low=low)
        return await events.since(conn, room, low, limit=limit, high=high)

    return read


class ReadTimeline:
    """Reads pages."""

    def __init__(self, database: Database, cache: EventCache, visible: VisibleEvents) -> None:
        self._database = database
        self._cache = cache
        self._visible = visible

    async def page(
        self,
        source: Source,
        room: int,
        user_id: str,
        *,
        start: Place,
        stop: Place,
        backwards: bool,
        limit: int,
        accept: RoomEventFilter,
        ignored: frozenset[str] = frozenset(),
    ) -> Page:
        """Up to ``limit`` events between two places, beginning at ``start``.

        accept: which events to show. ignored: people whose messages (not state) are left out.
        """
        low, high = (stop, start) if backwards else (start, stop)
        found: list[Seen] = []
        scanned, cursor = 0, start
        size = min(limit + 1, _BATCH)
        for begin, end in _windows(await self._visible.spans(room, user_id), backwards):
            lower, upper = max(low, begin), min(high, end)
            while lower < upper:
                async with self._database.read() as conn:
                    nids = await source(conn, lower, upper, backwards=backwards, limit=size)
                batch = await self._cache.listed(nids)
                wanted = await self._wanted(room, batch, user_id, accept, ignored)
                for stored in batch:
                    if len(found) == limit or scanned == _MAX_SCANNED:
                        return Page(found, cursor)
                    cursor = stored.place if backwards else after(stored)
                    scanned += 1
                    if stored.nid in wanted:
                        found.append(wanted[stored.nid])
                if len(nids) < size or not batch:
                    break
                size = _BATCH
                if backwards:
                    upper = cursor
                else:
                    lower = cursor
        return Page(found, None)

    async def _wanted(
        self,
        room: int,
        batch: list[StoredEvent],
        user_id: str,
        accept: RoomEventFilter,
        ignored: frozenset[str],
    ) -> dict[int, Seen]:
        """Those of a batch that are to be shown, by nid."""
        seen = await self._visible.filter(room, batch, user_id)
        if not accept.accepts_all or ignored:
            seen = [item for item in seen if _passes(item[0], accept, ignored)]
        if accept.related_by_senders is not None or accept.related_by_rel_types is not None:
            related = [stored.event.event_id for stored, _ in seen if stored.has_relations]
            async with self._database.read() as conn:
                kept = await relations.related_by(
                    conn,
                    related,
                    rel_types=accept.related_by_rel_types,
                    senders=accept.related_by_senders,
                )
            seen = [item for item in seen if item[0].event.event_id in kept]
        return {item[0].nid: item for item in seen}


def after(stored: StoredEvent) -> Place:
    """The place just after an event."""
    return stored.ord_pos, stored.ord_minor + 1


def _windows(spans: list[Span], backwards: bool) -> Iterator[tuple[Place, Place]]:
    for low, high in reversed(spans) if backwards else spans:
        yield (low, LOWEST_MINOR), (high + 1, LOWEST_MINOR)


def _passes(stored: StoredEvent, accept: RoomEventFilter, ignored: frozenset[str]) -> bool:
    event = stored.event
    if event.sender in ignored and event.state_key is None:
        return False
    return accept.accepts_all or accept.matches_event(event.type, event.sender, event.content)
