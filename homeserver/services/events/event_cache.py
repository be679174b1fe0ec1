"""Events in memory, bounded by bytes; what is not there is read from the database.

The cache is told of every commit, so that a redaction or a new relation reaches the events it
concerns.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from weakref import WeakValueDictionary

from homeserver.protocol.client_event import redacted_event
from homeserver.services.ground.bounded_cache import BoundedCache
from homeserver.storage import events
from homeserver.storage.commit import LogRow
from homeserver.storage.database import Connection, Reads
from homeserver.storage.events import StoredEvent
from homeserver.storage.log import PURGED

_PART = 200
"""Events read at once where others wait to run: a few milliseconds."""
_OBJECT = 1024
_TIMES = 3
_NESTED = 110
"""An event in memory, ready for clients, takes about a kilobyte, three times the bytes of its JSON,
and so much for each entry of an object within its content."""


class EventCache:
    """Looks events up by nid or by event id."""

    def __init__(self, database: Reads, *, max_bytes: int, shared: bool = False) -> None:
        """shared: whether other processes write events, of which not all are read here."""
        self._database = database
        self._of_room: dict[int, set[int]] | None = {} if shared else None
        self._kept: BoundedCache[int, StoredEvent] = BoundedCache(
            "events",
            max_bytes=max_bytes,
            weigh=lambda _, stored: weight(stored),
            on_evict=self._gone,
        )
        # Whatever anybody still has, kept or not: the log and the heads of rooms must see a
        # redaction too, so there is one object for each event. Not so where others write, of which
        # not all is heard here.
        self._by_nid: WeakValueDictionary[int, StoredEvent] = WeakValueDictionary()
        self._by_id: WeakValueDictionary[str, StoredEvent] = WeakValueDictionary()

    def learn(self, rows: list[LogRow]) -> None:
        """Takes in what was committed. A listener of the committer and of the log's tail."""
        for row in rows:
            if isinstance(row.fact, StoredEvent):
                self._add(row.fact)
                self._touch_target(row.fact)
            elif row.kind in ("event", PURGED) and row.room is not None:
                # Purged; or another process's event that nobody here looked at: a redaction, a
                # relation, or nothing to us.
                self._forget_room(row.room.nid)

    def _forget_room(self, room: int) -> None:
        nids: Iterable[int]
        if self._of_room is None:
            nids = [s.nid for s in list(self._by_nid.values()) if s.room == room]
        else:
            nids = list(self._of_room.get(room, ()))
        self.forget(nids)

    def _touch_target(self, stored: StoredEvent) -> None:
        if stored.relates_to is not None:
            target = self._by_id.get(stored.relates_to)
            if target is not None:
                target.has_relations = True
                target.rendered = {}
        redacts = stored.event.redacts
        target = None if redacts is None else self._by_id.get(redacts)
        if target is None or target.redacted_by is not None:
            return
        if not stored.applies_redaction:
            return
        target.event = redacted_event(target.event)
        target.event.put_away()
        self._kept.weigh_again(target.nid)
        target.redacted_by = stored.nid
        target.notify = 0
        self._forget_relation(target)
        target.rendered = {}

    def _forget_relation(self, target: StoredEvent) -> None:
        if target.relates_to is not None:
            origin = self._by_id.get(target.relates_to)
            if origin is not None:
                origin.rendered = {}
        target.relates_to = target.rel_type = None

    def _add(self, stored: StoredEvent) -> None:
        known = self._by_nid.get(stored.nid)
        if known is not None:
            self.placed(stored)
            self._keep(known)
            return
        stored.event.put_away()
        self._by_nid[stored.nid] = stored
        self._by_id[stored.event.event_id] = stored
        self._keep(stored)

    def _keep(self, stored: StoredEvent) -> None:
        if stored.nid in self._kept:
            return
        if self._of_room is not None:
            self._of_room.setdefault(stored.room, set()).add(stored.nid)
        self._kept.put(stored.nid, stored)

    def peek(self, event_id: str) -> StoredEvent | None:
        """The event if it is in memory."""
        return self._by_id.get(event_id)

    async def by_nid(self, nids: Iterable[int]) -> dict[int, StoredEvent]:
        """The events of these nids."""
        found: dict[int, StoredEvent] = {}
        missing: list[int] = []
        for nid in nids:
            stored = self._find(nid)
            if stored is None:
                missing.append(nid)
            else:
                found[nid] = stored
        if missing:
            async with self._database.read() as conn:
                for stored in await self._load(conn, missing):
                    found[stored.nid] = stored
        return found

    def _find(self, nid: int) -> StoredEvent | None:
        stored = self._kept.get(nid)
        if stored is None:
            stored = self._by_nid.get(nid)
            if stored is not None:
                self._keep(stored)
        return stored

    async def _load(self, conn: Connection, nids: list[int]) -> list[StoredEvent]:
        loaded: list[StoredEvent] = []
        for start in range(0, len(nids), 500):
            part = await events.by_nid(conn, nids[start : start + 500])
            related = await events.related(conn, [s.event.event_id for s in part])
            for stored in part:
                # Another task may have read it meanwhile: one object per event.
                known = self._by_nid.get(stored.nid)
                if known is None:
                    stored.has_relations = stored.event.event_id in related
                    self._add(stored)
                    known = stored
                loaded.append(known)
        return loaded

    async def listed(self, nids: list[int]) -> list[StoredEvent]:
        """The events of these nids, in their order."""
        found = await self.by_nid(nids)
        return [found[nid] for nid in nids if nid in found]

    async def by_id(self, event_id: str) -> StoredEvent | None:
        """The event of this id, None if this server does not have it."""
        stored = self._by_id.get(event_id)
        if stored is not None:
            return self._find(stored.nid) or stored
        async with self._database.read() as conn:
            found = await events.by_id(conn, [event_id])
            if not found:
                return None
            loaded = await self._load(conn, [found[0].nid])
        return loaded[0]

    async def by_ids(self, event_ids: Iterable[str]) -> dict[str, StoredEvent]:
        """Those of these events that this server has."""
        found: dict[str, StoredEvent] = {}
        missing: list[str] = []
        for event_id in event_ids:
            stored = self._by_id.get(event_id)
            if stored is None:
                missing.append(event_id)
            else:
                found[event_id] = stored
        for start in range(0, len(missing), _PART):
            if start:
                await asyncio.sleep(0)
            async with self._database.read() as conn:
                part = await events.by_id(conn, missing[start : start + _PART])
                loaded = await self._load(conn, [stored.nid for stored in part])
            found.update((stored.event.event_id, stored) for stored in loaded)
        return found

    def forget(self, nids: Iterable[int]) -> None:
        """What is kept of these events may be out of date."""
        for nid in nids:
            stored = self._by_nid.get(nid)
            if stored is not None:
                self._kept.pop(nid)
                self._let_go(stored)

    def _gone(self, _nid: int, stored: StoredEvent) -> None:
        """It had to make room. Where all is heard that becomes of it, it is found again as long as
        somebody has it."""
        if self._of_room is not None:
            self._let_go(stored)

    def _let_go(self, stored: StoredEvent) -> None:
        self._by_nid.pop(stored.nid, None)
        self._by_id.pop(stored.event.event_id, None)
        if self._of_room is not None:
            known = self._of_room.get(stored.room, set())
            known.discard(stored.nid)
            if not known:
                self._of_room.pop(stored.room, None)

    def placed(self, stored: StoredEvent) -> None:
        """An outlier has been given its place: what is kept of it in memory says so too."""
        known = self._by_nid.get(stored.nid)
        if known is not None and known is not stored:
            known.status, known.place_kind = stored.status, stored.place_kind
            known.ord_pos, known.ord_minor = stored.ord_pos, stored.ord_minor
            known.state_id, known.replaces = stored.state_id, stored.replaces
            known.notify, known.thread = stored.notify, stored.thread
            known.relates_to, known.rel_type = stored.relates_to, stored.rel_type
            known.rendered = {}

    def related(self, stored: StoredEvent) -> None:
        """An event of the past has come: what it relates to, or redacts, is shown otherwise now."""
        self._touch_target(stored)


def weight(stored: StoredEvent) -> int:
    """Bytes that an event takes in memory, with its JSON for clients, whoever keeps it."""
    event = stored.event
    nested = sum(len(value) for value in event.content.values() if type(value) is dict)
    return _OBJECT + _TIMES * len(event.to_bytes()) + _NESTED * nested
