from __future__ import annotations

from pathlib import Path

import pytest

from homeserver.remote.blobs import DiskBlobs
from homeserver.services.events.write_event import Draft
from homeserver.services.retention.purge_media import PurgeMedia
from homeserver.services.retention.purge_room import PurgeRoom
from homeserver.storage import room_state
from homeserver.storage.verify import verify
from tests.harness.engine import ANNA, BOB, running_engine
from tests.harness.random_room import RandomRoom
from tests.harness.shared_room import RALF, RITA, shared_room


@pytest.mark.parametrize("seed", range(3))
async def test_forks_keep_their_state_when_what_they_grew_from_is_gone(
    tmp_path: Path, migrated_database_url: str, seed: int
) -> None:
    async with running_engine(tmp_path, migrated_database_url) as engine:
        shared = await shared_room(engine, BOB, remote_members=(RITA, RALF))
        levels = {"users": {RITA: 100, RALF: 50, BOB: 50}, "events": {"m.room.topic": 0}}
        await engine.write.write(shared.room_id, Draft("m.room.power_levels", ANNA, levels, ""))
        head = await engine.heads.get(shared.room_id)
        await shared.local(head.extremities[0][0])
        chance = RandomRoom(shared, seed)
        await chance.run(40)
        cut = engine.feed.position
        await chance.run(30)
        originals, thumbnails = DiskBlobs(tmp_path / "a"), DiskBlobs(tmp_path / "b")
        media = PurgeMedia(
            engine.database, engine.committer, originals, thumbnails, server_name="a.example"
        )
        purge = PurgeRoom(
            engine.database, engine.committer, engine.heads, media, server_name="a.example"
        )

        gone = await purge.before(shared.room_id, cut)

        assert gone.events > 10
        assert await shared.state() == shared.record.state()
        kept = 0
        for event_id, status in shared.record.status.items():
            stored = await engine.cache.by_id(event_id)
            if stored is not None and stored.placed:
                kept += 1
                assert stored.status == status
                assert await engine.state_at.before(stored) == shared.record.before[event_id]
        assert kept > 10
        async with engine.database.read() as conn:
            for position, state in chance.states.items():
                if position >= cut:
                    assert await room_state.ids_at(conn, head.nid, position) == state
        await chance.run(10)
        assert await shared.state() == shared.record.state()
        await originals.stop()
        await thumbnails.stop()
    assert await verify(migrated_database_url) == []
