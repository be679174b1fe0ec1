"""TASKS.md, 2.4: the invariants hold whatever happens, on the real code and both databases.

`make crash` lives many more lives (`CRASH_ROUNDS`).
"""

from __future__ import annotations

import asyncio
import os
import random
from pathlib import Path

import pytest

from tests.harness.protocol_run import ProtocolRun

LIVES = 4
FIRST_SEED = 1_000


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
    tasks_database: str, tmp_path: Path, life: int, restores: bool
) -> None:
    """Crashes, zombies, lost answers, outages, transactions twice and out of order, forgeries; and
    with `restores` older copies of the homeserver and, on SQLite, of the database."""
    await live(FIRST_SEED + life, tasks_database, tmp_path, restores=restores)


@pytest.mark.crash
@pytest.mark.parametrize("life", range(int(os.environ.get("CRASH_ROUNDS", "1"))))
async def test_many_lives(tasks_database: str, tmp_path: Path, life: int) -> None:
    """Each in a database of its own: another life knows other transactions by the same names."""
    seed = random.randrange(1 << 30)
    await live(seed, tasks_database, tmp_path, restores=seed % 2 == 0)
