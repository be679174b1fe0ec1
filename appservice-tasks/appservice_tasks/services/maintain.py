"""Compares the index with the rooms' logs, and folds it anew.

`verify` only reads. `rebuild` writes every task and revision again from the log, a page at a time:
lists stay complete, and nobody sees a revision go back. What the homeserver has lost, because it
was replaced by an older copy, is sent again first: what is only in the index is never thrown away
for being only there. Both may run while the service works.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final, Literal

from appservice_tasks.contracts import IndexDifference, IndexReport
from appservice_tasks.domain.ids import RESULT
from appservice_tasks.errors import not_found
from appservice_tasks.matrix_client import Homeserver, MatrixEvent, Refused, Unavailable
from appservice_tasks.observe import get_logger
from appservice_tasks.services.fold_log import Newest, counts, newest_of, pages
from appservice_tasks.services.hold_leases import Leases, shard_of
from appservice_tasks.services.index import Index
from appservice_tasks.services.outbox import Outbox
from appservice_tasks.services.recover_room import RecoverRoom
from appservice_tasks.services.refusals import problem_of
from appservice_tasks.services.work import Work
from appservice_tasks.storage import leases, revisions, rooms, task_rows
from appservice_tasks.storage.rooms import StoredRoom

log = get_logger(__name__)

_LOOKS: Final = 4
"""What differs is looked at again: it may have changed while the log was read."""
_PAUSE_SECONDS: Final = 0.3


@dataclass(frozen=True, slots=True)
class _Room:
    """is_there: the homeserver says that we are in it. senders: whose events count there."""

    room_id: str
    is_there: bool
    senders: tuple[str, ...]


class Maintain:
    """Verifies and rebuilds."""

    def __init__(
        self,
        work: Work,
        homeserver: Homeserver,
        index: Index,
        held: Leases,
        outbox: Outbox,
        recovery: RecoverRoom,
    ) -> None:
        self._work = work
        self._homeserver = homeserver
        self._index = index
        self._leases = held
        self._outbox = outbox
        self._recovery = recovery
        self._one = asyncio.Lock()

    async def run(
        self, action: Literal["verify", "rebuild"], room_id: str | None = None
    ) -> IndexReport:
        """Does it for one room or for all; what differs afterwards.

        Raises Problem: `not_found` (the room), `unavailable`.
        """
        async with self._one:
            try:
                if action == "rebuild":
                    await self.rebuild(room_id)
                return await self.verify(room_id)
            except (Unavailable, Refused) as error:
                raise problem_of(error) from error

    async def _rooms(self, room_id: str | None) -> list[_Room]:
        """Those that we are in, as we know it or as the homeserver does."""
        there = set(await self._homeserver.joined_rooms())
        async with self._work.database.read() as conn:
            known = {each.room_id: each for each in await rooms.every(conn)}
        inside = {each.room_id for each in known.values() if each.joined}
        chosen = [
            _Room(each, each in there, self._senders(known.get(each)))
            for each in sorted(inside | there)
            if room_id in (None, each)
        ]
        if room_id is not None and not chosen:
            raise not_found("No such room with tasks")
        return chosen

    async def verify(self, room_id: str | None = None) -> IndexReport:
        """Compares. Raises Problem `not_found`; Unavailable, Refused."""
        found: list[IndexDifference] = []
        doubtful = await self._rooms(room_id)
        for look in range(_LOOKS):
            found = []
            still: list[_Room] = []
            for room in doubtful:
                differences = await self._compare(room)
                if differences:
                    still.append(room)
                    found += differences
            if not still:
                break
            doubtful = still
            if look + 1 < _LOOKS:
                await asyncio.sleep(_PAUSE_SECONDS)
        for difference in found:
            log.warning("index_differs", **difference)
        return {"equal": not found, "differences": found}

    async def _compare(self, room: _Room) -> list[IndexDifference]:
        in_log: dict[str, Newest] = {}
        if room.is_there:
            in_log = await newest_of(self._homeserver, room.room_id, room.senders)
        async with self._work.database.read() as conn:
            stored = {each.task_id: each for each in await task_rows.of_room(conn, room.room_id)}
            elsewhere = await task_rows.find_many(conn, in_log.keys() - stored.keys())
        found: list[IndexDifference] = []

        def differs(
            task_id: str,
            problem: Literal["missing", "surplus", "behind", "ahead", "different"],
            index_rev: int | None,
            log_rev: int | None,
        ) -> None:
            found.append(
                {
                    "task_id": task_id,
                    "problem": problem,
                    "index_rev": index_rev,
                    "log_rev": log_rev,
                }
            )

        for task_id, newest in in_log.items():
            mine = stored.get(task_id)
            if mine is None:
                other = elsewhere.get(task_id)
                # It lives in another room: that room's log is compared for it.
                if other is None or other.rev < newest.rev:
                    differs(task_id, "missing", other.rev if other else None, newest.rev)
            elif newest.departed:
                if mine.rev <= newest.rev:
                    differs(task_id, "surplus", mine.rev, newest.rev)
            elif mine.rev != newest.rev:
                problem: Literal["behind", "ahead"] = "behind" if mine.rev < newest.rev else "ahead"
                differs(task_id, problem, mine.rev, newest.rev)
            elif mine.sha256 != newest.sha256:
                differs(task_id, "different", mine.rev, newest.rev)
        for task_id in stored.keys() - in_log.keys():
            differs(task_id, "surplus", stored[task_id].rev, None)
        return found

    async def rebuild(self, room_id: str | None = None) -> None:
        """Folds anew. Raises Problem `not_found`; Unavailable, Refused, Fenced."""
        await self._leases.round(force=True)
        for room in await self._rooms(room_id):
            if not room.is_there:
                continue  # its tasks are nowhere else any more
            async with self._outbox.paused(room.room_id):
                await self._rebuild(room.room_id)
            self._outbox.wake(room.room_id)

    async def _rebuild(self, room_id: str) -> None:
        shard = shard_of(room_id)
        epoch = self._leases.epoch(shard) or 0
        await self._recovery.mend(room_id, shard, epoch)
        is_whole = self._recovery.has_mended(room_id, epoch)
        async with self._work.database.read() as conn:
            room = await rooms.find(conn, room_id)
        if room is None:
            return
        senders = self._senders(room)
        in_log = await newest_of(self._homeserver, room.room_id, senders)
        seen: set[tuple[str, int]] = set()
        async for page in pages(self._homeserver, room.room_id, senders):
            await self._restate(room, page, in_log, seen, shard, epoch)
        async with self._work.begin(quiet=True) as unit:
            await leases.check(unit.conn, shard, epoch)
            here = {task_id for task_id, newest in in_log.items() if not newest.departed}
            stored = await task_rows.of_room(unit.conn, room.room_id)
            surplus = [each.task_id for each in stored if each.task_id not in here]
            if not is_whole:
                log.error("only_in_index", room_id=room_id, tasks=surplus)
                return
            await task_rows.remove(unit.conn, surplus)
            for task_id, rev in await revisions.of_room(unit.conn, room.room_id):
                if (task_id, rev) not in seen:
                    await revisions.remove_unless_redacted(unit.conn, task_id, rev)
        log.info("rebuilt", room_id=room.room_id, tasks=len(in_log), surplus=len(surplus))

    async def _restate(
        self,
        room: StoredRoom,
        events: list[MatrixEvent],
        in_log: dict[str, Newest],
        seen: set[tuple[str, int]],
        shard: int,
        epoch: int,
    ) -> None:
        async with self._work.begin(quiet=True) as unit:
            await leases.check(unit.conn, shard, epoch)
            for event in events:
                read = counts(event, self._senders(room))
                if event["type"] == RESULT:
                    await self._index.apply(unit, room, event)
                if read is None or read.departs_from(room.room_id):
                    continue
                identity = read.task["task_id"], read.task["rev"]
                if identity in seen:
                    continue
                seen.add(identity)
                newest = in_log.get(identity[0])
                is_newest = newest is not None and newest.event_id == event["event_id"]
                await self._index.restate(unit, room, event, read, newest=is_newest)

    def _senders(self, room: StoredRoom | None) -> tuple[str, ...]:
        return tuple(sorted(self._index.senders(room)))
