"""Joining a room that other servers have: their state is taken over, then comes the join.

The state is stored outside of the commit's ticket, at a position reserved for it; the join follows
in a commit of its own, and the room's only extremity is the join. A server that joins anew starts
anew: what it knew of the room before is history with a gap after it.
Source: server-server-api, "Joining Rooms".
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping

from homeserver.errors import Forbidden
from homeserver.ids import domain_of
from homeserver.observe import get_logger
from homeserver.protocol.event import Event, StateKey
from homeserver.protocol.room_versions import RoomVersion
from homeserver.services.events.event_cache import EventCache
from homeserver.services.events.judge_event import refused_by
from homeserver.services.events.keep_outliers import KeepOutliers, refused_by_auth_events
from homeserver.services.events.place_event import (
    Placing,
    copy_to_place,
    history_row,
    live_write,
    member_statement,
)
from homeserver.services.events.room_heads import MEMBER, RoomHead, RoomHeads
from homeserver.services.ground.clock import Clock
from homeserver.services.receiving.check_received import CheckReceived, Dropped, valid_format
from homeserver.services.receiving.event_source import Pdu, StateEvents
from homeserver.services.receiving.fetch_events import FetchEvents
from homeserver.services.receiving.receive_event import ReceiveEvent
from homeserver.storage import room_state, rooms
from homeserver.storage.commit import Committer, Write
from homeserver.storage.database import Args, Database, Sql, Step, Transaction
from homeserver.storage.events import OK, StoredEvent

log = get_logger(__name__)

CREATE = "m.room.create"
_BATCH = 500


class JoinRemote:
    """Takes over what another server answers to a join."""

    def __init__(
        self,
        database: Database,
        committer: Committer,
        heads: RoomHeads,
        cache: EventCache,
        checks: CheckReceived,
        fetch: FetchEvents,
        outliers: KeepOutliers,
        receive: ReceiveEvent,
        *,
        server_name: str,
        clock: Clock,
    ) -> None:
        self._database = database
        self._committer = committer
        self._heads = heads
        self._cache = cache
        self._checks = checks
        self._fetch = fetch
        self._outliers = outliers
        self._receive = receive
        self._server_name = server_name
        self._clock = clock

    async def join(
        self, server: str, room_id: str, version: RoomVersion, join: Pdu, answer: StateEvents
    ) -> StoredEvent:
        """The join, committed. join: as the other server took it. answer: the state before it.

        If this server is in the room already, the join is received like any other event. Raises
        Dropped (the join itself fails), Forbidden (the state does not permit it).
        """
        event = await self._checks.check(join, version)
        async with self._receive.locks.holding(room_id):
            head = await self._heads.find(room_id)
            if head is None or not self._anybody_here(head):
                return await self._join(room_id, version, event, answer)
        await self._receive.take(server, event)
        stored = await self._cache.by_id(event.event_id)
        if stored is None or stored.status != OK:
            raise Forbidden("The join is not allowed")
        return stored

    def _anybody_here(self, head: RoomHead) -> bool:
        return any(domain_of(user_id) == self._server_name for user_id in head.joined)

    async def _join(
        self, room_id: str, version: RoomVersion, event: Event, answer: StateEvents
    ) -> StoredEvent:
        found = await self._fetch.checked([*answer.auth_chain, *answer.state], room_id, version)
        state_ids = _state_ids(answer.state, found, version)
        create = found.get(state_ids.get((CREATE, ""), ""))
        if create is None or create.content.get("room_version", "1") != version.identifier:
            raise Forbidden("The room's create event is missing or of another version")
        head = await self._begin(room_id, version, create)
        kept = await self._outliers.keep(head, found.values())
        state = {
            key: kept[event_id]
            for key, event_id in state_ids.items()
            if event_id in kept and kept[event_id].status == OK
        }
        auth = await self._cache.by_ids(event.auth_events)
        if len(auth) < len(set(event.auth_events)):
            raise Forbidden("Auth events of the join are missing")
        refusal = refused_by_auth_events(event, auth, create)
        refusal = refusal or refused_by(event, {k: s.event for k, s in state.items()}, create)
        if refusal is not None:
            raise Forbidden(f"The join is not allowed: {refusal.reason}")
        moved = await self._take_over(head, state)
        return await self._finish(room_id, event, moved)

    async def _begin(self, room_id: str, version: RoomVersion, create: Event) -> RoomHead:
        """The room without extremities: nobody writes or reads it through its head."""
        async with self._database.read() as conn:
            row = await rooms.room(conn, room_id)
        if row is not None:
            old = self._heads.peek(room_id)
            if old is not None:
                self._heads.drop(old)
            behind = [(rooms.LEAVE_BEHIND, [(rooms.JOINING, row.nid)])]
            await self._committer.commit(Write(bind=lambda: behind))
            return await self._heads.joining(room_id)
        head = RoomHead(0, room_id, version, 0, [], self._heads.custom_users)
        log_row = history_row(head, 1)
        now = self._clock()

        def bind() -> Iterable[tuple[Sql, list[Args]]]:
            head.nid = log_row.position
            row_ = (head.nid, room_id, version.identifier, 0, rooms.JOINING, create.sender, 0, now)
            return [(rooms.INSERT, [row_])]

        await self._committer.commit(Write(log=[log_row], bind=bind))
        return head

    async def _take_over(
        self, head: RoomHead, state: dict[StateKey, StoredEvent]
    ) -> dict[StateKey, StoredEvent | None]:
        """Makes the state the room's, at a position of its own. Returns what changed of our own
        people's memberships."""
        reserved = history_row(head, 1)
        await self._committer.commit(Write(log=[reserved]))
        pos, room = reserved.position, head.nid
        async with self._database.read(slow=True) as conn:
            current = await room_state.current(conn, room)
            emptied = await room_state.removed(conn, room)
        held = {key: nid for key, _, nid in current}
        since = {key: from_pos for key, from_pos, _ in current} | dict(emptied)
        changes: dict[StateKey, StoredEvent | None] = {
            key: stored for key, stored in state.items() if held.get(key) != stored.nid
        }
        changes.update((key, None) for key in held if key not in state)
        items = list(changes.items())
        for start in range(0, len(items), _BATCH):
            part = items[start : start + _BATCH]

            def write(
                part: list[tuple[StateKey, StoredEvent | None]] = part,
            ) -> Transaction[None]:
                closed = [(pos, room, *key, since[key]) for key, _ in part if key in since]
                if closed:
                    yield Step(room_state.CLOSE, closed)
                opened = [
                    (room, *key, pos, None if stored is None else stored.nid)
                    for key, stored in part
                ]
                yield Step(room_state.INSERT, opened)
                for key, stored in part:
                    if key[0] == MEMBER:
                        sql, rows = member_statement(room, key[1], stored, pos)
                        yield Step(sql, rows)

            await self._database.transact(write)
        return {
            key: stored
            for key, stored in items
            if key[0] == MEMBER and _domain(key[1]) == self._server_name
        }

    async def _finish(
        self, room_id: str, event: Event, moved: dict[StateKey, StoredEvent | None]
    ) -> StoredEvent:
        head = await self._heads.joining(room_id)
        outlier = await self._cache.by_id(event.event_id)
        stored = StoredEvent(event) if outlier is None else copy_to_place(outlier)
        parents = await self._cache.by_ids(event.prev_events)
        placing = Placing(
            stored,
            None,
            [(event.event_id, event.depth)],
            {event.key: stored},
            missing=[i for i in event.prev_events if i not in parents or not parents[i].placed],
        )
        write = live_write(head, placing, also=moved)
        with self._heads.creating(head):
            await self._committer.commit(write)
        return stored


def _state_ids(
    state: Iterable[Pdu], found: Mapping[str, Event], version: RoomVersion
) -> dict[StateKey, str]:
    """Of the events that were given as state those that passed, by key."""
    ids: dict[StateKey, str] = {}
    for pdu in state:
        with contextlib.suppress(Dropped):
            event = found.get(valid_format(pdu, version).event_id)
            if event is not None and event.is_state:
                ids[event.key] = event.event_id
    return ids


def _domain(user_id: str) -> str:
    return user_id.partition(":")[2]
