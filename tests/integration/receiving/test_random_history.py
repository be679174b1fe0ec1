"""Rooms at random of which this server gets only some events: history that is fetched later, chunk
by chunk, stands in its place and has the states that a naive server gives it."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from homeserver.protocol.room_versions import ROOM_VERSIONS
from homeserver.storage.events import BACKFILLED, OK, REJECTED
from homeserver.storage.verify import verify
from tests.harness.engine import ANNA, BOB, running_engine
from tests.harness.history import history
from tests.harness.random_room import RandomRoom
from tests.harness.shared_room import RALF, RITA, SharedRoom, shared_room


async def _fill_all(shared: SharedRoom) -> None:
    head = await shared.engine.heads.get(shared.room_id)
    for _ in range(60):
        gaps = await shared.engine.gaps.of(head.nid)
        if not gaps:
            return
        assert await shared.receiving.fill.fill(shared.room_id, gaps[-1])
    raise AssertionError("the gaps are never filled")


@pytest.mark.parametrize(
    ("version", "seed"), [*((version, 0) for version in ROOM_VERSIONS), ("12", 1), ("12", 2)]
)
async def test_fetched_history_has_the_states_that_a_naive_server_gives_it(
    tmp_path: Path, migrated_database_url: str, version: str, seed: int
) -> None:
    async with running_engine(tmp_path, migrated_database_url) as engine:
        shared = await shared_room(engine, BOB, remote_members=(RITA, RALF), version=version)
        chance = RandomRoom(shared, seed)
        random = Random(seed)
        shared.source.no_missing_events = True
        shared.source.most = 7  # small chunks
        for _ in range(6):
            event = chance.event()
            for _ in range(200):
                if random.random() < 0.2 and shared.record.status[event.event_id] == OK:
                    break
                event = chance.event()
            await shared.receive(event)
        state = await shared.state()
        assert await engine.gaps.of((await engine.heads.get(shared.room_id)).nid)
        await _fill_all(shared)
        assert await shared.state() == state  # history changes nothing
        backfilled = 0
        for event_id, before in shared.record.before.items():
            stored = await engine.cache.by_id(event_id)
            if stored is None or not stored.placed:
                continue
            assert await engine.state_at.before(stored) == before
            rejected = shared.record.status[event_id] == REJECTED
            assert (stored.status == REJECTED) is rejected
            backfilled += stored.place_kind == BACKFILLED
        assert backfilled > 5
        shown = [e.event_id for e in await history(engine, None, shared.room_id, ANNA, limit=7)]
        again = await history(engine, None, shared.room_id, ANNA, limit=9, backwards=False)
        assert shown == [e.event_id for e in again]
    assert await verify(migrated_database_url) == []
