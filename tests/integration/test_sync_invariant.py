"""Old client state + increments = a fresh sync, whatever a company does."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeserver.services.events.write_event import Draft
from homeserver.storage.verify import verify
from tests.harness.engine import running_engine
from tests.harness.sync_scenario import Scenario


@pytest.mark.parametrize("seed", range(6))
async def test_increments_equal_a_fresh_sync(
    tmp_path: Path, migrated_database_url: str, seed: int
) -> None:
    async with running_engine(tmp_path, migrated_database_url) as engine:
        scenario = Scenario(engine, seed)
        for _ in range(4):
            await scenario.run(60)
            await scenario.check()
    assert await verify(migrated_database_url) == []


async def test_a_dropped_increment_is_noticed(tmp_path: Path, migrated_database_url: str) -> None:
    async with running_engine(tmp_path, migrated_database_url) as engine:
        scenario = Scenario(engine, 1)
        await scenario.run(1)
        await scenario.check()
        client = scenario.clients[0]
        topic = Draft("m.room.topic", "@anna:a.example", {"topic": "missed"}, "")
        await engine.write.write(scenario.rooms[0], topic)
        await client.miss_one()
        with pytest.raises(AssertionError, match=r"timeline|state \('m.room.topic', ''\)"):
            await client.check()
