"""Rooms at random: intervals and rows of state say what whole states kept naively say."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeserver.protocol.room_versions import ROOM_VERSIONS
from homeserver.services.events.write_event import Draft
from homeserver.storage import room_state
from homeserver.storage.verify import verify
from tests.harness.engine import ANNA, BOB, running_engine
from tests.harness.random_room import RandomRoom
from tests.harness.shared_room import RALF, RITA, shared_room

_LEVELS = {"users": {RITA: 100, RALF: 50, BOB: 50}, "events": {"m.room.topic": 0}}


@pytest.mark.parametrize(
    ("version", "seed"), [*((version, 0) for version in ROOM_VERSIONS), ("11", 1), ("12", 1)]
)
async def test_every_state_is_what_a_naive_server_has(
    tmp_path: Path, migrated_database_url: str, version: str, seed: int
) -> None:
    async with running_engine(tmp_path, migrated_database_url) as engine:
        shared = await shared_room(engine, BOB, remote_members=(RITA, RALF), version=version)
        levels = dict(_LEVELS)
        if not ROOM_VERSIONS[version].privileged_creators:
            levels["users"] = {**_LEVELS["users"], ANNA: 100}
        await engine.write.write(shared.room_id, Draft("m.room.power_levels", ANNA, levels, ""))
        head = await engine.heads.get(shared.room_id)
        await shared.local(head.extremities[0][0])
        chance = RandomRoom(shared, seed)
        for _ in range(3):
            await chance.run(25)
            await shared.check()
        async with engine.database.read() as conn:
            for position, state in chance.states.items():
                assert await room_state.ids_at(conn, head.nid, position) == state
        assert {0, 1, 2} == set(shared.record.status.values())
    assert await verify(migrated_database_url) == []
