"""The decision protocol of one process: rooms whose shards it holds, one command after the other.

Each room has a worker while something waits there. It recovers first (`recover_room`) and replays
what an earlier worker decided, then repeats
steps 2 to 4: decide (`make_decision`), send the same bytes under the same transaction id until the
homeserver answers, read the event back, and apply it with everything that follows from it.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Iterable

from appservice_tasks.matrix_client import Homeserver, MatrixEvent, Refused, Unavailable
from appservice_tasks.observe import get_logger, metrics
from appservice_tasks.services.bus import Bus, Outcome, Told
from appservice_tasks.services.hold_leases import Leases, shard_of
from appservice_tasks.services.index import Index
from appservice_tasks.services.make_decision import MakeDecision
from appservice_tasks.services.people import People
from appservice_tasks.services.recover_room import RecoverRoom
from appservice_tasks.services.steps import Steps
from appservice_tasks.services.work import Unit, Work
from appservice_tasks.storage import intents, leases, ledger, rooms
from appservice_tasks.storage.intents import Intent
from appservice_tasks.storage.leases import Fenced

log = get_logger(__name__)
_decided = metrics.counter("tasks_decisions", "Commands decided", ["outcome"])
_retried = metrics.counter("tasks_sends_retried", "Sends that the homeserver did not answer")

_FIRST_PAUSE = 0.05
_LONGEST_PAUSE = 5.0
_AT_ONCE = 32
_POLL_SECONDS = 0.25
_UNKNOWN_TOKEN = 401


class Outbox:
    """Decides for the rooms of the shards that are held."""

    def __init__(
        self,
        work: Work,
        homeserver: Homeserver,
        held: Leases,
        index: Index,
        decision: MakeDecision,
        recovery: RecoverRoom,
        people: People,
        steps: Steps,
        *,
        longest_pause: float = _LONGEST_PAUSE,
    ) -> None:
        self._work = work
        self._homeserver = homeserver
        self._leases = held
        self._index = index
        self._decision = decision
        self._recovery = recovery
        self._people = people
        self._steps = steps
        self._longest_pause = longest_pause
        self._workers: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()
        self._paused: set[str] = set()
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._stopping = False
        self._watch = work.database.watch()
        self._bus: Bus = work.bus
        self._bus.listen(self._hear)

    def _hear(self, told: Told) -> None:
        for room_id in told.rooms:
            self.wake(room_id)

    def wake(self, room_id: str) -> None:
        """Something waits in a room, perhaps. Nothing happens where another process decides."""
        if self._stopping or self._leases.epoch(shard_of(room_id)) is None:
            return
        if room_id in self._paused:
            return
        if room_id in self._workers:
            self._again.add(room_id)
            return
        self._workers[room_id] = asyncio.create_task(self._run(room_id), name=f"room {room_id}")

    async def poll(self) -> None:
        """Finds for ever what other processes received, and what an earlier one left behind."""
        held: dict[int, int] = {}
        while True:
            try:
                if held != self._leases.epochs:
                    held = self._leases.epochs
                    self._watch.again()
                if held and await self._watch.is_new():
                    await self.look()
            except Exception:
                log.exception("outbox_poll_failed")
                self._watch.again()
            await asyncio.sleep(_POLL_SECONDS)

    async def look(self) -> None:
        """Wakes the rooms where something waits."""
        if not self._leases.held:
            return
        async with self._work.database.read() as conn:
            waiting = {*await ledger.waiting_rooms(conn), *await intents.open_rooms(conn)}
            unread = await rooms.unread(conn)
        for room_id in unread:
            # Any process may have noticed that the authority is in a room, for the first time or
            # again; nobody need have commanded anything there.
            if room_id not in self._workers:
                self._recovery.doubt(room_id)
        for room_id in waiting.union(unread):
            if room_id in self._workers:
                self._watch.again()  # it may have ended without having seen this
            else:
                self.wake(room_id)

    async def settle(self, rooms_: Iterable[str] | None = None) -> None:
        """Waits until the workers (of these rooms) have nothing left to do."""
        wanted = None if rooms_ is None else set(rooms_)
        while True:
            running = [
                task for room, task in self._workers.items() if wanted is None or room in wanted
            ]
            if not running:
                return
            await asyncio.wait(running)

    @contextlib.asynccontextmanager
    async def paused(self, room_id: str) -> AsyncIterator[None]:
        """Nothing is decided in a room while the block runs. One block for a room at a time."""
        self._paused.add(room_id)
        try:
            self._again.discard(room_id)
            await self.settle([room_id])
            yield
        finally:
            self._paused.discard(room_id)

    async def stop(self) -> None:
        """Ends the workers where they are: what was decided is sent by whoever comes next."""
        self._stopping = True
        self._bus.deafen(self._hear)
        for task in self._workers.values():
            task.cancel()
        await asyncio.gather(*self._workers.values(), return_exceptions=True)

    async def _run(self, room_id: str) -> None:
        """A worker: until nothing waits in its room, or somebody else decides for it."""
        try:
            while True:
                self._again.discard(room_id)
                async with self._slots:
                    await self._drain(room_id)
                if room_id not in self._again:
                    return
        except Fenced as fenced:
            log.info("fenced", room_id=room_id, reason=str(fenced))
            self._watch.again()
        except Unavailable as error:
            log.warning("homeserver_not_reached", room_id=room_id, reason=str(error))
            await asyncio.sleep(min(1.0, self._longest_pause))
            self._watch.again()
        except asyncio.CancelledError:
            raise
        except Exception:
            log.exception("room_worker_failed", room_id=room_id)
            await asyncio.sleep(min(1.0, self._longest_pause))
            self._watch.again()
        finally:
            self._workers.pop(room_id, None)
            if room_id in self._again:
                self._again.discard(room_id)
                self.wake(room_id)

    async def _drain(self, room_id: str) -> None:
        shard = shard_of(room_id)
        epoch = self._leases.epoch(shard)
        if epoch is None:
            return
        try:
            await self._recovery.mend(room_id, shard, epoch)
            await self._recovery.read(room_id, shard, epoch)
            await self._replay(room_id, shard, epoch)
            while await self._one(room_id, shard, epoch):
                # The homeserver may have been replaced by an older copy of itself meanwhile.
                await self._recovery.mend(room_id, shard, epoch)
                await self._recovery.read(room_id, shard, epoch)
        except Fenced:
            self._leases.lost(shard, epoch)
            raise

    async def _replay(self, room_id: str, shard: int, epoch: int) -> None:
        """Sends what an earlier worker decided and perhaps sent."""
        while True:
            async with self._work.database.read() as conn:
                pending = await intents.pending(conn, room_id)
            if pending is None:
                return
            await self._steps.reached("replaying")
            if await self._recovery.withdraw(pending, shard, epoch):
                continue
            await self._send(pending, shard, epoch)

    async def _one(self, room_id: str, shard: int, epoch: int) -> bool:
        """Decides one command, or a batch, and sends what follows; whether there was one."""
        async with self._work.database.read() as conn:
            prepared = await self._decision.prepare(conn, room_id)
        if prepared is None:
            return False
        await self._people.learn(prepared.names)
        if prepared.strangers:
            await self._recovery.meet(room_id, prepared.strangers)
        async with self._work.begin() as unit:
            turn = await self._decision.next(unit, room_id, shard, epoch)
            unit.rooms.update(turn.rerouted)
            await self._steps.reached("deciding")
        if turn.sending:
            await self._steps.reached("decided")
            await self._replay_decided(room_id, shard, epoch)
        elif turn.decided:
            _decided.labels("refused").inc()
        return turn.decided or turn.sending

    async def _replay_decided(self, room_id: str, shard: int, epoch: int) -> None:
        while True:
            async with self._work.database.read() as conn:
                pending = await intents.pending(conn, room_id)
            if pending is None:
                return
            await self._send(pending, shard, epoch)

    async def _send(self, intent: Intent, shard: int, epoch: int) -> None:
        """Steps 3 and 4 for one event."""
        event: MatrixEvent | None = None
        pause = _FIRST_PAUSE
        while event is None:
            if self._leases.epoch(shard) != epoch:
                raise Fenced(f"shard {shard} was lost")
            try:
                await self._invite(intent)
                await self._steps.reached("sending")
                # Perhaps it was replaced by an older copy while we waited for it.
                if await self._recovery.mend(intent.room_id, shard, epoch):
                    intent = await self._as_it_is_now(intent)
                event_id = await self._homeserver.send(
                    intent.send_room_id,
                    intent.event_type,
                    intent.txn_id,
                    intent.content,
                    intent.ts,
                )
                await self._steps.reached("sent")
                event = await self._homeserver.event(intent.send_room_id, event_id)
                if event is None:
                    raise Unavailable(f"{event_id} cannot be read")
                # If it was replaced while we sent, the log has a hole before this event. It is
                # filled before the index has the event: what is newest there tells what is lost.
                await self._recovery.mend(intent.room_id, shard, epoch)
            except Unavailable as error:
                pause = await self._wait(error, pause)
            except Refused as refused:
                if refused.status == _UNKNOWN_TOKEN:  # set up wrongly: it says nothing about this
                    pause = await self._wait(Unavailable(str(refused)), pause)
                    continue
                await self._fail(intent, refused, shard, epoch)
                return
        await self._recovery.introduce([event])
        async with self._work.begin() as unit:
            await leases.check(unit.conn, shard, epoch)
            await self._apply(unit, intent, event)
            await self._steps.reached("applying")
        _decided.labels("sent").inc()
        await self._steps.reached("applied")

    async def _wait(self, error: Unavailable, pause: float) -> float:
        """Before the next try; the pause before the one after it."""
        _retried.inc()
        wait = max(error.retry_after or 0.0, pause * random.uniform(0.5, 1.0))
        await asyncio.sleep(min(wait, self._longest_pause))
        return min(pause * 2, self._longest_pause)

    async def _as_it_is_now(self, intent: Intent) -> Intent:
        """The event that it replaces may have another id by now."""
        async with self._work.database.read() as conn:
            pending = await intents.pending(conn, intent.room_id)
        return intent if pending is None or pending.txn_id != intent.txn_id else pending

    async def _invite(self, intent: Intent) -> None:
        """People who must be able to see the task; who cannot be invited is not."""
        for user_id in intent.invite:
            try:
                await self._homeserver.invite(intent.send_room_id, user_id)
            except Refused as refused:
                log.warning("not_invited", user_id=user_id, reason=str(refused))

    async def _apply(self, unit: Unit, intent: Intent, event: MatrixEvent) -> None:
        """Step 4. What counts is the event as the homeserver has it."""
        stored = await rooms.find(unit.conn, intent.send_room_id)
        assert stored is not None, "rooms are never forgotten"
        await self._index.apply(unit, stored, event)
        if intent.kind == "revision" and "m.relates_to" not in event["content"]:
            await intents.name_root(unit.conn, intent.room_id, event["event_id"])
        unit.outcomes.append(Outcome(intent.actor, intent.cmd_id))
        await intents.conclude(unit.conn, intent, state="sent", event_id=event["event_id"])

    async def _fail(self, intent: Intent, refused: Refused, shard: int, epoch: int) -> None:
        """The homeserver will never take it: the command is rejected."""
        log.warning("send_refused", room_id=intent.send_room_id, reason=str(refused))
        code = "too_large" if refused.status == 413 else "tasks_disabled"
        async with self._work.begin() as unit:
            await leases.check(unit.conn, shard, epoch)
            if intent.kind != "departure":
                said = {"code": code, "detail": f"the homeserver refused it: {refused.errcode}"}
                await ledger.reject(unit.conn, intent.actor, intent.cmd_id, said, unit.now)
                known = await ledger.known(unit.conn, intent.actor, intent.cmd_id)
                if known is not None and intent.kind == "revision":
                    await self._index.tell_refusal(unit, known)
                unit.outcomes.append(Outcome(intent.actor, intent.cmd_id, rejected=True))
            await intents.conclude(unit.conn, intent, state="failed", event_id=None)
            unit.rooms.add(intent.room_id)
        self._recovery.doubt(intent.room_id)
        _decided.labels("failed").inc()
