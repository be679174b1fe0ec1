"""Statements that a database would run through a whole room unless led."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from homeserver.storage import events, relations, room_state
from homeserver.storage.database import SCHEMA, Sql
from homeserver.storage.migrate import migrate

BY_PARENT = "event_relations (relates_to=?"


@pytest.mark.parametrize(
    ("sql", "index"),
    [
        (relations._RANKED, BY_PARENT),
        (relations._CHILDREN[True], BY_PARENT),
        (relations._CHILDREN[False], BY_PARENT),
        (relations._IDS_OF_CHILDREN, BY_PARENT),
        (relations._RELATED_BY, BY_PARENT),
        (relations._THREADS, "event_thread (room=?"),
        (events._ANNOTATIONS, BY_PARENT),
        (events._BACKWARDS, "(room=? AND (ord_pos,ord_minor)<(?,?)"),
        (events._FORWARDS, "(room=? AND (ord_pos,ord_minor)>(?,?)"),
        (room_state._CURRENT, "room_state_current (room=?"),
        (room_state._AT_TYPE, "(room=? AND type=?"),
    ],
    ids=lambda value: value.text[:40] if isinstance(value, Sql) else None,
)
async def test_the_narrow_index_is_used(tmp_path: Path, sql: Sql, index: str) -> None:
    path = tmp_path / "homeserver.db"
    await migrate(f"sqlite:///{path}")
    args = tuple("[]" if i in sql.lists else 1 for i in range(len(sql.names)))
    connection = sqlite3.connect(path)
    try:
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql.sqlite}", args)]
    finally:
        connection.close()
    searches = [step for step in plan if step.startswith("SEARCH event ") or "room_state" in step]
    assert searches
    assert all(index in step for step in searches), plan


@pytest.mark.parametrize("known", ["analysed", "nothing known"])
@pytest.mark.parametrize("rooms", [1, 3])
@pytest.mark.parametrize("sql", [events._BACKWARDS, events._FORWARDS], ids=["back", "forth"])
async def test_a_page_of_a_long_room_reads_no_more_than_the_page(
    shared_database_url: str, sql: Sql, rooms: int, known: str
) -> None:
    """PostgreSQL would rather sort the room, as it guesses that hardly anything is left of it."""
    connection = await asyncpg.connect(shared_database_url, server_settings={"search_path": SCHEMA})
    try:
        await connection.execute("ALTER TABLE event SET (autovacuum_enabled = off)")
        await connection.execute(
            "INSERT INTO event (nid, room, event_id, type, sender, status, place, ord_pos,"
            " ord_minor, notify, depth, origin_server_ts, json)"
            " SELECT n, n % $1, n::text, 't', 's', 0, 0, n, 0, 0, n, n, repeat('x', 500)::bytea"
            " FROM generate_series(1, 3000) n",
            rooms,
        )
        if known == "analysed":
            await connection.execute("ANALYZE event")
        end = 0 if sql is events._BACKWARDS else 9_000
        arguments = ", ".join(["bigint"] * len(sql.names))
        await connection.execute(f"PREPARE page ({arguments}) AS {sql.postgresql}")
        for _ in range(8):  # the first few plans know the arguments
            plan = await connection.fetchval(
                f"EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE page (0, 1500, 0, 100, {end}, 0)"
            )
            scan = innermost(json.loads(plan)[0]["Plan"])
            assert scan["Index Name"] == "event_room_ord_pos_ord_minor_key"
            assert scan["Node Type"] == "Index Scan"
            assert scan["Actual Rows"] == 100
            assert scan.get("Rows Removed by Filter", 0) == 0
    finally:
        await connection.close()


def innermost(plan: dict[str, Any]) -> dict[str, Any]:
    """The scan of the table."""
    found = plan if plan.get("Relation Name") == "event" else None
    for part in plan.get("Plans", ()):
        found = found or innermost(part)
    return found or {}
