"""Filling gaps: the history before an event whose parents were missing, put in its place.

Backfilled events stand under the event whose past they are, newest first: the first gets the next
lower minor, so that each chunk lies in its gap. They change nothing of the room's current state,
and no reader is woken.
Source: server-server-api, "Backfilling and retrieving missing events".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import orjson

from homeserver.ids import domain_of
from homeserver.observe import get_logger
from homeserver.protocol.event import Event
from homeserver.protocol.handle_redaction import is_applied
from homeserver.services.events.event_cache import EventCache
from homeserver.services.events.judge_event import JudgeEvent
from homeserver.services.events.keep_outliers import refused_by_auth_events
from homeserver.services.events.open_gaps import OpenGaps
from homeserver.services.events.place_event import (
    Placing,
    Statement,
    StateRowPlan,
    copy_to_place,
    history_row,
    place_statements,
    plan_row,
    relate,
)
from homeserver.services.events.resolve_state import ResolveState
from homeserver.services.events.room_heads import RoomHead, RoomHeads
from homeserver.services.events.state_at import Base, StateAt, StateMap, with_event
from homeserver.services.ground.keyed_locks import KeyedLocks
from homeserver.services.receiving.event_source import EventSource, Pdu, SourceFailed
from homeserver.services.receiving.fetch_events import FetchEvents, Unobtainable, parents_first
from homeserver.storage import events, gaps, received_events
from homeserver.storage.commit import Committer, LostClaim, Write
from homeserver.storage.database import BadValue, Conflict, Database
from homeserver.storage.events import BACKFILLED, OK, REJECTED, StoredEvent
from homeserver.storage.gaps import Gap

log = get_logger(__name__)

CHUNK = 100
"""Events asked for at once."""

_SERVERS = 5
"""Servers asked, one after the other, until one has something."""


@dataclass(slots=True)
class _Chunk:
    """Events to be placed together. before: the states before them; lows: the lowest minor under
    each anchor; missing: parents that nobody has given, by anchor."""

    placings: dict[str, Placing] = field(default_factory=dict)
    before: dict[str, StateMap] = field(default_factory=dict)
    lows: dict[int, int] = field(default_factory=dict)
    missing: dict[int, list[str]] = field(default_factory=dict)

    @property
    def stored(self) -> dict[str, StoredEvent]:
        return {event_id: placing.stored for event_id, placing in self.placings.items()}


class FillGaps:
    """Fetches history from the servers of a room."""

    def __init__(
        self,
        database: Database,
        committer: Committer,
        heads: RoomHeads,
        cache: EventCache,
        source: EventSource,
        fetch: FetchEvents,
        judge: JudgeEvent,
        state_at: StateAt,
        resolve: ResolveState,
        gaps_: OpenGaps,
        *,
        server_name: str,
    ) -> None:
        self._database = database
        self._committer = committer
        self._heads = heads
        self._cache = cache
        self._source = source
        self._fetch = fetch
        self._judge = judge
        self._state_at = state_at
        self._resolve = resolve
        self._gaps = gaps_
        self._server_name = server_name
        self._locks = KeyedLocks()

    async def fill(self, room_id: str, gap: Gap) -> bool:
        """Fetches one chunk of the history that a gap stands for; whether anything came of it.

        gap: as it was read; if it is not so any more, somebody else has filled it, as good.
        """
        async with self._locks.holding(room_id):
            head = await self._heads.get(room_id)
            current = await self._gaps.of(head.nid)
            if gap not in current:
                return True
            found = await self._cache.by_ids(gap.missing)
            wanted = [i for i in gap.missing if i not in found or not found[i].placed]
            if not wanted:
                return await self._place(head, gap, current, _Chunk())
            for server in await self._servers(head, gap):
                try:
                    pdus = await self._source.backfill(server, room_id, wanted, CHUNK)
                    if await self._take(server, head, gap, current, wanted, pdus[:CHUNK]):
                        return True
                except (SourceFailed, Unobtainable) as failed:
                    log.info("backfill_failed", server=server, reason=str(failed))
        return False

    async def _servers(self, head: RoomHead, gap: Gap) -> list[str]:
        """Whom to ask: those with the most members here, first whoever wrote the event itself."""
        counts: dict[str, int] = {}
        for user_id in head.joined:
            server = str(domain_of(user_id))
            counts[server] = counts.get(server, 0) + 1
        async with self._database.read() as conn:
            nids = await events.before(conn, head.nid, (gap.anchor_pos, 1), limit=1)
        for stored in await self._cache.listed(nids):
            server = str(domain_of(stored.event.sender))
            counts[server] = counts.get(server, 0) + 2**30
        counts.pop(self._server_name, None)
        return sorted(counts, key=lambda server: -counts[server])[:_SERVERS]

    async def _take(
        self,
        server: str,
        head: RoomHead,
        gap: Gap,
        current: Sequence[Gap],
        wanted: Sequence[str],
        pdus: list[Pdu],
    ) -> bool:
        found = await self._fetch.checked(pdus, head.room_id, head.version)
        known = await self._cache.by_ids(found)
        passed = {event_id for event_id, stored in known.items() if stored.placed}
        passed |= await self._fetch.strays(head.room_id, found.values())
        connected = _connected({i: e for i, e in found.items() if i not in passed}, wanted)
        chunk = _Chunk()
        for event in parents_first(connected):
            await self._judge_one(server, head, gap, event, chunk)
        if not chunk.placings:
            return False
        await self._order(head, gap, current, chunk)
        return await self._place(head, gap, current, chunk)

    async def _judge_one(
        self,
        server: str,
        head: RoomHead,
        gap: Gap,
        event: Event,
        chunk: _Chunk,
    ) -> None:
        """Steps 4 and 5 of the checks on receipt. Adds the event to the chunk."""
        auth = await self._auth_events(server, head, event, chunk)
        create = head.event("m.room.create")
        before = await self._state_before(server, head, event, chunk)
        outlier = await self._cache.by_id(event.event_id)
        refusal = refused_by_auth_events(event, auth, create)
        if refusal is None:
            known = chunk.stored
            refusal = await self._judge.refusal(event, before, create, known=known)
        stored = StoredEvent(event) if outlier is None else copy_to_place(outlier)
        stored.room = head.nid
        stored.place_kind = BACKFILLED
        stored.status = OK if refusal is None else REJECTED
        placing = Placing(stored, None, [])
        placing.plan = await self._plan(head, gap, event, before, chunk)
        chunk.before[event.event_id] = before
        chunk.placings[event.event_id] = placing
        if stored.status == OK:
            await relate(self._cache, stored)
            await self._redaction(head, placing, chunk)

    async def _auth_events(
        self, server: str, head: RoomHead, event: Event, chunk: _Chunk
    ) -> dict[str, StoredEvent]:
        auth = {i: p.stored for i, p in chunk.placings.items() if i in event.auth_events}
        auth.update(await self._cache.by_ids(i for i in event.auth_events if i not in auth))
        if len(auth) < len(set(event.auth_events)):
            return await self._fetch.auth_events(server, head, head.room_id, head.version, event)
        return auth

    async def _state_before(
        self, server: str, head: RoomHead, event: Event, chunk: _Chunk
    ) -> StateMap:
        states: list[StateMap] = []
        known = await self._cache.by_ids(i for i in event.prev_events if i not in chunk.placings)
        for parent in dict.fromkeys(event.prev_events):
            if parent in chunk.placings:
                states.append(with_event(chunk.before[parent], chunk.placings[parent].stored))
            elif parent in known and known[parent].placed:
                states.append(await self._state_at.after(known[parent]))
            else:
                return await self._fetch.state_before(
                    server, head, head.room_id, head.version, event.event_id
                )
        return await self._resolve.resolve(head.version, states, known=chunk.stored.values())

    async def _plan(
        self, head: RoomHead, gap: Gap, event: Event, before: StateMap, chunk: _Chunk
    ) -> StateRowPlan:
        """The row of the state before it, which backfilled events always have."""
        parents = set(event.prev_events)
        if len(parents) == 1:
            (parent,) = parents
            placing = chunk.placings.get(parent)
            if placing is not None and before == chunk.before[parent] and placing.plan is not None:
                return placing.plan
        bases: list[tuple[Base | StateRowPlan, StateMap]] = []
        for placing in chunk.placings.values():
            plan = placing.plan
            if plan is not None and plan.base == Base() and plan.snapshot is None and not plan.id:
                bases = [(plan, chunk.before[placing.stored.event.event_id])]
        anchor = gap.anchor_pos - 1
        bases.append((Base(pos=anchor), await self._state_at.at(head.nid, head.room_id, anchor)))
        async with self._database.read() as conn:
            lowest = await events.since(conn, head.nid, gap.place, limit=1)
        bases += await self._judge.bases(head.nid, head.room_id, await self._cache.listed(lowest))
        return await plan_row(self._cache, before, bases, known=chunk.stored)

    async def _redaction(self, head: RoomHead, placing: Placing, chunk: _Chunk) -> None:
        event = placing.stored.event
        if event.redacts is not None:
            among = chunk.placings.get(event.redacts)
            target = await self._cache.by_id(event.redacts) if among is None else among.stored
            if target is not None and target.event.room_id == head.room_id:
                placing.target = target
                placing.stored.applies_redaction = is_applied(event, target.event, head.power)
        async with self._database.read() as conn:
            early = await received_events.early_redactions(conn, head.nid, [event.event_id])
        for nid in early.values():
            redaction = (await self._cache.by_nid([nid])).get(nid)
            if redaction is not None and is_applied(redaction.event, event, head.power):
                placing.early = nid

    async def _order(self, head: RoomHead, gap: Gap, current: Sequence[Gap], chunk: _Chunk) -> None:
        """Gives places: under the smallest position among its known children, children first."""
        anchors: dict[str, int] = {}
        lows = {each.anchor_pos: each.low_minor for each in current}
        for each in current:
            for event_id in each.missing:
                if event_id in chunk.placings:
                    anchors[event_id] = min(anchors.get(event_id, each.anchor_pos), each.anchor_pos)
        for event_id in reversed(chunk.placings):
            stored = chunk.placings[event_id].stored
            anchor = anchors.get(event_id, gap.anchor_pos)
            lows[anchor] -= 1
            stored.ord_pos, stored.ord_minor = anchor, lows[anchor]
            for parent in stored.event.prev_events:
                anchors[parent] = min(anchors.get(parent, anchor), anchor)
        chunk.lows = lows
        unknown = [
            (parent, placing.stored.ord_pos)
            for placing in chunk.placings.values()
            for parent in placing.stored.event.prev_events
            if parent not in chunk.placings
        ]
        known = await self._cache.by_ids({parent for parent, _ in unknown})
        for parent, anchor in unknown:
            if parent not in known or not known[parent].placed:
                chunk.missing.setdefault(anchor, []).append(parent)

    async def _place(self, head: RoomHead, gap: Gap, current: Sequence[Gap], chunk: _Chunk) -> bool:
        """Commits a chunk, and what is left of the gaps that it lies in."""
        placings = list(chunk.placings.values())
        fresh = [placing.stored for placing in placings if not placing.stored.nid]
        outliers = {id(p.stored) for p in placings if p.stored.nid}
        moved = [stored.nid for stored in (p.stored for p in placings) if stored.nid]
        row = history_row(head, max(1, len(fresh)))
        left = await self._left(gap, current, chunk)

        def bind() -> list[Statement]:
            for nid, stored in enumerate(fresh, row.position - len(fresh) + 1):
                stored.nid = nid
            bound: list[Statement] = []
            if moved:
                row.data = orjson.dumps({"placed": moved})
            for placing in placings:
                new = id(placing.stored) not in outliers
                bound += place_statements(
                    placing, before_pos=placing.stored.ord_pos - 1, insert=new
                )
            for old, low, missing in left:
                if old is not gap:
                    bound.append((gaps.CLOSE, [(head.nid, old.anchor_pos)]))
                if missing:
                    row_ = (head.nid, old.anchor_pos, low, gaps.encode(missing))
                    bound.append((gaps.INSERT, [row_]))
            return bound

        claim = gaps.CLAIM.args(
            {"room": head.nid, "anchor_pos": gap.anchor_pos, "low_minor": gap.low_minor}
        )
        try:
            await self._committer.commit(Write(log=[row], bind=bind, claim=(gaps.CLAIM, claim)))
        except (LostClaim, Conflict):
            self._cache.forget(moved)
            return True  # another process did the same
        except BadValue as error:
            log.warning("history_not_stored", room_id=head.room_id, reason=str(error))
            return False
        finally:
            self._gaps.changed(head.nid)
        for placing in placings:
            self._cache.placed(placing.stored)
            if placing.stored.status == OK:
                self._cache.related(placing.stored)
        return True

    async def _left(
        self, gap: Gap, current: Sequence[Gap], chunk: _Chunk
    ) -> list[tuple[Gap, int, list[str]]]:
        """Of the gaps that change: their lowest minor, and which parents are missing still."""
        known = await self._cache.by_ids({i for each in current for i in each.missing})
        left: list[tuple[Gap, int, list[str]]] = []
        for each in current:
            low = chunk.lows.get(each.anchor_pos, each.low_minor)
            still = [
                i
                for i in each.missing
                if i not in chunk.placings and (i not in known or not known[i].placed)
            ]
            still += chunk.missing.get(each.anchor_pos, ())
            missing = list(dict.fromkeys(still))
            if each == gap or missing != list(each.missing) or low != each.low_minor:
                left.append((gap if each == gap else each, low, missing))
        return left


def _connected(found: dict[str, Event], wanted: Sequence[str]) -> dict[str, Event]:
    """Those of the events that are wanted, or before one that is."""
    connected: dict[str, Event] = {}
    level = list(wanted)
    while level:
        below: list[str] = []
        for event_id in level:
            if event_id in found and event_id not in connected:
                connected[event_id] = found[event_id]
                below += found[event_id].prev_events
        level = below
    return connected
