"""What is done once, however many processes there are: counting guesses, sending, sweeping."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from homeserver.compose.engine import Engine
from homeserver.config import RateLimit
from homeserver.errors import LimitExceeded
from homeserver.services.events.room_turns import RoomTurns
from homeserver.services.ground.housekeeping import Housekeeping
from homeserver.services.ground.shared_buckets import SharedBuckets
from homeserver.storage import client_txns
from homeserver.storage.client_txns import ClientTxn
from homeserver.storage.commit import Write, statements
from homeserver.storage.postgresql import PostgresDatabase
from tests.harness.appservice import fake_appservice, sending
from tests.harness.engine import ANNA, BOB, room, running_engine, running_engines, say
from tests.integration.processes.conftest import serving_together


async def test_guessing_is_counted_for_all_processes_together(
    tmp_path: Path, shared_database_url: str
) -> None:
    limits = {"rate_limits": {"login_failures": {"per_second": 0.05, "burst": 4}}}
    async with serving_together(tmp_path, shared_database_url, 3, **limits) as servers:
        await servers[0].register("olga")
        statuses = [
            (await servers[n % 3].try_login("olga", "a wrong one")).status for n in range(6)
        ]
        assert statuses == [403] * 4 + [429] * 2
        for server in servers:
            assert (await server.try_login("olga")).status == 429
            server.clock.forward(20)
        await servers[1].login("olga")


async def test_attempts_of_one_address_are_counted_for_all_processes_together(
    tmp_path: Path, shared_database_url: str
) -> None:
    limits = {"rate_limits": {"login": {"per_second": 0.2, "burst": 3}}}
    async with serving_together(tmp_path, shared_database_url, 3, **limits) as servers:
        await servers[0].register("olga")
        answers = [await servers[n % 3].try_login("olga") for n in range(4)]
        assert [answer.status for answer in answers] == [200, 200, 200, 429]
        assert answers[-1].body["retry_after_ms"] == 5_000


async def test_a_bucket_holds_what_a_bucket_in_memory_holds(
    tmp_path: Path, migrated_database_url: str
) -> None:
    now = [1_000_000]
    async with running_engine(tmp_path, migrated_database_url, clock=lambda: now[0]) as engine:
        buckets = SharedBuckets(
            engine.database, engine.committer, engine.clock, "test", RateLimit(2, 3)
        )
        for _ in range(3):
            await buckets.take("key")
        with pytest.raises(LimitExceeded) as refused:
            await buckets.take("key")
        assert refused.value.extra["retry_after_ms"] == 500
        now[0] += 500
        await buckets.check("key")
        await buckets.spend("key")
        await buckets.spend("key")  # of an empty one: it does not get emptier
        now[0] += 500
        await buckets.take("key")
        await buckets.take("another")


async def test_the_next_process_sends_when_the_first_one_is_gone(
    tmp_path: Path, shared_database_url: str
) -> None:
    async with (
        fake_appservice() as bridge,
        running_engines(tmp_path, shared_database_url, 2) as (first, second),
    ):
        registration = bridge.registration()
        head = await room(first, ANNA, "@_ghost_a:a.example")
        async with sending(first, registration) as sends:
            await _until_it_sends(first, sends.duties[0].task is not None)
            async with sending(second, registration) as waits:
                await asyncio.sleep(1.5)
                assert waits.duties[0].task is None
                await say(second, head.room_id, "one")
                await bridge.until(lambda: bridge.texts() == ["one"])
                # The connection that the first one's lock hangs on is cut.
                await _cut_locks(second)
                await say(first, head.room_id, "two")
                await bridge.until(lambda: bridge.texts() == ["one", "two"], seconds=20)
                await say(second, head.room_id, "three")
                await bridge.until(lambda: bridge.texts() == ["one", "two", "three"], seconds=20)
        ids = [event["event_id"] for event in bridge.events]
        assert len(ids) == len(set(ids))


async def _until_it_sends(engine: Engine, sends: bool) -> None:
    if not sends:
        await asyncio.sleep(1.5)


async def _cut_locks(engine: Engine) -> None:
    database = engine.database
    assert isinstance(database, PostgresDatabase)
    connection = await database._connect()
    try:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
            " AND classid = 4823"
        )
    finally:
        await connection.close()


async def test_old_transaction_ids_are_swept_away(
    tmp_path: Path, migrated_database_url: str
) -> None:
    now = [client_txns.KEEP_MS * 2]
    async with running_engine(tmp_path, migrated_database_url, clock=lambda: now[0]) as engine:
        old, fresh = now[0] - client_txns.KEEP_MS - 1, now[0] - client_txns.KEEP_MS + 1
        rows = [(f"t{n}", old) for n in range(700)] + [("fresh", fresh)]
        inserts = [
            (
                client_txns.INSERT,
                {
                    "user_id": ANNA,
                    "device_id": "D",
                    "path": "/",
                    "txn_id": txn_id,
                    "answer": b"{}",
                    "ts": ts,
                },
            )
            for txn_id, ts in rows
        ]
        await engine.committer.commit(Write(bind=statements(*inserts)))
        await Housekeeping(engine.committer, engine.clock, uia_ttl_ms=1000).sweep()
        async with engine.database.read() as conn:
            for txn_id, kept in (("t0", False), ("t699", False), ("fresh", True)):
                answer = await client_txns.answer(conn, ClientTxn(ANNA, "D", "/", txn_id))
                assert (answer is not None) == kept


async def test_a_claimed_room_is_written_by_the_one_who_claimed_it(
    tmp_path: Path, shared_database_url: str
) -> None:
    async with running_engines(tmp_path, shared_database_url, 2) as (first, second):
        head = await room(first, ANNA, BOB)
        await second.heads.get(head.room_id)
        turns = RoomTurns(first.committer, first.feed.catch_up, first.clock)
        await turns.take(head)
        theirs = asyncio.create_task(say(second, head.room_id, "theirs"))
        done, _ = await asyncio.wait([theirs], timeout=0.3)
        assert not done
        mine = await say(first, head.room_id, "mine")
        async with asyncio.timeout(5):
            assert (await theirs).ord_pos > mine.ord_pos


async def test_swaps_that_are_made_together_are_lost_one_by_one(
    tmp_path: Path, shared_database_url: str
) -> None:
    async with running_engines(tmp_path, shared_database_url, 2) as (first, second):
        rooms = [(await room(first)).room_id for _ in range(4)]
        for room_id in rooms:
            await second.heads.get(room_id)
        lost: list[str] = []
        second.committer.on_lost_room(lambda ref: lost.append(getattr(ref, "room_id", "")))
        second.feed._listeners.clear()  # it does not hear of what comes now
        for room_id in rooms[:2]:
            await say(first, room_id, "first")
        said = await asyncio.gather(
            *(say(second, room_id, "second") for room_id in rooms), return_exceptions=True
        )
        assert set(lost) == set(rooms[:2])
        assert not set(lost) & set(rooms[2:])
        assert not [each for each in said[2:] if isinstance(each, BaseException)]
