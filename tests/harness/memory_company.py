"""A company whose clock the test turns: the tasks service's own code, its real database, and a
homeserver in memory. Nothing runs by itself; `settle` does all that is to be done by now.
"""

from __future__ import annotations

import asyncio
import itertools
import shutil
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from appservice_tasks.config import Config
from appservice_tasks.domain.ids import task_id_for
from appservice_tasks.engine import Engine, build_engine
from appservice_tasks.matrix_client import MatrixEvent
from appservice_tasks.services.notices import NOTICE
from appservice_tasks.services.org import Org
from appservice_tasks.services.settings import PersonalSettings
from appservice_tasks.services.submit import Submission
from appservice_tasks.storage import organisation
from appservice_tasks.storage.database import Database, open_database
from appservice_tasks.storage.migrate import migrate
from tests.harness.memory_homeserver import AUTHORITY, MemoryHomeserver
from tests.harness.postgres import Cluster, in_thread

OLGA, IVAN, EVE = (f"@{name}:a.example" for name in ("olga", "ivan", "eve"))
TEAM = "!team"
HOMES = {OLGA: "!olga", IVAN: "!ivan", EVE: "!eve"}
MINUTE = 60_000
DAY = 24 * 60 * MINUTE

CONFIG = Config(
    server_name="a.example",
    homeserver_url="http://unused",
    as_token="as",
    hs_token="hs",
    authority=AUTHORITY,
    timezone="Europe/Berlin",
)


def moment(text: str, zone: str = "Europe/Berlin") -> int:
    """A local time like `2026-03-02 09:00`, in ms."""
    local = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))
    return round(local.timestamp() * 1000)


@dataclass
class Worker:
    """One process of the service."""

    engine: Engine
    database: Database


@dataclass
class MemoryCompany:
    """Olga, Ivan and Eve in one room; each has a personal room. now: ms."""

    url: str
    now: int = field(default_factory=lambda: moment("2026-03-02 12:00"))
    homeserver: MemoryHomeserver = field(default_factory=MemoryHomeserver)

    def __post_init__(self) -> None:
        self.homeserver.told = self._tell
        self._waiting: list[MatrixEvent] = []
        self._numbers = itertools.count(1)
        self.workers: list[Worker] = []
        self.homeserver.make_room(TEAM, OLGA, IVAN, EVE)
        for owner, room_id in HOMES.items():
            self.homeserver.make_room(room_id, owner, kind="personal")

    def _tell(self, event: MatrixEvent) -> None:
        self._waiting.append(event)

    @property
    def engine(self) -> Engine:
        return self.workers[0].engine

    # --- processes ------------------------------------------------------------------------------

    async def start(self) -> Worker:
        """One more process, which knows every room."""
        database = open_database(self.url, pool_size=3, synchronous="OFF")
        engine = build_engine(
            CONFIG,
            database,
            self.homeserver,
            clock=lambda: self.now,
            holder=f"worker/{uuid.uuid4()}",
            longest_pause=0.005,
        )
        worker = Worker(engine, database)
        self.workers.append(worker)
        await engine.leases.round(force=True)
        await engine.catch_up.once()
        return worker

    async def stop(self, worker: Worker) -> None:
        """It ends where it is, like a killed process: leases and work stay as they were."""
        self.workers.remove(worker)
        await worker.engine.outbox.stop()
        await worker.engine.follow.stop()
        await worker.database.close()

    async def restart(self) -> None:
        """Every process ends; a new one starts."""
        for worker in list(self.workers):
            await self.stop(worker)
        await self.start()

    async def pass_time(self, milliseconds: int) -> None:
        """The clock goes on, then everything that is due is done."""
        self.now += milliseconds
        await self.settle()

    async def until(self, text: str, zone: str = "Europe/Berlin") -> None:
        """The clock goes on to a local time."""
        wanted = moment(text, zone)
        assert wanted >= self.now, "time goes on"
        await self.pass_time(wanted - self.now)

    async def settle(self) -> None:
        """All that is to be done now."""
        for worker in self.workers:
            await worker.engine.leases.round()
        busy = True
        while busy:
            busy = False
            while self._waiting:
                events, self._waiting = self._waiting, []
                await self.engine.transactions.take(f"t{next(self._numbers)}", events)
                busy = True
            for worker in self.workers:
                engine = worker.engine
                await engine.follow.settle()
                await engine.outbox.look()
                await engine.outbox.settle()
                done = [await engine.reminders.fire(), await engine.chores.round()]
                busy = busy or any(done)
        for worker in self.workers:
            await worker.engine.digest.look()
            await worker.engine.chores.round()

    # --- what people do -------------------------------------------------------------------------

    async def command(
        self, actor: str, *ops: Any, task_id: str | None = None, room: str = TEAM
    ) -> str:
        """A command that is accepted; the task's id."""
        cmd_id = str(uuid.uuid4())
        content: dict[str, Any] = {
            "v": 1,
            "cmd_id": cmd_id,
            "task_id": task_id or task_id_for(actor, cmd_id),
            "base_rev": 0 if task_id is None else 1,
            "ops": list(ops),
        }
        if task_id is not None:
            content["on_conflict"] = "force"
        outcome = await self.engine.submit.one(Submission(actor, content, room_id=room))
        assert outcome["state"] == "accepted", outcome
        await self.settle()
        return str(content["task_id"])

    async def task(
        self, actor: str, title: str = "Write", *, room: str = TEAM, **fields: Any
    ) -> str:
        """A new task; its id."""
        return await self.command(
            actor, {"op": "create", "task": {"title": title, **fields}}, room=room
        )

    async def change(self, actor: str, task_id: str, *ops: Any) -> None:
        """A change of a task."""
        await self.command(actor, *ops, task_id=task_id)

    async def comment(
        self, sender: str, task_id: str, body: str, *mentioned: str, room: str = TEAM
    ) -> None:
        """A message in the task's thread."""
        root = next(
            event["event_id"]
            for event in self.homeserver.task_events()
            if event["content"].get("org.teammessenger.task", {}).get("task_id") == task_id
        )
        content = {
            "msgtype": "m.text",
            "body": body,
            "m.mentions": {"user_ids": list(mentioned)},
            "m.relates_to": {"rel_type": "m.thread", "event_id": root},
        }
        self.homeserver.post(room, sender, "m.room.message", content, f"m{next(self._numbers)}")
        await self.settle()

    async def prefer(self, user_id: str, **wanted: Any) -> None:
        """Settings of somebody."""
        engine = self.engine
        settings = PersonalSettings(
            engine.work, "Europe/Berlin", "en", engine.reminders.preferences_changed
        )
        await settings.put(user_id, wanted)  # type: ignore[arg-type]
        await self.settle()

    async def organise(self, **bosses: str) -> None:
        """The lines of report: `ivan="@olga:a.example"`."""
        org = Org(self.engine.work, self.engine.circumstances, "a.example")
        places: Any = [
            {"user_id": f"@{name}:a.example", "unit": None, "reports_to": boss}
            for name, boss in bosses.items()
        ]
        await org.put({"units": [], "people": places})

    async def leaves_company(self, user_id: str) -> None:
        """The account is deactivated."""
        async with self.engine.work.begin() as unit:
            await organisation.put_person(unit.conn, user_id, {"active": 0})
            await organisation.changed(unit.conn, unit.now)

    # --- what people see ------------------------------------------------------------------------

    def said(self, user_id: str) -> list[str]:
        """What the personal room shows, as a client shows it: edits in place of what they edit."""
        shown: dict[str, str] = {}
        for event in self.homeserver.rooms[HOMES[user_id]].log:
            if event["type"] != "m.room.message":
                continue
            content = event["content"]
            relation = content.get("m.relates_to", {})
            if relation.get("rel_type") == "m.replace":
                assert relation["event_id"] in shown, "an edit of an edit is not shown"
                shown[relation["event_id"]] = content["m.new_content"]["body"]
            else:
                shown[event["event_id"]] = content["body"]
        return list(shown.values())

    def kinds(self, user_id: str) -> list[str]:
        """The kinds of notices in the personal room, in their order, edits included."""
        return [
            event["content"][NOTICE]["kind"]
            for event in self.homeserver.rooms[HOMES[user_id]].log
            if NOTICE in event["content"]
        ]

    def mentioned(self, user_id: str) -> list[bool]:
        """Of each of these events, whether it mentions the reader."""
        return [
            user_id in event["content"]["m.mentions"].get("user_ids", [])
            for event in self.homeserver.rooms[HOMES[user_id]].log
            if NOTICE in event["content"]
        ]


def migrated(url: str) -> None:
    """Makes the tables."""
    in_thread(lambda: asyncio.run(migrate(url)))


@pytest.fixture(params=["sqlite", "postgresql"])
def tasks_database(
    request: pytest.FixtureRequest, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """A database with the tables of the tasks service, and nothing in them."""
    if request.param == "sqlite":
        template = tmp_path_factory.getbasetemp() / "tasks-template.db"
        if not template.exists():
            migrated(f"sqlite:///{template}")
        shutil.copyfile(template, tmp_path / "tasks.db")
        yield f"sqlite:///{tmp_path / 'tasks.db'}"
        return
    cluster: Cluster = request.getfixturevalue("postgres")
    name = cluster.create(cluster.template("tasks", migrated))
    yield cluster.url(name)
    cluster.drop(name)


@asynccontextmanager
async def running(url: str) -> AsyncIterator[MemoryCompany]:
    """A company with one process."""
    company = MemoryCompany(url)
    await company.start()
    try:
        yield company
    finally:
        for worker in list(company.workers):
            await company.stop(worker)


@pytest.fixture
async def office(tasks_database: str) -> AsyncIterator[MemoryCompany]:
    """The company."""
    async with running(tasks_database) as made:
        yield made
