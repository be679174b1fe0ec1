"""What states cost on disk, and for how long a resolution keeps others waiting."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random

import asyncpg
import pytest

from homeserver.compose.engine import Engine
from homeserver.services.events.room_heads import RoomHead
from homeserver.services.events.write_event import Draft
from homeserver.storage.database import SCHEMA
from homeserver.storage.events import OK
from tests.harness.engine import ANNA, running_engine
from tests.harness.shared_room import SharedRoom, shared_room

_MEMBERS = 1_000
_PART = 250


def _people(server: str = "a.example") -> list[str]:
    return [f"@p{n}:{server}" for n in range(_MEMBERS)]


async def _write(shared: SharedRoom, drafts: Iterable[Draft]) -> None:
    waiting = list(drafts)
    for start in range(0, len(waiting), _PART):
        part = waiting[start : start + _PART]
        await shared.engine.write.write(shared.room_id, _given(part))


def _given(drafts: list[Draft]) -> Callable[[RoomHead], list[Draft]]:
    return lambda _: drafts


def _join(user_id: str, name: str) -> Draft:
    return Draft("m.room.member", user_id, {"membership": "join", "displayname": name}, user_id)


async def _vacuum(url: str) -> None:
    """What PostgreSQL does by itself now and then; the tests' cluster does not."""
    if not url.startswith("sqlite:///"):
        conn = await asyncpg.connect(url)
        await conn.execute(f"VACUUM {SCHEMA}.room_state")
        await conn.close()


async def _bytes_of_states(url: str) -> int:
    """What the tables of states, and their indexes, take on disk."""
    if url.startswith("sqlite:///"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"))
        tables = ("room_state", "state")
        names = [
            row[0]
            for row in connection.execute("SELECT name, tbl_name FROM sqlite_master")
            if row[0] in tables or row[0].startswith(("sqlite_autoindex_room_state", "room_state_"))
        ]
        try:
            (total,) = connection.execute(
                "SELECT SUM(pgsize) FROM dbstat WHERE name IN (SELECT value FROM json_each(?))",
                ['["' + '","'.join([*names, "state_room"]) + '"]'],
            ).fetchone()
        finally:
            connection.close()
        return int(total)
    conn = await asyncpg.connect(url)
    try:
        total = await conn.fetchval(
            "SELECT SUM(pg_total_relation_size(name::regclass)) FROM unnest($1::text[]) AS name",
            [f"{SCHEMA}.room_state", f"{SCHEMA}.state"],
        )
    finally:
        await conn.close()
    return int(total)


async def test_a_change_in_a_room_of_a_thousand_takes_less_than_250_bytes(
    tmp_path: Path, migrated_database_url: str
) -> None:
    random = Random(1)
    async with running_engine(tmp_path, migrated_database_url) as engine:
        shared = await shared_room(engine)
        people = _people()
        await _write(shared, (_join(user_id, "") for user_id in people))
        before = await _bytes_of_states(migrated_database_url)
        changes = 5_000
        for _ in range(5):
            await _write(shared, (_join(random.choice(people), str(n)) for n in range(1_000)))
            await _vacuum(migrated_database_url)
        after = await _bytes_of_states(migrated_database_url)
        assert (after - before) / changes < 250


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Resolutions let others run after each of their steps, however quick the machine is."""
    monkeypatch.setattr("homeserver.services.events.resolve_state._SLICE", 0.0)


async def test_others_run_while_a_large_conflict_is_resolved(
    tmp_path: Path, migrated_database_url: str, small_steps: None
) -> None:
    async with running_engine(tmp_path, migrated_database_url) as engine:
        shared = await shared_room(engine)
        base = await _head(engine, shared)
        event = shared.remote.make(
            "m.room.message",
            "@rita:b.example",
            {"msgtype": "m.text", "body": "beside"},
            prev=base,
        )
        await _write(shared, (_join(user_id, "") for user_id in _people()))
        turns = 0
        working = True

        async def count() -> None:
            nonlocal turns
            while working:
                turns += 1
                await asyncio.sleep(0)

        counting = asyncio.create_task(count())
        started = time.process_time()
        received = await shared.receive(event)
        spent = time.process_time() - started
        working = False
        await counting
        assert received.status == OK
        assert turns > 5
        assert spent < 30  # not a measurement: only that it ends


async def _head(engine: Engine, shared: SharedRoom) -> list[str]:
    head = await engine.heads.get(shared.room_id)
    assert ANNA in head.joined
    return [event_id for event_id, _ in head.extremities]
