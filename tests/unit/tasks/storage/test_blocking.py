"""Which tasks are blocked is known without looking at their blockers, whatever comes first."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
import sqlalchemy as sa
from alembic import command

from appservice_tasks.contracts import Snapshot, Tombstone
from appservice_tasks.storage import tables, task_lists, task_rows
from appservice_tasks.storage.database import Database, open_database
from appservice_tasks.storage.migrations.run import alembic_config, connected, upgrade
from appservice_tasks.storage.task_filters import Filters
from appservice_tasks.storage.task_order import Sort

OLGA = "@olga:a.example"
FIRST, SECOND, THIRD = (str(uuid.UUID(int=number, version=4)) for number in (1, 2, 3))
KEYS = {FIRST: "OPS-1", SECOND: "OPS-2", THIRD: "LAW-1"}
ROOMS = ("!one", "!two")


def _snapshot(task_id: str, category: str = "todo", blocked_by: tuple[str, ...] = ()) -> Snapshot:
    made: dict[str, Any] = {
        "v": 1,
        "task_id": task_id,
        "key": KEYS[task_id],
        "rev": 1,
        "kind": "team",
        "title": KEYS[task_id],
        "status": category,
        "category": category,
        "creator": OLGA,
        "assigner": OLGA,
        "assignee": None,
        "assignment": {"state": "none"},
        "priority": "none",
        "created_at": 1,
        "updated_at": 1,
        "frev": {"title": 1},
    }
    if blocked_by:
        made["blocked_by"] = list(blocked_by)
    return cast(Snapshot, made)


async def _put(
    database: Database,
    task_id: str,
    category: str = "todo",
    *,
    room_id: str = "!one",
    blocked_by: tuple[str, ...] = (),
) -> None:
    snapshot = _snapshot(task_id, category, blocked_by)
    async with database.write() as conn:
        await task_rows.put_snapshot(conn, snapshot, room_id=room_id, root_event_id=f"${task_id}")


async def _blocked(database: Database, *rooms: str) -> set[str]:
    """Keys; checks that every other task is listed as not blocked."""
    found: dict[bool, set[str]] = {}
    async with database.read() as conn:
        for blocked in (True, False):
            wanted = Filters(rooms or ROOMS, blocked=blocked)
            page = await task_lists.page(conn, wanted, [Sort("due")], after=None, limit=9)
            found[blocked] = {each.task.key for each in page}
        every = await task_lists.page(
            conn, Filters(rooms or ROOMS), [Sort("due")], after=None, limit=9
        )
    assert found[True].isdisjoint(found[False])
    assert found[True] | found[False] == {each.task.key for each in every}
    return found[True]


@pytest.fixture
async def database(tasks_database: str) -> AsyncIterator[Database]:
    made = open_database(tasks_database, pool_size=3, synchronous="OFF")
    yield made
    await made.close()


async def test_a_task_waits_until_its_last_blocker_is_closed(database: Database) -> None:
    await _put(database, FIRST)
    await _put(database, THIRD, room_id="!two")
    await _put(database, SECOND, blocked_by=(FIRST, THIRD))
    assert await _blocked(database) == {"OPS-2"}
    assert await _blocked(database, "!two") == set()
    await _put(database, FIRST, "done")
    assert await _blocked(database) == {"OPS-2"}
    await _put(database, THIRD, "cancelled", room_id="!two")
    assert await _blocked(database) == set()
    await _put(database, FIRST)
    assert await _blocked(database) == {"OPS-2"}, "it was opened again"
    await _put(database, SECOND)
    assert await _blocked(database) == set()


async def test_a_blocker_may_come_later_and_go(database: Database) -> None:
    await _put(database, SECOND, blocked_by=(FIRST,))
    assert await _blocked(database) == set()
    await _put(database, FIRST)
    assert await _blocked(database) == {"OPS-2"}
    async with database.write() as conn:
        await task_rows.remove(conn, [FIRST])
    assert await _blocked(database) == set()
    await _put(database, FIRST)
    async with database.write() as conn:
        erased = cast(Tombstone, {"task_id": FIRST, "key": "OPS-1", "rev": 2, "erased": {}})
        await task_rows.put_tombstone(conn, erased, room_id="!one", root_event_id="$1", at=2)
    assert await _blocked(database) == set()


async def test_a_task_that_moves_is_blocked_where_it_is(database: Database) -> None:
    await _put(database, FIRST)
    await _put(database, SECOND, blocked_by=(FIRST,))
    await _put(database, SECOND, room_id="!two", blocked_by=(FIRST,))
    assert await _blocked(database, "!one") == set()
    assert await _blocked(database, "!two") == {"OPS-2"}


async def test_who_waits_for_a_task_that_is_being_closed_hears_of_it(database: Database) -> None:
    await _put(database, FIRST)
    async with database.write() as conn:
        closed = _snapshot(FIRST, "done")
        await task_rows.put_snapshot(conn, closed, room_id="!one", root_event_id="$1")
        waits = asyncio.create_task(_put(database, SECOND, blocked_by=(FIRST,)))
        await asyncio.sleep(0.05)
        assert not waits.done()
    await waits
    assert await _blocked(database) == set()


async def test_keys_of_several_rooms_are_in_one_order(database: Database) -> None:
    await _put(database, SECOND, room_id="!two")
    await _put(database, FIRST)
    await _put(database, THIRD, room_id="!two")
    async with database.read() as conn:
        for down, keys in ((False, ["LAW-1", "OPS-1", "OPS-2"]), (True, ["OPS-2", "OPS-1"])):
            order = [Sort("key", down)]
            page = await task_lists.page(conn, Filters(ROOMS), order, after=None, limit=len(keys))
            assert [each.task.key for each in page] == keys
        rest = await task_lists.page(conn, Filters(ROOMS), order, after=page[-1].place, limit=9)
        assert [each.task.key for each in rest] == ["LAW-1"]


async def test_an_older_database_learns_what_is_blocked(database_url: str) -> None:
    async with connected(database_url) as conn:
        await conn.run_sync(lambda sync: command.upgrade(alembic_config(sync), "0002"))
        rows = [_row(1, FIRST, closed=0), _row(2, SECOND, closed=0), _row(3, THIRD, closed=1)]
        await conn.execute(tables.task.insert(), rows)
        for nid, blocker in ((2, FIRST), (1, THIRD), (3, "unknown")):
            await conn.execute(
                sa.text("INSERT INTO task_blocks (nid, blocker) VALUES (:nid, :blocker)"),
                {"nid": nid, "blocker": blocker},
            )
    await upgrade(database_url)
    async with connected(database_url) as conn:
        kept = sa.select(tables.task_blocks.c.nid, tables.task_blocks.c.room_id).where(
            tables.task_blocks.c.open == 1
        )
        assert [tuple(row) for row in await conn.execute(kept)] == [(2, "!one")]


def _row(nid: int, task_id: str, *, closed: int) -> dict[str, Any]:
    texts = ("kind", "status", "category", "creator", "assigner", "assignment_state", "sha256")
    numbers = ("rev", "priority", "created_at", "updated_at")
    return {
        "nid": nid,
        "task_id": task_id,
        "room_id": "!one",
        "root_event_id": f"${nid}",
        "key_prefix": "OPS",
        "key_no": nid,
        "closed": closed,
        **dict.fromkeys(texts, ""),
        **dict.fromkeys(numbers, 0),
    }
