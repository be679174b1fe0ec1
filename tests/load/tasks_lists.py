"""Every filter and order of `GET /v1/tasks` over an index of a hundred thousand tasks.

The service's own HTTP handler answers in this process; who asks is taken at their word. Three
people ask: an administrator who sees every task, somebody in a tenth of the rooms, a newcomer.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import aiohttp
import asyncpg
import orjson
from aiohttp import web

from appservice_tasks.api.endpoint import endpoints_of
from appservice_tasks.api.server import HttpApi
from appservice_tasks.api.tasks import TasksApi
from appservice_tasks.errors import Problem
from appservice_tasks.matrix_client import MatrixClient
from appservice_tasks.services.bus import Bus
from appservice_tasks.services.change_tasks import ChangeTasks
from appservice_tasks.services.circumstances import Circumstances
from appservice_tasks.services.limits import Limits
from appservice_tasks.services.list_tasks import ListTasks
from appservice_tasks.services.messages import Messages
from appservice_tasks.services.read_task import ReadTask
from appservice_tasks.services.settings import PersonalSettings
from appservice_tasks.services.show_tasks import ShowTasks
from appservice_tasks.services.who import Caller, Who
from appservice_tasks.services.work import Work
from appservice_tasks.storage.database import Database, open_database
from appservice_tasks.storage.migrate import migrate
from tests.load.measure import Measurement, Meter
from tests.load.processes import ProcessTree
from tests.load.servers import Cores, fresh_database
from tests.load.tasks_index import ADMIN, BEGAN, NEWCOMER, SERVER, WORKER, fill

TASKS = 100_000
BOUND_MS = 50.0
_NOW = BEGAN + TASKS * 600_000
_SORTS = ("due", "priority", "rank", "updated", "created", "key")


def _day(days: int) -> str:
    return (datetime.fromtimestamp(_NOW / 1000, UTC) + timedelta(days)).date().isoformat()


def queries() -> dict[str, dict[str, Any]]:
    """Every filter, every order, and what the clients' screens ask for."""
    room = f"!room3:{SERVER}"
    asked: dict[str, dict[str, Any]] = {
        "all": {},
        "mine": {"assigned_to": "me"},
        "mine, open": {"assigned_to": "me", "status": "category:open"},
        "nobody's": {"assigned_to": "none", "status": "category:open"},
        "somebody's": {"assigned_to": f"@worker7:{SERVER}"},
        "creator": {"creator": "me"},
        "assigner": {"assigner": f"@worker7:{SERVER}"},
        "involves": {"involves": "me"},
        "requests": {"assigned_to": "me", "assignment": "requested"},
        "status": {"status": "in_progress"},
        "category": {"status": "category:review"},
        "closed": {"status": "category:done"},
        "room": {"room_id": room},
        "room, board": {"room_id": room, "status": "category:open", "sort": "rank", "limit": 200},
        "kind": {"kind": "personal"},
        "label": {"label": "legal"},
        "label, open": {"label": "it", "status": "category:open", "sort": "-updated"},
        "priority": {"priority_gte": "urgent"},
        "due after": {"due_after": _day(-30)},
        "due before": {"due_before": _day(-30)},
        "due this week": {"due_after": _day(0), "due_before": _day(7), "assigned_to": "me"},
        "no due": {"no_due": "true"},
        "overdue": {"overdue": "true"},
        "not overdue": {"overdue": "false"},
        "blocked": {"blocked": "true"},
        "not blocked": {"blocked": "false"},
        "no parent": {"parent": "none"},
        "updated since": {"updated_since": _day(-7), "sort": "-updated"},
        "word": {"q": "договор"},
        "two words": {"q": "contract budg"},
        "rare word": {"q": "nothinglikethis"},
        "key": {"q": "R3-17"},
    }
    for sort in _SORTS:
        asked[f"by {sort}"] = {"sort": sort}
        asked[f"by -{sort}"] = {"sort": f"-{sort}"}
        asked[f"open, by -{sort}"] = {"sort": f"-{sort}", "status": "category:open"}
    asked["three keys"] = {"sort": "priority,-due,key", "status": "category:open"}
    return asked


class _AtTheirWord(Who):
    """A token is a user id."""

    def __init__(self) -> None:
        """Asks nobody."""

    async def is_asking(self, token: str | None, *, trust: float = 2) -> Caller:
        if token is None:
            raise Problem("token_missing")
        return Caller(token, "LOAD", token)


@dataclass(frozen=True)
class Listed:
    """One list of one person. pages: how many were timed. cpu_ms, database_cpu_ms: for a page, of
    this process (on SQLite with the database in it) and of PostgreSQL."""

    person: str
    name: str
    p50_ms: float
    p99_ms: float
    pages: int
    cpu_ms: float
    database_cpu_ms: float


def application(database: Database) -> web.Application:
    """The task endpoints alone."""
    nobody = cast(MatrixClient, None)
    work = Work(database, Bus(), lambda: _NOW)
    circumstances = Circumstances(SERVER)
    show = ShowTasks(circumstances)

    async def changed(_user_id: str) -> None:
        """Nobody is reminded here."""

    settings = PersonalSettings(work, "Europe/Berlin", "en", changed)
    api = TasksApi(
        ListTasks(database, nobody, show, settings, work.clock),
        ReadTask(database, show, Messages(nobody)),
        cast(ChangeTasks, None),
    )
    http = HttpApi([endpoints_of(api)], _AtTheirWord(), Limits(enabled=False), public_url=None)
    app = web.Application()
    app.router.add_route("*", "/v1/{tail:.*}", http.handle)
    return app


async def measure(
    name: str,
    folder: Path,
    *,
    rounds: int,
    tasks: int = TASKS,
    priority: int | None = None,
) -> tuple[Measurement, list[Listed]]:
    """All lists on one database: the whole, and each by itself, the slowest first."""
    with (
        tempfile.TemporaryDirectory(prefix="team-load-", dir=folder) as own,
        fresh_database(name, Path(own), Cores.of([])) as (given, behind),
    ):
        url = given or f"sqlite:///{own}/tasks.db"
        await migrate(url)
        database = open_database(url)
        runner = web.AppRunner(application(database), access_log=None)
        try:
            await fill(database, tasks=tasks)
            if given is not None:
                await _look_over(given)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            host, port = runner.addresses[0][:2]
            async with aiohttp.ClientSession(f"http://{host}:{port}") as session:
                meter = Meter(ProcessTree(None), behind, priority=priority)
                with meter as span:
                    cpu = time.process_time()
                    listed = [
                        await _list(session, behind, person, what, query, rounds)
                        for person in (ADMIN, WORKER, NEWCOMER)
                        for what, query in queries().items()
                    ]
                    cpu = time.process_time() - cpu
        finally:
            await runner.cleanup()
            await database.close()
    pages = sum(each.pages for each in listed)
    slowest = max(each.p50_ms for each in listed)
    whole = span.measured(
        "lists",
        "page",
        pages,
        [each.p50_ms / 1000 for each in listed],
        cpu_ms=1000 * cpu / pages,
        slowest_median_ms=slowest,
        slowest_p99_ms=max(each.p99_ms for each in listed),
    )
    return whole, sorted(listed, key=lambda each: -each.p50_ms)


async def _look_over(url: str) -> None:
    """What PostgreSQL does by itself some minutes after so many rows were written."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


async def _list(
    session: aiohttp.ClientSession,
    database: ProcessTree,
    person: str,
    name: str,
    query: Mapping[str, Any],
    rounds: int,
) -> Listed:
    """The first page and the second, so often each; the first time is not counted."""
    took: list[float] = []
    cpu = behind = 0.0
    for number in range(rounds + 1):
        if number == 1:
            cpu, behind = time.process_time(), database.cpu()
        cursor: str | None = None
        for _ in range(2):
            params = {**query, **({"cursor": cursor} if cursor else {})}
            started = time.perf_counter()
            async with session.get(
                "/v1/tasks", params=params, headers={"Authorization": f"Bearer {person}"}
            ) as answer:
                body = await answer.read()
            if number:
                took.append(1000 * (time.perf_counter() - started))
            assert answer.status == 200, body
            # What a client does with it is not the service's time.
            cursor = orjson.loads(body)["next_cursor"]
            if cursor is None:
                break
    took.sort()
    return Listed(
        person.partition(":")[0].removeprefix("@"),
        name,
        round(took[len(took) // 2], 1),
        round(took[min(len(took) - 1, len(took) * 99 // 100)], 1),
        len(took),
        round(1000 * (time.process_time() - cpu) / len(took), 1),
        round(1000 * (database.cpu() - behind) / len(took), 1),
    )


def shown(listed: list[Listed], count: int) -> str:
    """The slowest of them."""
    names = ("p50 ms", "p99 ms", "CPU ms", "DB CPU ms")
    lines = [f"{'list':<24}{'for':<12}" + "".join(f"{name:>11}" for name in names)]
    for each in listed[:count]:
        figures = (each.p50_ms, each.p99_ms, each.cpu_ms, each.database_cpu_ms)
        lines.append(
            f"{each.name:<24}{each.person:<12}" + "".join(f"{figure:>11}" for figure in figures)
        )
    return "\n".join(lines)
