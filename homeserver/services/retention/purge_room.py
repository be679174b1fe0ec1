"""Takes what a room said before a moment, or a whole room, off the disk.

What has to be known is read first, beside everything else; rows then go a few hundred to a commit,
so that nobody waits for long. What is left holds together after each commit: a purge that a crash
cuts off has deleted less, and is begun again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import orjson

from homeserver.errors import InvalidParam, MatrixError, NotFound
from homeserver.ids import domain_of
from homeserver.observe import get_logger
from homeserver.services.events.room_heads import RoomHead, RoomHeads
from homeserver.services.retention.clear_room import PRESENT
from homeserver.services.retention.fold_states import fold_states
from homeserver.services.retention.purge_media import PurgeMedia, addresses_in
from homeserver.storage import membership, purge, rooms
from homeserver.storage.commit import Committer, LogRow, LostClaim, Write
from homeserver.storage.database import Connection, Database
from homeserver.storage.log import PURGED

log = get_logger(__name__)

_AT_ONCE = 500
_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Purged:
    """What went: events, and files that only they named with their bytes."""

    events: int
    files: int
    bytes: int


@dataclass(slots=True)
class _Plan:
    """What a purge will do. statements: those that belong together."""

    cut: int
    newest_state: int
    statements: list[purge.Statement] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    outliers: list[int] = field(default_factory=list)
    addresses: set[str] = field(default_factory=set)

    def bound(self) -> list[purge.Statement]:
        """The statements, for a write."""
        return self.statements


class PurgeRoom:
    """Deletes history. Who may ask for it is the caller's to check."""

    def __init__(
        self,
        database: Database,
        committer: Committer,
        heads: RoomHeads,
        media: PurgeMedia,
        *,
        server_name: str,
    ) -> None:
        self._database = database
        self._committer = committer
        self._heads = heads
        self._media = media
        self._server_name = server_name

    async def history(self, room_id: str, *, before_ts: int) -> Purged:
        """Deletes what the room said before its first event that is not older than `before_ts`
        (milliseconds), with the files that nothing else names. The newest events stay, and so
        does all that the state of what stays is made of. Raises NotFound."""
        head = await self._heads.get(room_id)
        async with self._database.read(slow=True) as conn:
            place = await purge.first_since(conn, head.nid, before_ts)
        return await self.before(room_id, 2**62 if place is None else place)

    async def before(self, room_id: str, place: int) -> Purged:
        """Like `history`, from a place in the room's order."""
        head = await self._heads.get(room_id)
        for _ in range(_ATTEMPTS):
            plan = await self._plan(head, place)
            try:
                await self._committer.commit(
                    Write(
                        bind=plan.bound,
                        claim=purge.no_new_state(head.nid, plan.newest_state),
                    )
                )
                break
            except LostClaim:
                continue  # a fork has come meanwhile, whose state may lean on what goes
        else:
            raise MatrixError("The room is written to by too many at once", status=503)
        for nids in _portions(plan.outliers):
            await self._commit(purge.events([], nids))
        for nids in _portions(plan.gone):
            await self._commit(purge.events(nids, []))
        await self._tell(head, {"before": plan.cut})
        return await self._finished(room_id, len(plan.gone), plan.addresses)

    async def _plan(self, head: RoomHead, place: int) -> _Plan:
        async with self._database.read(slow=True) as conn:
            cut = min(place, await _newest(conn, head))
            folded = await fold_states(conn, head.nid, cut)
            old = await purge.before(conn, head.nid, cut)
            needed = await _needed(conn, head, cut, old, folded.events)
            plan = _Plan(cut, folded.newest)
            plan.statements = [
                *purge.state_changes(folded.rebased, folded.gone),
                *purge.intervals_before(head.nid, cut),
            ]
            async for body in purge.bodies(conn, old):
                if body.event_id in needed:
                    plan.outliers.append(body.nid)
                else:
                    plan.gone.append(body.nid)
                    plan.addresses |= addresses_in(body.json)
        return plan

    async def room(self, room_id: str) -> Purged:
        """Deletes a room with all that it said. Raises NotFound; InvalidParam while somebody
        of this server is in it."""
        async with self._database.read(slow=True) as conn:
            row = await rooms.room(conn, room_id)
            if row is None:
                raise NotFound("Unknown room")
            people = await membership.of_room(conn, row.nid, PRESENT)
            if any(domain_of(user) == self._server_name for user in people):
                raise InvalidParam("Somebody is in this room")
            nids = await purge.of_room(conn, row.nid)
            addresses: set[str] = set()
            async for body in purge.bodies(conn, nids):
                addresses |= addresses_in(body.json)
        head = await self._heads.get(room_id)
        # The room first: nobody can come in any more, and nothing points to what goes next.
        await self._committer.commit(
            Write(
                log=[LogRow(PURGED, head, data=orjson.dumps({"room_id": room_id}))],
                bind=lambda: purge.room_itself(head.nid),
            )
        )
        self._heads.drop(head)
        for part in _portions(nids):
            await self._commit(purge.events(part, []))
        return await self._finished(room_id, len(nids), addresses)

    async def _finished(self, room_id: str, events: int, addresses: set[str]) -> Purged:
        files, size = await self._media.delete_unnamed(addresses)
        await self._database.give_back()
        log.info("purged", room_id=room_id, events=events, files=files, bytes=size)
        return Purged(events, files, size)

    async def _commit(self, found: Sequence[purge.Statement]) -> None:
        if found:
            await self._committer.commit(Write(bind=lambda: found))

    async def _tell(self, head: RoomHead, data: dict[str, int]) -> None:
        await self._committer.commit(Write(log=[LogRow(PURGED, head, data=orjson.dumps(data))]))


async def _newest(conn: Connection, head: RoomHead) -> int:
    """The lowest place of the forward extremities, which stay."""
    ids = [event_id for event_id, _ in head.extremities]
    place = await purge.first_place(conn, head.nid, ids)
    if place is None:
        raise InvalidParam("The newest event of this room has no place yet")
    return place


async def _needed(
    conn: Connection, head: RoomHead, cut: int, old: list[int], in_states: set[int]
) -> set[str]:
    """The events before the cut that stay: the state since then, and auth chains."""
    needed = await purge.state_events(conn, head.nid, cut)
    needed |= {event_id for event_id, _ in head.extremities}
    async for body in purge.bodies(conn, await purge.since(conn, head.nid, cut)):
        needed |= set(_auth_events(body.json))
    chain: dict[str, list[str]] = {}
    async for body in purge.bodies(conn, old):
        if body.nid in in_states:
            needed.add(body.event_id)
        if body.is_state:
            chain[body.event_id] = list(_auth_events(body.json))
    ahead = list(needed)
    while ahead:
        for event_id in chain.get(ahead.pop(), ()):
            if event_id not in needed:
                needed.add(event_id)
                ahead.append(event_id)
    return needed


def _auth_events(raw: bytes) -> Iterator[str]:
    for reference in orjson.loads(raw).get("auth_events", ()):
        # In room versions 1 and 2 a reference is a pair of id and hashes.
        yield reference if isinstance(reference, str) else reference[0]


def _portions(nids: Iterable[int]) -> Iterator[list[int]]:
    listed = list(nids)
    for start in range(0, len(listed), _AT_ONCE):
        yield listed[start : start + _AT_ONCE]
