"""Recovery of a room before anything is decided for it.

In this order: the room's state is read; what the homeserver has lost, because it was replaced by an
older copy of itself, is sent again under its old transaction ids (`mend`); the log is read to its
head (`read`); pending intents are replayed (`outbox`), which may find that the log has gone another
way (`withdraw`). This happens once for each taking of the lease, and again whenever the homeserver
may have been replaced meanwhile (`WatchHomeserver`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from appservice_tasks.domain.events import read_task_event
from appservice_tasks.domain.ids import CHANGE, TASK
from appservice_tasks.matrix_client import Homeserver, MatrixEvent, Refused, senders_filter
from appservice_tasks.observe import get_logger, metrics
from appservice_tasks.services.answers import Answers
from appservice_tasks.services.fold_log import causes_of
from appservice_tasks.services.follow_room import FollowRoom
from appservice_tasks.services.index import TYPES, Index
from appservice_tasks.services.notices import Notices
from appservice_tasks.services.steps import Steps
from appservice_tasks.services.watch_homeserver import Generation
from appservice_tasks.services.work import Unit, Work
from appservice_tasks.storage import (
    intents,
    json_text,
    leases,
    ledger,
    revisions,
    rooms,
    task_rows,
)
from appservice_tasks.storage.intents import Intent
from appservice_tasks.storage.revisions import StoredRevision
from appservice_tasks.storage.rooms import StoredRoom

log = get_logger(__name__)
_repaired = metrics.counter("tasks_repaired", "Events sent again that the homeserver had lost")

PAGE: Final = 100
_LOST_PAGE: Final = 100
_FORBIDDEN: Final = 403
_ODD_MS: Final = 3_600_000
"""Clocks differ: what was sent this long before the last event that survived is sent again too,
which does nothing where it is there."""

Turn = tuple[int, int]
"""The epoch of the lease and the generation of the homeserver."""


class RecoverRoom:
    """Brings index and log of a room together."""

    def __init__(
        self,
        work: Work,
        homeserver: Homeserver,
        index: Index,
        follow: FollowRoom,
        notices: Notices,
        generation: Generation,
        steps: Steps,
    ) -> None:
        self._work = work
        self._homeserver = homeserver
        self._notices = notices
        self._index = index
        self._follow = follow
        self._generation = generation
        self._steps = steps
        self._mended: dict[str, Turn] = {}
        self._read: dict[str, Turn] = {}

    def doubt(self, room_id: str) -> None:
        """Something unexpected happened in a room: it is looked at again before it goes on."""
        self._mended.pop(room_id, None)
        self._read.pop(room_id, None)

    async def introduce(self, events: Sequence[MatrixEvent]) -> None:
        """Learns the names of those whom notices about these events will name, if they can be
        had now."""
        await self._notices.prepare(events)

    async def meet(self, room_id: str, users: set[str]) -> None:
        """Asks whether these have joined the room meanwhile. Raises Unavailable."""
        await self._follow.look_for(room_id, users)

    def has_read(self, room_id: str, epoch: int) -> bool:
        """Whether the log was read to its head under an epoch, or there is none to be read."""
        turn = self._read.get(room_id)
        return turn is not None and turn[0] == epoch

    def has_mended(self, room_id: str, epoch: int) -> bool:
        """Whether the log has everything that the index has, as far as was seen under an epoch."""
        turn = self._mended.get(room_id)
        return turn is not None and turn[0] == epoch

    async def mend(self, room_id: str, shard: int, epoch: int) -> bool:
        """Sends again what the homeserver has lost; whether that was anything.

        Raises Fenced, Unavailable.
        """
        turn = epoch, self._generation.number
        if self._mended.get(room_id) == turn:
            return False
        room = await self._follow.refresh(room_id)
        if room is None or not room.joined:
            return False  # there is nothing to see yet: looked at again when we are in it
        lost = await self._lost(room_id)
        is_whole = True
        if lost:
            log.warning("homeserver_lost_events", room_id=room_id, revisions=len(lost))
            lost = await self._without_superseded(room, lost, shard, epoch)
            is_whole = await self._send_again(room_id, lost, shard, epoch)
        else:
            await self._look_for_results(room_id, shard, epoch)
        if is_whole:
            self._mended[room_id] = turn
        return bool(lost)

    async def _lost(self, room_id: str) -> list[StoredRevision]:
        """Revisions of the room that are not in its log any more, oldest first.

        An older copy lacks the end of the log and nothing else.
        """
        lost: list[StoredRevision] = []
        before: int | None = None
        limit = 1
        while True:
            async with self._work.database.read() as conn:
                newest = await revisions.newest_of_room(conn, room_id, before=before, limit=limit)
            if not newest:
                return lost[::-1]
            kept = await self._first_kept(room_id, newest)
            lost += newest[:kept]
            if kept < len(newest):
                return lost[::-1]
            before, limit = newest[-1].applied, _LOST_PAGE

    async def _first_kept(self, room_id: str, newest: list[StoredRevision]) -> int:
        """The number of the newest of these that is in the log; their count if none is."""
        low, high = 0, len(newest)
        while low < high:
            middle = (low + high) // 2
            if await self._homeserver.event(room_id, newest[middle].event_id) is None:
                low = middle + 1
            else:
                high = middle
        return low

    async def _without_superseded(
        self, room: StoredRoom, lost: list[StoredRevision], shard: int, epoch: int
    ) -> list[StoredRevision]:
        """Leaves out tasks whose log has gone another way since.

        That takes two restores: the log was replaced, went on without these revisions, and then
        the index was replaced by a copy that has them. The log is what everybody has seen since.
        A revision of ours that somebody sent again before, and could not note, is no other way.
        """
        senders = sorted(self._index.senders(room))
        in_log = await causes_of(self._homeserver, room.room_id, senders)
        gone = {
            each.task_id
            for each in lost
            if in_log.get((each.task_id, each.rev), _cause(each)) != _cause(each)
        }
        if gone:
            log.error("revisions_superseded", room_id=room.room_id, tasks=sorted(gone))
            async with self._work.begin() as unit:
                await leases.check(unit.conn, shard, epoch)
                for each in lost:
                    if each.task_id in gone:
                        change = each.change
                        await ledger.remove(unit.conn, change["actor"], change["cause"]["cmd_id"])
                await task_rows.remove(unit.conn, sorted(gone))
                await revisions.remove(unit.conn, gone)
        return [each for each in lost if each.task_id not in gone]

    async def _send_again(
        self, room_id: str, lost: list[StoredRevision], shard: int, epoch: int
    ) -> bool:
        """Whether the room took everything; if not, it is not set up yet as it was."""
        roots: dict[str, str] = {}
        for revision in lost:
            async with self._work.database.read() as conn:
                await leases.check(conn, shard, epoch)
                content = await revisions.content_of(conn, revision.task_id, revision.rev)
            if content is None:
                continue  # it was redacted: nobody knows any more what it said
            relation = content.get("m.relates_to")
            if relation is not None:
                relation["event_id"] = roots.get(relation["event_id"], relation["event_id"])
            content[CHANGE]["cause"]["via"] = "repair"
            await self._steps.reached("repairing")
            try:
                event_id = await self._resend(room_id, revision, content)
            except Refused as refused:
                log.error("not_repaired", room_id=room_id, reason=str(refused))
                if refused.status == _FORBIDDEN:
                    return False
                continue
            await self._steps.reached("repaired")
            if relation is None:
                roots[revision.event_id] = event_id
            await self._note(revision, content, event_id, shard, epoch)
            _repaired.inc()
        if lost:
            await self._send_results_again(room_id, lost[0].change["at"] - _ODD_MS)
        async with self._work.begin() as unit:
            await leases.check(unit.conn, shard, epoch)
            await rooms.set_log_token(unit.conn, room_id, None)
        return True

    async def _resend(self, room_id: str, revision: StoredRevision, content: Any) -> str:
        change = revision.change
        txn_id = f"o:{change['actor']}/{change['cause']['cmd_id']}"
        return await self._homeserver.send(
            room_id, TASK, txn_id, json_text.to_bytes(content), change["at"]
        )

    async def _note(
        self, revision: StoredRevision, content: Any, event_id: str, shard: int, epoch: int
    ) -> None:
        async with self._work.begin() as unit:
            await leases.check(unit.conn, shard, epoch)
            await revisions.replace_event(
                unit.conn, revision.task_id, revision.rev, event_id, content
            )
            if "m.relates_to" not in content:
                await task_rows.move_root(unit.conn, revision.task_id, revision.event_id, event_id)
                # What waits to be sent to the old root was not there before the root was.
                await intents.name_root(
                    unit.conn, revision.room_id, event_id, instead_of=revision.event_id
                )

    async def _look_for_results(self, room_id: str, shard: int, epoch: int) -> None:
        """Where nothing but refusals was lost: the newest of them tells."""
        async with self._work.database.read() as conn:
            newest = await intents.newest_result(conn, room_id)
        if newest is None or await self._homeserver.event(room_id, newest) is not None:
            return
        log.warning("homeserver_lost_results", room_id=room_id)
        async with self._work.begin() as unit:
            await leases.check(unit.conn, shard, epoch)
            await rooms.set_log_token(unit.conn, room_id, None)

    async def _send_results_again(self, room_id: str, since: int) -> None:
        """Refusals and departures: what is there already stays as it is."""
        async with self._work.database.read() as conn:
            sent = await intents.sent_beside(conn, room_id, since)
        for intent in sent:
            try:
                await self._homeserver.send(
                    room_id, intent.event_type, intent.txn_id, intent.content, intent.ts
                )
            except Refused as refused:
                log.warning("not_repaired", room_id=room_id, reason=str(refused))

    async def read(self, room_id: str, shard: int, epoch: int) -> None:
        """Applies what is new in the log. Raises Fenced, Unavailable."""
        turn = epoch, self._generation.number
        if self._read.get(room_id) == turn:
            return
        async with self._work.database.read() as conn:
            room = await rooms.find(conn, room_id)
        if room is None or not room.joined:
            return
        token = room.log_token
        answers = Answers(self._index.senders(room)) if token is None else None
        head = (await self._homeserver.messages(room_id, backwards=True, limit=1)).get("start")
        while True:
            try:
                page = await self._homeserver.messages(
                    room_id, start=token, limit=PAGE, accept=senders_filter(TYPES)
                )
            except Refused as refused:
                if token is None or refused.status != 400:
                    raise
                token = None  # of a log that is no more
                answers = Answers(self._index.senders(room))
                continue
            await self._steps.reached("reading")
            following = page.get("end")
            await self.introduce(page["chunk"])
            # Of a whole log nothing is noted until its end, where it is known what it lacks.
            note = following if answers is None else None
            await self._take_in(room_id, page["chunk"], note, shard, epoch)
            if answers is not None:
                answers.note(page["chunk"])
            if following is None or following == token:
                break
            token = following
        async with self._work.begin() as unit:
            await leases.check(unit.conn, shard, epoch)
            if answers is not None:
                await self._tell_missing(unit, room_id, answers)
            if head is not None:
                await rooms.set_log_token(unit.conn, room_id, head)
        self._read[room_id] = turn

    async def _tell_missing(self, unit: Unit, room_id: str, answers: Answers) -> None:
        """Refusals that are not in the log beside their commands: they were decided while nobody
        could write there, or an older copy of the homeserver has lost them."""
        known = await ledger.known_many(unit.conn, answers.missing)
        for each in known.values():
            if each.room_id == room_id:
                await self._index.tell_refusal(unit, each)

    async def withdraw(self, intent: Intent, shard: int, epoch: int) -> bool:
        """Takes an intent back whose place in the log has been taken; whether it did.

        That takes two restores, as with `_without_superseded`. Its command is decided again.
        """
        read = read_task_event(json_text.loads(intent.content))
        if intent.kind != "revision" or read is None:
            return False
        async with self._work.begin() as unit:
            await leases.check(unit.conn, shard, epoch)
            stored = await task_rows.find(unit.conn, read.task["task_id"])
            known = await ledger.known(unit.conn, intent.actor, intent.cmd_id)
            if stored is None or stored.rev < read.task["rev"]:
                return False
            if known is not None and known.state == "accepted":
                return False  # its place was taken by itself
            log.error("intent_withdrawn", room_id=intent.room_id, txn_id=intent.txn_id)
            await intents.drop(unit.conn, intent)
            await ledger.receive_again(unit.conn, intent.actor, intent.cmd_id)
            return True

    async def _take_in(
        self,
        room_id: str,
        events: list[MatrixEvent],
        token: str | None,
        shard: int,
        epoch: int,
    ) -> None:
        async with self._work.begin() as unit:
            await leases.check(unit.conn, shard, epoch)
            room = await rooms.find(unit.conn, room_id)
            if room is None:
                return
            for event in events:
                await self._index.apply(unit, room, event)
            if token is not None:
                await rooms.set_log_token(unit.conn, room_id, token)


def _cause(revision: StoredRevision) -> tuple[str, str]:
    return revision.change["actor"], revision.change["cause"]["cmd_id"]
