"""Tasks of the index: a narrow row to find and sort by, the snapshot, and who is in it."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, cast

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from appservice_tasks.contracts import Priority, Snapshot, Tombstone, When
from appservice_tasks.storage import blocking, json_text
from appservice_tasks.storage.tables import (
    task,
    task_label,
    task_person,
    task_text,
)
from appservice_tasks.storage.upsert import put, putting

PRIORITIES: Final[dict[Priority, int]] = {"none": 0, "low": 1, "normal": 2, "high": 3, "urgent": 4}
CLOSED: Final = ("done", "cancelled")


@dataclass(frozen=True, slots=True)
class StoredTask:
    """A task as the index has it. snapshot: None once erased."""

    nid: int
    task_id: str
    room_id: str
    root_event_id: str
    key: str
    rev: int
    sha256: str
    snapshot: Snapshot | None


_FOUND = (
    task.c.nid,
    task.c.task_id,
    task.c.room_id,
    task.c.root_event_id,
    task.c.key_prefix,
    task.c.key_no,
    task.c.rev,
    task.c.sha256,
    task_text.c.snapshot,
)
_JOINED = task.outerjoin(task_text, task_text.c.nid == task.c.nid)


def _stored(row: Any) -> StoredTask:
    snapshot = None if row.snapshot is None else cast(Snapshot, json_text.loads(row.snapshot))
    key = f"{row.key_prefix}-{row.key_no}"
    return StoredTask(
        nid=row.nid,
        task_id=row.task_id,
        room_id=row.room_id,
        root_event_id=row.root_event_id,
        key=key,
        rev=row.rev,
        sha256=row.sha256,
        snapshot=snapshot,
    )


def due_moment(when: When | None) -> tuple[int | None, str | None]:
    """When a task is due: the moment (ms), of a day its end in UTC; and the day, if it is one."""
    if when is None:
        return None, None
    if "date" in when:
        end = datetime.combine(date.fromisoformat(when["date"]), datetime.min.time(), UTC)
        return round((end + timedelta(days=1)).timestamp() * 1000) - 1, when["date"]
    return when["at"], None


def words_of(snapshot: Snapshot) -> str:
    """What a search looks in."""
    parts = (snapshot["key"], snapshot["title"], snapshot.get("description") or "")
    return fold_letters("\n".join(parts))


def fold_letters(text: str) -> str:
    """Letters as searches compare them."""
    return text.lower().replace("ё", "е").replace("\0", " ")


def split_key(key: str) -> tuple[str, int]:
    """("OPS", 42) of a valid key."""
    prefix, _, number = key.rpartition("-")
    return prefix, int(number)


async def find(conn: AsyncConnection, task_id: str) -> StoredTask | None:
    """One task by its id."""
    row = (
        await conn.execute(sa.select(*_FOUND).select_from(_JOINED).where(task.c.task_id == task_id))
    ).first()
    return None if row is None else _stored(row)


async def find_many(conn: AsyncConnection, task_ids: Iterable[str]) -> dict[str, StoredTask]:
    """Tasks by their ids."""
    rows = await conn.execute(
        sa.select(*_FOUND).select_from(_JOINED).where(task.c.task_id.in_(list(task_ids)))
    )
    return {row.task_id: _stored(row) for row in rows}


async def by_key(conn: AsyncConnection, prefix: str, number: int) -> list[StoredTask]:
    """Tasks with this key: usually one; every personal room has a MY-1."""
    rows = await conn.execute(
        sa.select(*_FOUND)
        .select_from(_JOINED)
        .where(task.c.key_prefix == prefix, task.c.key_no == number)
        .order_by(task.c.nid)
    )
    return [_stored(row) for row in rows]


async def by_root(conn: AsyncConnection, event_id: str) -> StoredTask | None:
    """The task whose root this event is."""
    row = (
        await conn.execute(
            sa.select(*_FOUND).select_from(_JOINED).where(task.c.root_event_id == event_id)
        )
    ).first()
    return None if row is None else _stored(row)


async def of_room(conn: AsyncConnection, room_id: str) -> list[StoredTask]:
    """Every task of a room, the erased ones too."""
    rows = await conn.execute(
        sa.select(*_FOUND).select_from(_JOINED).where(task.c.room_id == room_id)
    )
    return [_stored(row) for row in rows]


async def last_rank(conn: AsyncConnection, room_id: str) -> str | None:
    """The greatest rank in use in a room."""
    found: str | None = await conn.scalar(
        sa.select(task.c.rank)
        .where(task.c.room_id == room_id, task.c.rank.isnot(None))
        .order_by(task.c.rank.desc())
        .limit(1)
    )
    return found


async def put_snapshot(
    conn: AsyncConnection, snapshot: Snapshot, *, room_id: str, root_event_id: str
) -> None:
    """Makes this the task's current state."""
    due_at, due_date = due_moment(snapshot.get("due"))
    prefix, number = split_key(snapshot["key"])
    row = {
        "task_id": snapshot["task_id"],
        "room_id": room_id,
        "root_event_id": root_event_id,
        "key_prefix": prefix,
        "key_no": number,
        "rev": snapshot["rev"],
        "kind": snapshot["kind"],
        "status": snapshot["status"],
        "category": snapshot["category"],
        "closed": int(snapshot["category"] in CLOSED),
        "creator": snapshot["creator"],
        "assigner": snapshot["assigner"],
        "assignee": snapshot["assignee"],
        "assignment_state": snapshot["assignment"]["state"],
        "priority": PRIORITIES[snapshot["priority"]],
        "due_at": due_at,
        "due_date": due_date,
        "rank": snapshot.get("rank"),
        "parent": snapshot.get("parent"),
        "has_reason": int(bool(snapshot.get("blocked_reason"))),
        "created_at": snapshot["created_at"],
        "updated_at": snapshot["updated_at"],
        "closed_at": snapshot.get("closed_at"),
        "erased": 0,
        "sha256": json_text.digest(snapshot),
    }
    nid = await _put_row(conn, row)
    text = {"nid": nid, "snapshot": json_text.dumps(snapshot), "words": words_of(snapshot)}
    await put(conn, task_text, text, ["nid"])
    await _put_sets(conn, nid, snapshot)
    await blocking.put(conn, nid, room_id, snapshot.get("blocked_by", ()))
    is_open = snapshot["category"] not in CLOSED
    await blocking.tell(conn, [snapshot["task_id"]], is_open=is_open)


async def put_tombstone(
    conn: AsyncConnection, tombstone: Tombstone, *, room_id: str, root_event_id: str, at: int
) -> None:
    """The task was erased: key, revision and times remain."""
    prefix, number = split_key(tombstone["key"])
    row = {
        "task_id": tombstone["task_id"],
        "room_id": room_id,
        "root_event_id": root_event_id,
        "key_prefix": prefix,
        "key_no": number,
        "rev": tombstone["rev"],
        "kind": "team",
        "status": "",
        "category": "cancelled",
        "closed": 1,
        "creator": "",
        "assigner": "",
        "assignee": None,
        "assignment_state": "none",
        "priority": 0,
        "due_at": None,
        "due_date": None,
        "rank": None,
        "parent": None,
        "has_reason": 0,
        "created_at": at,
        "updated_at": at,
        "closed_at": at,
        "erased": 1,
        "sha256": json_text.digest(tombstone),
    }
    nid = await _put_row(conn, row)
    await conn.execute(task_text.delete().where(task_text.c.nid == nid))
    await _clear_sets(conn, nid)
    await blocking.remove(conn, nid)
    await blocking.tell(conn, [tombstone["task_id"]], is_open=False)


async def move_root(conn: AsyncConnection, task_id: str, old: str, new: str) -> None:
    """The root of a task is in the log as another event by now."""
    await conn.execute(
        task.update()
        .where(task.c.task_id == task_id, task.c.root_event_id == old)
        .values(root_event_id=new)
    )


async def remove(conn: AsyncConnection, task_ids: Sequence[str]) -> None:
    """Takes tasks out of the index that the log does not have."""
    nids = [
        row.nid
        for row in await conn.execute(sa.select(task.c.nid).where(task.c.task_id.in_(task_ids)))
    ]
    await conn.execute(task.delete().where(task.c.nid.in_(nids)))
    await conn.execute(task_text.delete().where(task_text.c.nid.in_(nids)))
    for nid in nids:
        await _clear_sets(conn, nid)
        await blocking.remove(conn, nid)
    await blocking.tell(conn, task_ids, is_open=False)


async def _put_row(conn: AsyncConnection, row: dict[str, Any]) -> int:
    statement = _putting_row(conn.dialect.name, tuple(row))
    nid: int = (await conn.execute(statement, row)).scalar_one()
    return nid


@functools.cache
def _putting_row(dialect: str, names: tuple[str, ...]) -> sa.Executable:
    return putting(dialect, task, names, ("task_id",)).returning(task.c.nid)


async def _clear_sets(conn: AsyncConnection, nid: int) -> None:
    for table in (task_person, task_label):
        await conn.execute(table.delete().where(table.c.nid == nid))


async def _put_sets(conn: AsyncConnection, nid: int, snapshot: Snapshot) -> None:
    people = {("creator", snapshot["creator"]), ("assigner", snapshot["assigner"])}
    if snapshot["assignee"] is not None:
        people.add(("assignee", snapshot["assignee"]))
    people |= {("collaborator", each) for each in snapshot.get("collaborators", ())}
    people |= {("watcher", each) for each in snapshot.get("watchers", ())}
    sets: tuple[tuple[sa.Table, list[dict[str, Any]]], ...] = (
        (
            task_person,
            [{"user_id": user, "role": role, "nid": nid} for role, user in sorted(people)],
        ),
        (task_label, [{"label": each, "nid": nid} for each in snapshot.get("labels", ())]),
    )
    await _clear_sets(conn, nid)
    for table, rows in sets:
        if rows:
            await conn.execute(table.insert(), rows)
