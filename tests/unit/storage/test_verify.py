"""`verify` finds what does not fit together."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeserver.services.write_event import Draft
from homeserver.storage.database import Sql, Step, Transaction, open_database
from homeserver.storage.verify import verify
from tests.harness.engine import BOB, room, running_engine, say


async def _break(url: str, statement: str) -> None:
    database = await open_database(url)

    def transaction() -> Transaction[None]:
        yield Step(Sql(statement), [()])

    await database.transact(transaction)
    await database.close()


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("DELETE FROM log WHERE position = 8", "follows a row that is not there"),
        ("UPDATE room_state SET to_pos = NULL", "two current values"),
        ("UPDATE room_state SET to_pos = 999 WHERE type = 'm.room.name'", "ends where nothing"),
        ("DELETE FROM event WHERE type = 'm.room.join_rules'", "names an event that is not there"),
        ("UPDATE membership SET event_nid = 1", "not what the room's state says"),
        ("UPDATE room SET extremities = '[]'", "newest event"),
    ],
)
async def test_each_kind_of_fault_is_named(
    tmp_path: Path, migrated_database_url: str, statement: str, fault: str
) -> None:
    async with running_engine(tmp_path, migrated_database_url) as engine:
        head = await room(engine, "@anna:a.example", BOB)
        for text in ("one", "two", "three"):
            await say(engine, head.room_id, text)
        for name in ("Hall", "Great Hall"):
            await engine.write.write(
                head.room_id, Draft("m.room.name", "@anna:a.example", {"name": name}, "")
            )
    assert await verify(migrated_database_url) == []
    await _break(migrated_database_url, statement)
    assert any(fault in found for found in await verify(migrated_database_url))
