"""Clients that ask another process each time know what a client of one process knows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from homeserver.storage.postgresql import PostgresDatabase
from homeserver.storage.verify import verify
from tests.harness.engine import running_engines
from tests.harness.sync_scenario import Scenario


@pytest.mark.parametrize("seed", range(2))
async def test_increments_from_any_process_equal_a_fresh_sync(
    tmp_path: Path, shared_database_url: str, seed: int
) -> None:
    async with running_engines(tmp_path, shared_database_url, 3) as engines:
        scenario = Scenario(engines[0], seed, *engines[1:])
        for _ in range(4):
            await scenario.run(60)
            await scenario.check()
    assert await verify(shared_database_url) == []


async def test_they_do_so_when_nobody_is_notified(
    tmp_path: Path, shared_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    listen = PostgresDatabase.listen

    async def deaf_to_the_log(
        self: PostgresDatabase, channel: str, heard: Callable[[str], None]
    ) -> None:
        if channel != "log":
            await listen(self, channel, heard)

    monkeypatch.setattr(PostgresDatabase, "listen", deaf_to_the_log)
    async with running_engines(tmp_path, shared_database_url, 2) as engines:
        scenario = Scenario(engines[0], 9, engines[1])
        for _ in range(3):
            await scenario.run(60)
            await scenario.check()
