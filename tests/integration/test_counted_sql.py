"""What the database is asked, counted: the promises of the design."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.harness.engine import ANNA, BOB, room, running_engine, say
from tests.harness.sync_scenario import Scenario


async def test_a_poll_with_nothing_new_runs_no_sql(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with running_engine(tmp_path, migrated_database_url) as engine:
        scenario = Scenario(engine, 0)
        await scenario.run(30)
        client = scenario.clients[0]
        await client.catch_up()
        before = engine.database.statements
        for _ in range(10):
            await client.catch_up()
        # The log's tail is read once a second, whoever polls.
        assert engine.database.statements - before <= 1


async def test_a_message_reaches_those_who_wait_without_a_query(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with running_engine(tmp_path, migrated_database_url) as engine:
        scenario = Scenario(engine, 0)
        head = await room(engine, ANNA, BOB)
        await scenario.run(0)
        client = next(c for c in scenario.clients if c.name == f"{BOB} lazy")
        for _ in range(3):
            await say(engine, head.room_id, "warm")
            await client.catch_up()
        for _ in range(5):
            await say(engine, head.room_id, "hello")
            before = engine.database.statements
            await client.catch_up()
            assert engine.database.statements - before <= 1
        timeline = client.told.join[head.room_id].timeline
        assert [event["content"]["body"] for event in timeline[-5:]] == ["hello"] * 5


async def test_many_senders_share_commits(tmp_path: Path, migrated_database_url: str) -> None:
    async with running_engine(tmp_path, migrated_database_url) as engine:
        heads = [await room(engine, ANNA, BOB) for _ in range(32)]
        commits, statements = engine.committer.commits, engine.database.statements

        async def send(room_id: str) -> None:
            for n in range(20):
                await say(engine, room_id, str(n))

        await asyncio.gather(*(send(head.room_id) for head in heads))
        events = 32 * 20
        assert (engine.committer.commits - commits) / events < 0.2
        assert (engine.database.statements - statements) / events < 2.5


async def test_a_first_sync_asks_of_many_rooms_at_once(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with running_engine(tmp_path, migrated_database_url) as engine:
        for _ in range(50):
            await say(engine, (await room(engine, ANNA, BOB)).room_id, "hello")
        scenario = Scenario(engine, 0)
        client = next(c for c in scenario.clients if c.name == f"{BOB} lazy")
        before = engine.database.statements
        await client.catch_up()
        asked = engine.database.statements - before
        assert len(client.told.join) >= 50
        # Some seven of each room; on PostgreSQL, of each few dozen rooms. Others are asked once.
        assert asked < (150 if engine.database.dialect == "postgresql" else 450), asked
