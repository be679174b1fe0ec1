"""How long a command takes until another person's client has seen what it did.

Both services run as `make run` starts them. Ivan waits in `/sync`; Olga commands by
`POST /v1/commands`; the clock runs from her request to the answer of his that has the revision.
"""

from __future__ import annotations

import asyncio
import socket
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import orjson

from tests.harness.company_server import Company, CompanyServer, Person
from tests.load.measure import Measurement, Meter
from tests.load.processes import ProcessTree
from tests.load.servers import Cores, fresh_database

_TASK = "org.teammessenger.task"
_PAUSE = 0.05
"""Seconds between two commands: an idle server, not a busy one."""
_WARM = 20


@contextmanager
def own_company(
    database: str, folder: Path, cores: Cores, *, priority: int | None
) -> Iterator[tuple[CompanyServer, ProcessTree, ProcessTree]]:
    """Both services on a fresh database, their processes, and those of the database."""
    with (
        tempfile.TemporaryDirectory(prefix="team-load-", dir=folder) as own,
        fresh_database(database, Path(own), cores) as (url, behind),
    ):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        server = CompanyServer(Path(own) / "company", port, url)
        server.start()
        try:
            assert server.process is not None
            tree = ProcessTree(server.process.pid)
            if priority is not None:
                tree.prioritise(priority)
                behind.prioritise(priority)
            yield server, tree, behind
        finally:
            server.stop()


class Waiting:
    """Somebody's `/sync`, read for ever; tells when a command's revision was in it."""

    def __init__(self, person: Person, session: aiohttp.ClientSession) -> None:
        self._person = person
        self._session = session
        self._seen: dict[str, asyncio.Future[float]] = {}

    async def ready(self) -> None:
        """Reads the first answer."""
        self._since = await self._read(None)

    async def run(self) -> None:
        """For ever."""
        while True:
            self._since = await self._read(self._since)

    def of(self, cmd_id: str) -> asyncio.Future[float]:
        """When it is seen."""
        return self._seen.setdefault(cmd_id, asyncio.get_running_loop().create_future())

    async def _read(self, since: str | None) -> str:
        query = {"timeout": "30000", **({"since": since} if since else {})}
        async with self._session.get(
            f"{self._person.company.server.url}/_matrix/client/v3/sync",
            params=query,
            headers={"Authorization": f"Bearer {self._person.token}"},
        ) as answer:
            body = orjson.loads(await answer.read())
        now = time.perf_counter()
        for room in body.get("rooms", {}).get("join", {}).values():
            for event in room["timeline"]["events"]:
                if event["type"] == _TASK:
                    cause = event["content"]["org.teammessenger.change"]["cause"]["cmd_id"]
                    if not self.of(cause).done():
                        self.of(cause).set_result(now)
        following: str = body["next_batch"]
        return following


async def measure(
    server: CompanyServer, meter: Meter, commands: int
) -> tuple[Measurement, Measurement]:
    """Until the other sees it, and until the sender is answered."""
    async with aiohttp.ClientSession() as session:
        company = Company(server, session)
        olga, ivan = await company.person("olga"), await company.person("ivan")
        room = await olga.create_room(ivan)
        task = await olga.task(room_id=room)
        waiting = Waiting(ivan, session)
        await waiting.ready()
        reading = asyncio.create_task(waiting.run())
        try:
            await _commands(olga, waiting, task["id"], _WARM)
            with meter as span:
                seen, answered = await _commands(olga, waiting, task["id"], commands)
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
        (await olga.get(f"rooms/{quote(room)}/tasks-config")).must()
    return (
        span.measured("command_seen", "command", commands, seen),
        span.measured("command_answered", "command", commands, answered),
    )


async def _commands(
    olga: Person, waiting: Waiting, task_id: str, count: int
) -> tuple[list[float], list[float]]:
    seen: list[float] = []
    answered: list[float] = []
    for _ in range(count):
        op: dict[str, Any] = {"op": "set", "field": "title", "value": str(uuid.uuid4())}
        command = {**olga.command(op, task_id=task_id, base_rev=1), "on_conflict": "force"}
        arrives = waiting.of(command["cmd_id"])
        started = time.perf_counter()
        answer = (await olga.post("commands", {"commands": [command]})).ok
        answered.append(time.perf_counter() - started)
        assert answer["results"][0]["state"] == "accepted", answer
        seen.append(await asyncio.wait_for(arrives, 30) - started)
        await asyncio.sleep(_PAUSE)
    return seen, answered
