"""Every revision that was applied: the history of tasks, and what a lost log is mended with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from appservice_tasks.contracts import Change
from appservice_tasks.domain.ids import CHANGE
from appservice_tasks.storage import json_text
from appservice_tasks.storage.tables import task_revision
from appservice_tasks.storage.upsert import insert_new


@dataclass(frozen=True, slots=True)
class StoredRevision:
    """applied: rises in the order in which the revisions of its room were applied."""

    task_id: str
    rev: int
    applied: int
    room_id: str
    event_id: str
    change: Change
    redacted: bool


_COLUMNS = (
    task_revision.c.task_id,
    task_revision.c.rev,
    task_revision.c.applied,
    task_revision.c.room_id,
    task_revision.c.event_id,
    task_revision.c.change,
    task_revision.c.redacted,
)


def _stored(row: Any) -> StoredRevision:
    change = cast(Change, json_text.loads(row.change))
    return StoredRevision(**{**row._mapping, "change": change, "redacted": bool(row.redacted)})


async def add(
    conn: AsyncConnection,
    *,
    task_id: str,
    room_id: str,
    event_id: str,
    change: Change,
    content: Any,
    now: int,
) -> bool:
    """Notes a revision unless it is known; whether it did. content: the event's."""
    applied = await conn.scalar(
        sa.select(sa.func.max(task_revision.c.applied)).where(task_revision.c.room_id == room_id)
    )
    row = {
        "task_id": task_id,
        "rev": change["rev"],
        "applied": max((applied or 0) + 1, now),
        "room_id": room_id,
        "event_id": event_id,
        "actor": change["actor"],
        "on_behalf_of": change.get("on_behalf_of"),
        "at": change["at"],
        "via": change["cause"]["via"],
        "cmd_id": change["cause"]["cmd_id"],
        "change": json_text.dumps(change),
        "content": json_text.pack(content),
    }
    return await insert_new(conn, task_revision, row)


async def page(
    conn: AsyncConnection, task_id: str, *, before: int | None, limit: int
) -> list[StoredRevision]:
    """Revisions of a task, newest first. before: a rev, excluded."""
    query = sa.select(*_COLUMNS).where(task_revision.c.task_id == task_id)
    if before is not None:
        query = query.where(task_revision.c.rev < before)
    rows = await conn.execute(query.order_by(task_revision.c.rev.desc()).limit(limit))
    return [_stored(row) for row in rows]


async def after(conn: AsyncConnection, task_id: str, rev: int) -> list[StoredRevision]:
    """Revisions of a task above a rev, oldest first."""
    rows = await conn.execute(
        sa.select(*_COLUMNS)
        .where(task_revision.c.task_id == task_id, task_revision.c.rev > rev)
        .order_by(task_revision.c.rev)
    )
    return [_stored(row) for row in rows]


async def of_event(conn: AsyncConnection, event_id: str) -> StoredRevision | None:
    """The revision that an event made."""
    row = (
        await conn.execute(sa.select(*_COLUMNS).where(task_revision.c.event_id == event_id))
    ).first()
    return None if row is None else _stored(row)


async def newest_of_room(
    conn: AsyncConnection, room_id: str, *, before: int | None = None, limit: int = 1
) -> list[StoredRevision]:
    """What was applied last in a room, newest first. before: an `applied`, excluded."""
    query = sa.select(*_COLUMNS).where(task_revision.c.room_id == room_id)
    if before is not None:
        query = query.where(task_revision.c.applied < before)
    rows = await conn.execute(query.order_by(task_revision.c.applied.desc()).limit(limit))
    return [_stored(row) for row in rows]


async def content_of(conn: AsyncConnection, task_id: str, rev: int) -> Any:
    """The content of a revision's event as it was sent; None where it was redacted."""
    packed = await conn.scalar(
        sa.select(task_revision.c.content).where(
            task_revision.c.task_id == task_id, task_revision.c.rev == rev
        )
    )
    return None if packed is None else json_text.unpack(packed)


async def replace_event(
    conn: AsyncConnection, task_id: str, rev: int, event_id: str, content: Any
) -> None:
    """The revision is in the log as another event by now, with this content."""
    await conn.execute(
        task_revision.update()
        .where(task_revision.c.task_id == task_id, task_revision.c.rev == rev)
        .values(
            event_id=event_id,
            change=json_text.dumps(content[CHANGE]),
            via=content[CHANGE]["cause"]["via"],
            content=json_text.pack(content),
        )
    )


async def redact(conn: AsyncConnection, found: StoredRevision) -> None:
    """Forgets what a revision said; that it was made, by whom and when remains."""
    change = {**found.change, "diff": []}
    change.pop("reason", None)
    await conn.execute(
        task_revision.update()
        .where(task_revision.c.task_id == found.task_id, task_revision.c.rev == found.rev)
        .values(change=json_text.dumps(change), content=None, redacted=1)
    )


async def remove(conn: AsyncConnection, task_ids: Iterable[str]) -> None:
    """Drops the revisions of tasks."""
    await conn.execute(task_revision.delete().where(task_revision.c.task_id.in_(list(task_ids))))


async def remove_unless_redacted(conn: AsyncConnection, task_id: str, rev: int) -> None:
    """Drops one revision; of a redacted one the log has no more to say than we."""
    await conn.execute(
        task_revision.delete().where(
            task_revision.c.task_id == task_id,
            task_revision.c.rev == rev,
            task_revision.c.redacted == 0,
        )
    )


async def of_room(conn: AsyncConnection, room_id: str) -> list[tuple[str, int]]:
    """(task_id, rev) of every revision in a room's log."""
    rows = await conn.execute(
        sa.select(task_revision.c.task_id, task_revision.c.rev).where(
            task_revision.c.room_id == room_id
        )
    )
    return [(row.task_id, row.rev) for row in rows]
