"""One random life of the decision protocol on the real code: crashes, zombies, outages, restores.

It repeats what `decision_protocol_model` did with a model. Workers are whole engines, each with its
own connections to one database; a step of the protocol may kill one, or make it sleep until long
after somebody else has taken over. Commands come as room events, by two engines, twice, in any
order. Then everything is left to settle, and the invariants are checked.
"""

from __future__ import annotations

import asyncio
import random
import shutil
import sqlite3
import uuid
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from appservice_tasks.config import Config
from appservice_tasks.domain.ids import COMMAND, TASK, task_id_for
from appservice_tasks.engine import Engine, build_engine
from appservice_tasks.errors import Problem
from appservice_tasks.matrix_client import MatrixEvent, Refused, Unavailable
from appservice_tasks.services.clock import wall_clock
from appservice_tasks.services.submit import Submission
from appservice_tasks.storage import ledger, task_rows
from appservice_tasks.storage.database import Database, open_database
from tests.harness.memory_homeserver import AUTHORITY, MemoryHomeserver

BOSS, ANN, BOB, EVE = (f"@{name}:a.example" for name in ("boss", "ann", "bob", "eve"))
PEOPLE = (BOSS, ANN, BOB)
ROOMS = ("!one", "!two")

CONFIG = Config(
    server_name="a.example",
    homeserver_url="http://unused",
    as_token="as",
    hs_token="hs",
    authority=AUTHORITY,
)


class Crash(BaseException):
    """The process is gone. No handler of the code may catch it."""


@dataclass
class Chaos:
    """The steps of one engine: each may kill it or make it sleep."""

    rng: random.Random
    kill: float
    sleep: float
    dead: bool = False
    asleep: list[asyncio.Event] = field(default_factory=list)

    async def reached(self, name: str) -> None:
        in_transaction = name in ("deciding", "applying")  # others wait for its end
        if self.dead and in_transaction:
            raise Crash
        if self.dead:
            await asyncio.Event().wait()  # what is left of it does nothing any more
        roll = self.rng.random()
        if roll < self.kill:
            self.dead = True
            raise Crash
        if in_transaction:
            return
        if roll < self.kill + self.sleep:
            bed = asyncio.Event()
            self.asleep.append(bed)
            await bed.wait()
        elif roll < 0.5:
            await asyncio.sleep(0)

    def wake(self) -> None:
        for bed in self.asleep:
            bed.set()
        self.asleep.clear()

    def calm(self) -> None:
        self.kill = self.sleep = 0.0
        self.wake()


@dataclass
class Worker:
    """An engine with a database connection of its own."""

    engine: Engine
    chaos: Chaos
    database: Database
    stopped: bool = False


class ProtocolRun:
    """See above. url: an empty, migrated database; folder: for copies of it."""

    def __init__(self, seed: int, url: str, folder: Path, *, restores: bool) -> None:
        self.rng = random.Random(seed)
        self.url = url
        self.folder = folder
        self.restores = restores
        self.homeserver = MemoryHomeserver()
        self.homeserver.told = self._told
        for room in ROOMS:
            self.homeserver.make_room(room, BOSS, ANN, BOB, EVE)
        self.workers: list[Worker] = []
        self.waiting: list[tuple[str, list[MatrixEvent]]] = []
        self.taken: list[tuple[str, list[MatrixEvent]]] = []
        self.tasks: list[tuple[str, str]] = []
        self.by_rest: list[tuple[str, str]] = []
        self.forged = 0
        self.background: set[asyncio.Task[Any]] = set()
        self._names = 0
        self.story: list[str] = []

    # --- the homeserver's side ------------------------------------------------------------------

    def _told(self, event: MatrixEvent) -> None:
        self._names += 1
        self.waiting.append((f"t{self._names}", [event]))

    async def _deliver(self) -> None:
        """A transaction reaches some engine: in any order, sometimes twice."""
        alive = [worker for worker in self.workers if not worker.chaos.dead]
        if not alive:
            return
        worker = self.rng.choice(alive)
        if self.taken and self.rng.random() < 0.2:
            txn_id, events = self.rng.choice(self.taken)
        elif self.waiting:
            number = self.rng.randrange(min(4, len(self.waiting)))
            txn_id, events = self.waiting[number]
        else:
            return

        async def push() -> None:
            try:
                await worker.engine.transactions.take(txn_id, events)
            except Crash:
                return
            entry = (txn_id, events)
            if entry in self.waiting:
                self.waiting.remove(entry)
            self.taken.append(entry)

        self._spawn(push())

    def _spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.create_task(work)
        self.background.add(task)
        task.add_done_callback(self.background.discard)

    # --- people ---------------------------------------------------------------------------------

    def _content(self) -> tuple[str, str, dict[str, Any]]:
        """(actor, room, command)"""
        actor, cmd_id = (
            self.rng.choice((*PEOPLE, EVE)),
            str(uuid.UUID(int=self.rng.getrandbits(128))),
        )
        if not self.tasks or self.rng.random() < 0.2:
            room = self.rng.choice(ROOMS)
            task_id, base = task_id_for(actor, cmd_id), 0
            op: dict[str, Any] = {
                "op": "create",
                "task": {"title": "t", "assignee": self.rng.choice(PEOPLE)},
            }
            self.tasks.append((room, task_id))
        else:
            room, task_id = self.rng.choice(self.tasks)
            base = self.rng.randrange(5)
            op = self.rng.choice(
                [
                    {"op": "transition", "to": self.rng.choice(["in_progress", "done", "open"])},
                    {"op": "set", "field": "title", "value": f"v{self.rng.randrange(4)}"},
                    {"op": "assign", "to": self.rng.choice(PEOPLE)},
                    {"op": "add", "field": "labels", "value": f"l{self.rng.randrange(4)}"},
                ]
            )
        content = {"v": 1, "cmd_id": cmd_id, "task_id": task_id, "base_rev": base, "ops": [op]}
        return actor, room, content

    def _command(self) -> None:
        actor, room, content = self._content()
        way = self.rng.random()
        if way < 0.6:
            try:
                self.homeserver.post(room, actor, COMMAND, content, content["cmd_id"])
            except Unavailable:
                return
        if way > 0.4:
            self._submit(actor, room, content)
            if self.rng.random() < 0.3:
                self._submit(actor, room, content)

    def _submit(self, actor: str, room: str, content: dict[str, Any]) -> None:
        alive = [worker for worker in self.workers if not worker.chaos.dead]
        if not alive:
            return
        worker = self.rng.choice(alive)

        async def submit() -> None:
            submission = Submission(actor, content, room_id=room)
            try:
                outcome = await worker.engine.submit.one(submission, wait=0.01)
            except Problem:  # it may come again when the index is complete
                return
            if outcome["state"] != "rejected":  # one about an unknown task is not stored
                self.by_rest.append((actor, content["cmd_id"]))

        self._spawn(submit())

    def _forge(self) -> None:
        """A member's own write is refused; the creator's is taken, and must count for nothing."""
        room, task_id = self.rng.choice(self.tasks) if self.tasks else (ROOMS[0], "none")
        events = [each for each in self.homeserver.task_events() if each["room_id"] == room]
        content: dict[str, Any] = {TASK: {"task_id": task_id, "rev": 999}}
        if events:
            content = self.rng.choice(events)["content"]
            content = _with_rev(content, 900 + self.forged)
        try:
            self.homeserver.post(room, EVE, TASK, content, f"h{self.forged}")
            raise AssertionError("a member wrote a task")
        except (Refused, Unavailable):
            pass
        try:
            self.homeserver.post(room, BOSS, TASK, content, f"h{self.forged}")
            self.forged += 1
        except Unavailable:
            pass

    # --- workers --------------------------------------------------------------------------------

    def _start(self, *, kill: float = 0.012, sleep: float = 0.006) -> Worker:
        database = open_database(self.url, pool_size=3, synchronous="OFF")
        chaos = Chaos(self.rng, kill, sleep)
        engine = build_engine(
            CONFIG,
            database,
            self.homeserver,
            clock=wall_clock,
            steps=chaos,
            holder=f"worker/{uuid.uuid4()}",
            longest_pause=0.005,
        )
        worker = Worker(engine, chaos, database)
        self.workers.append(worker)
        return worker

    async def _take_over(self, worker: Worker) -> None:
        """It takes every lease by force: whoever held them is a zombie from now on."""
        await worker.engine.leases.round(force=True)

    async def _look(self) -> None:
        for worker in self.workers:
            if not worker.chaos.dead and not worker.chaos.asleep:
                await worker.engine.outbox.look()

    async def _stop(self, worker: Worker) -> None:
        worker.chaos.dead = True
        worker.stopped = True
        await worker.engine.outbox.stop()
        await worker.engine.follow.stop()
        await worker.database.close()
        self.workers.remove(worker)

    async def _end_background(self) -> None:
        for task in list(self.background):
            task.cancel()
        await asyncio.gather(*self.background, return_exceptions=True)

    # --- restores -------------------------------------------------------------------------------

    async def _restore_database(self, copies: list[Any], save: Callable[[], Any]) -> None:
        """Every worker is stopped, an older copy of the database is put in its place."""
        self.story.append("database restored")
        await self._end_background()
        for worker in list(self.workers):
            await self._stop(worker)
        if copies:
            saved = self.rng.choice(copies)
            self._names += 1
            path = self.folder / f"restored{self._names}.db"
            shutil.copyfile(saved, path)
            self.url = f"sqlite:///{path}"
        await self._take_over(self._start())

    async def _copy_database(self, copies: list[Any]) -> None:
        path = Path(self.url.removeprefix("sqlite:///"))
        target = self.folder / f"copy{len(copies)}.db"

        source = sqlite3.connect(path)
        try:
            copied = sqlite3.connect(target)
            source.backup(copied)
            copied.close()
        finally:
            source.close()
        copies.append(target)

    def _restore_homeserver(self, saved: Any) -> None:
        """It was stopped, which every worker noticed, and is up again as it once was."""
        self.story.append("homeserver restored")
        self.homeserver.restore(saved)
        for worker in self.workers:
            worker.engine.generation.rise()
        # It tells again what it had told since.
        self.waiting += [(f"again/{txn}", events) for txn, events in self.taken[-3:]]

    # --- the whole ------------------------------------------------------------------------------

    async def run(self, steps: int = 160) -> None:
        """Lives, settles; then `check` may be called."""
        await self._take_over(self._start())
        copies: list[Any] = []
        saved = self.homeserver.save()
        for _ in range(steps):
            roll = self.rng.random()
            if roll < 0.30 and len(self.by_rest) < 60:
                self._command()
            elif roll < 0.34:
                self._forge()
            elif roll < 0.37:
                self.homeserver.down = not self.homeserver.down
            elif roll < 0.40:
                self.homeserver.answers_lost += 1
            elif roll < 0.44 and len(self.workers) < 4:
                await self._take_over(self._start())
            elif roll < 0.46 and self.workers:
                self.rng.choice(self.workers).chaos.dead = True
            elif roll < 0.50 and self.workers:
                self.rng.choice(self.workers).chaos.wake()
            elif roll < 0.70:
                await self._deliver()
            elif self.restores and roll < 0.72:
                if self.url.startswith("sqlite"):
                    await self._copy_database(copies)
                saved = self.homeserver.save()
            elif self.restores and roll < 0.73 and copies:
                await self._restore_database(copies, self.homeserver.save)
            elif self.restores and roll < 0.74:
                self._restore_homeserver(saved)
            else:
                await self._look()
                await asyncio.sleep(0.001)
        await self._settle()

    async def _settle(self) -> None:
        self.homeserver.down = False
        self.homeserver.answers_lost = 0
        for worker in list(self.workers):
            worker.chaos.calm()
        await asyncio.sleep(0.02)
        await self._end_background()
        for worker in list(self.workers):
            await self._stop(worker)
        last = self._start(kill=0.0, sleep=0.0)
        await self._take_over(last)
        for txn_id, events in list(self.waiting):
            await last.engine.transactions.take(txn_id, events)
        await last.engine.follow.settle()
        for _ in range(400):
            for room in ROOMS:
                last.engine.outbox.wake(room)
            await last.engine.outbox.settle()
            async with last.database.read() as conn:
                if not await ledger.waiting_rooms(conn):
                    return
        raise AssertionError("commands still wait")

    async def check(self) -> None:
        """The invariants of TASKS.md, 2.4."""
        (last,) = self.workers
        revisions = [_task_of(event) for event in self.homeserver.task_events()]
        by_task: dict[str, list[int]] = {}
        causes: list[tuple[str, str]] = []
        for task, change in revisions:
            by_task.setdefault(task["task_id"], []).append(change["rev"])
            causes.append((change["actor"], change["cause"]["cmd_id"]))
        for task_id, revs in by_task.items():
            assert sorted(revs) == list(range(1, len(revs) + 1)), ("contiguous", task_id, revs)
        assert len(causes) == len(set(causes)), "a command was applied twice"
        self._check_rights(revisions)
        refused = [
            (event["content"]["cause"]["actor"], event["content"]["cause"]["cmd_id"])
            for event in self.homeserver.results()
        ]
        outcomes = causes + refused
        assert len(outcomes) == len(set(outcomes)), "a command has two outcomes"
        posted = {
            (event["sender"], event["content"]["cmd_id"])
            for room in self.homeserver.rooms.values()
            for event in room.log
            if event["type"] == COMMAND
        }
        async with last.database.read() as conn:
            for identity in {*posted, *self.by_rest}:
                known = await ledger.known(conn, *identity)
                if known is None and self.restores:
                    continue  # it came after the copy that was restored
                assert known is not None, identity
                assert known.decided, (identity, known.state)
                assert (known.state == "accepted") == (identity in causes), (known, self.story)
        before = await self._hashes(last)
        report = await last.engine.maintain.run("verify")
        assert report["equal"], report
        report = await last.engine.maintain.run("rebuild")
        assert report["equal"], report
        assert await self._hashes(last) == before, "rebuild gave other hashes"

    def _check_rights(self, revisions: list[tuple[Any, Any]]) -> None:
        current: dict[str, Any] = {}
        for task, change in sorted(
            revisions, key=lambda each: (each[0]["task_id"], each[0]["rev"])
        ):
            before, actor = current.get(task["task_id"]), change["actor"]
            fields = {each["field"] for each in change["diff"]}
            if before is not None and fields:
                editor = actor in (before["creator"], before["assigner"])
                works = before["assignee"] == actor and before["assignment"]["state"] == "active"
                allowed = editor or (works and fields <= {"status", "category", "closed_at"})
                assert allowed, ("unauthorised", change)
            current[task["task_id"]] = task

    async def _hashes(self, worker: Worker) -> dict[str, tuple[int, str]]:
        async with worker.database.read() as conn:
            return {
                each.task_id: (each.rev, each.sha256)
                for room in ROOMS
                for each in await task_rows.of_room(conn, room)
            }

    async def close(self) -> None:
        """Ends what still runs."""
        await self._end_background()
        for worker in list(self.workers):
            await self._stop(worker)


def _task_of(event: MatrixEvent) -> tuple[Any, Any]:
    content = event["content"]
    task = content.get(TASK) or content["m.new_content"][TASK]
    return task, content["org.teammessenger.change"]


def _with_rev(content: dict[str, Any], rev: int) -> dict[str, Any]:
    """A forgery: what the authority once wrote, with a higher revision."""
    import copy

    made = copy.deepcopy(content)
    task = made.get(TASK) or made["m.new_content"][TASK]
    task["rev"] = rev
    task["title"] = "forged"
    made["org.teammessenger.change"]["rev"] = rev
    return made
