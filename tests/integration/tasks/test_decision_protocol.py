"""TASKS.md, 2.4: the invariants hold whatever happens, on the real code and both databases.

`make crash` lives many more lives (`CRASH_ROUNDS`).
"""

from __future__ import annotations

import asyncio
import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from appservice_tasks.storage.migrate import migrate
from tests.harness.postgres import Cluster, in_thread
from tests.harness.protocol_run import ProtocolRun

LIVES = 4
FIRST_SEED = 1_000


def _migrate(url: str) -> None:
    in_thread(lambda: asyncio.run(migrate(url)))


@pytest.fixture(params=["sqlite", "postgresql"])
def tasks_database_url(
    request: pytest.FixtureRequest, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """A database with the tables of the tasks service."""
    if request.param == "sqlite":
        template = tmp_path_factory.getbasetemp() / "tasks-template.db"
        if not template.exists():
            _migrate(f"sqlite:///{template}")
        shutil.copyfile(template, tmp_path / "tasks.db")
        yield f"sqlite:///{tmp_path / 'tasks.db'}"
        return
    cluster: Cluster = request.getfixturevalue("postgres")
    name = cluster.create(cluster.template("tasks", _migrate))
    yield cluster.url(name)
    cluster.drop(name)


async def live(seed: int, url: str, folder: Path, *, restores: bool) -> ProtocolRun:
    run = ProtocolRun(seed, url, folder, restores=restores)
    try:
        async with asyncio.timeout(100):
            await run.run()
            await run.check()
    except BaseException:
        pytest.fail(f"seed {seed}, restores={restores}: {run.story}", pytrace=True)
    finally:
        await run.close()
    return run


@pytest.mark.parametrize("life", range(LIVES))
@pytest.mark.parametrize("restores", [False, True])
async def test_every_life_keeps_the_invariants(
    tasks_database_url: str, tmp_path: Path, life: int, restores: bool
) -> None:
    """Crashes, zombies, lost answers, outages, transactions twice and out of order, forgeries; and
    with `restores` older copies of the homeserver and, on SQLite, of the database."""
    await live(FIRST_SEED + life, tasks_database_url, tmp_path, restores=restores)


@pytest.mark.crash
@pytest.mark.timeout(3600)
async def test_many_lives(tasks_database_url: str, tmp_path: Path) -> None:
    rounds = int(os.environ.get("CRASH_ROUNDS", "0"))
    url = tasks_database_url
    for _ in range(rounds):
        seed = random.randrange(1 << 30)
        folder = tmp_path / str(seed)
        folder.mkdir()
        if url.startswith("sqlite"):
            path = folder / "tasks.db"
            await migrate(f"sqlite:///{path}")
            tasks_database_url = f"sqlite:///{path}"
        await live(seed, tasks_database_url, folder, restores=seed % 2 == 0)
