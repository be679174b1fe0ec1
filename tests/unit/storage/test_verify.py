"""`verify` finds what does not fit together."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeserver.services.events.write_event import Draft
from homeserver.storage.database import Sql, Step, Transaction
from homeserver.storage.open_database import open_database
from homeserver.storage.verify import verify
from tests.harness.engine import BOB, room, running_engine, say
from tests.harness.shared_room import RITA, shared_room


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


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE event SET ord_minor = 1 WHERE nid = 8", "does not stand where its kind does"),
        ("UPDATE event SET place = 1 WHERE nid = 8", "does not stand where its kind does"),
        ("UPDATE event SET place = 2 WHERE nid = 8", "does not stand where its kind does"),
        ("DELETE FROM state", "the state before event"),
        ("UPDATE state SET base_pos = NULL, base_id = 77", "has no base"),
        ("UPDATE state SET entries = '{\"set\":[99999]}'", "names an event that is not there"),
        ("UPDATE event SET status = 2 WHERE type = 'm.room.topic'", "names a rejected event"),
        ("UPDATE gap SET anchor_pos = 3000", "is not before any event"),
        ("UPDATE gap SET low_minor = 5", "is not before any event"),
        (
            "UPDATE event SET status = 1 WHERE nid = (SELECT MAX(nid) FROM event WHERE place = 0)",
            "newest event",
        ),
    ],
)
async def test_faults_of_forks_and_gaps_are_named(
    tmp_path: Path, migrated_database_url: str, statement: str, fault: str
) -> None:
    async with running_engine(tmp_path, migrated_database_url) as engine:
        shared = await shared_room(engine)
        base = shared.record.extremities
        topic = {"topic": "here"}
        await engine.write.write(
            shared.room_id, Draft("m.room.topic", "@anna:a.example", topic, "")
        )
        text = {"msgtype": "m.text", "body": "hello"}
        shared.source.no_missing_events = True
        shared.remote.make("m.room.message", RITA, text, prev=base)
        beside = shared.remote.make("m.room.message", RITA, text, prev=base)
        lost = shared.remote.make("m.room.message", RITA, text, prev=base)
        last = shared.remote.make("m.room.message", RITA, text, prev=[lost.event_id])
        for event in (beside, last):
            await shared.receive(event)
    assert await verify(migrated_database_url) == []
    await _break(migrated_database_url, statement)
    assert any(fault in found for found in await verify(migrated_database_url))
