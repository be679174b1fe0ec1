"""Bundled aggregations: what the children of events come to, for one reader.

Source: client-server-api, "Aggregations of child events", and there "Server-side aggregation" of
m.replace, m.thread and m.reference. Annotations are not aggregated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from homeserver.protocol.relations import REFERENCE, REPLACE, THREAD, edit_order, is_valid_edit
from homeserver.services.events.event_cache import EventCache
from homeserver.services.reading.visible_events import VisibleEvents
from homeserver.storage import relations
from homeserver.storage.database import Reads
from homeserver.storage.events import StoredEvent
from homeserver.storage.relations import Child

Seen = tuple[StoredEvent, str]
"""An event with its reader's membership at it, as `VisibleEvents.filter` gives them."""


@dataclass(frozen=True, slots=True)
class ThreadSummary:
    """A thread, at its root. count: its messages, those of ignored people left out."""

    latest: Seen
    count: int
    participated: bool


@dataclass(frozen=True, slots=True)
class Bundle:
    """The aggregations of one event. edit: its newest valid one. references: event ids, oldest
    first."""

    edit: Seen | None = None
    thread: ThreadSummary | None = None
    references: tuple[str, ...] = ()


class BundleRelations:
    """Finds bundles for a batch of events with one query."""

    def __init__(self, database: Reads, cache: EventCache, visible: VisibleEvents) -> None:
        self._database = database
        self._cache = cache
        self._visible = visible

    async def of(
        self, parents: Sequence[StoredEvent], user_id: str, ignored: frozenset[str], upto: int
    ) -> dict[int, Bundle]:
        """Bundles by the nid of the parent; parents that have none are absent.

        All parents are of one room. Children that the reader may not see do not count, nor do
        those of ignored people, or what came after `upto`.
        """
        parents = [p for p in parents if p.has_relations and p.event.state_key is None]
        if not parents:
            return {}
        room = parents[0].room
        upto = min(upto, await self._visible.horizon(room, user_id))
        ids = [parent.event.event_id for parent in parents]
        async with self._database.read() as conn:
            found = await relations.newest_children(conn, room, ids, upto=upto)
        found = [child for child in found if child.sender not in ignored]
        events = (await self._cache.by_nid(child.nid for child in found)).values()
        visible = await self._visible.filter(room, list(events), user_id)
        seen = {stored.nid: (stored, membership) for stored, membership in visible}
        by_parent: dict[str, list[Child]] = {}
        for child in found:
            if child.nid in seen:
                by_parent.setdefault(child.parent, []).append(child)
        return {
            parent.nid: _bundle(parent, by_parent[parent.event.event_id], seen, user_id)
            for parent in parents
            if parent.event.event_id in by_parent
        }


def _bundle(
    parent: StoredEvent, children: list[Child], seen: dict[int, Seen], user_id: str
) -> Bundle:
    edits: list[Seen] = []
    references: list[StoredEvent] = []
    latest: Seen | None = None
    count = 0
    participated = parent.event.sender == user_id
    for child in children:
        event = seen[child.nid]
        if child.rel_type == REPLACE:
            # "If the original event is redacted, any m.replace relationship should not be bundled"
            if parent.redacted_by is None and is_valid_edit(event[0].event, parent.event):
                edits.append(event)
        elif child.rel_type == REFERENCE:
            references.append(event[0])
        elif child.rel_type == THREAD:
            count += child.number
            participated = participated or child.sender == user_id
            if latest is None or event[0].place > latest[0].place:
                latest = event
    references.sort(key=lambda stored: stored.place)
    return Bundle(
        max(edits, key=lambda edit: edit_order(edit[0].event), default=None),
        None if latest is None else ThreadSummary(latest, count, participated),
        tuple(stored.event.event_id for stored in references),
    )
