"""Statements that SQLite, which has no statistics, would run through a whole room unless led."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from homeserver.storage import events, relations, room_state
from homeserver.storage.database import Sql
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
