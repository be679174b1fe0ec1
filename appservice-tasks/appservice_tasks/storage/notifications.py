"""What people are told, and when they are to be reminded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid5

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from appservice_tasks.contracts import NotificationKind
from appservice_tasks.domain.ids import NAMESPACE
from appservice_tasks.storage.tables import chore, digest, notification, reminder, task
from appservice_tasks.storage.upsert import insert_new


@dataclass(frozen=True, slots=True)
class StoredNotice:
    """One thing that one person is told. actor: None: the clock."""

    id: str
    user_id: str
    task_id: str
    rev: int
    kind: NotificationKind
    actor: str | None
    room_id: str
    event_id: str | None
    at: int
    reason: str | None = None
    read_at: int | None = None


def identity(user_id: str, task_id: str, kind: str, about: str) -> str:
    """Made from what is told, so that it is told once. about: the number of a revision, the event
    of a comment, or which reminder it is."""
    return str(uuid5(NAMESPACE, f"notice/{user_id}/{task_id}/{kind}/{about}"))


_COLUMNS = (
    notification.c.id,
    notification.c.user_id,
    notification.c.task_id,
    notification.c.rev,
    notification.c.kind,
    notification.c.actor,
    notification.c.room_id,
    notification.c.event_id,
    notification.c.at,
    notification.c.reason,
    notification.c.read_at,
)


async def add(conn: AsyncConnection, notice: StoredNotice) -> bool:
    """Stores a notice unless it is known; whether it did."""
    row = {
        "id": notice.id,
        "user_id": notice.user_id,
        "task_id": notice.task_id,
        "rev": notice.rev,
        "kind": notice.kind,
        "actor": notice.actor,
        "room_id": notice.room_id,
        "event_id": notice.event_id,
        "at": notice.at,
        "reason": notice.reason,
    }
    return await insert_new(conn, notification, row, ["id"])


async def find(conn: AsyncConnection, notice_id: str) -> StoredNotice | None:
    """One notice."""
    row = (await conn.execute(sa.select(*_COLUMNS).where(notification.c.id == notice_id))).first()
    return None if row is None else StoredNotice(**row._mapping)


async def page(
    conn: AsyncConnection,
    user_id: str,
    *,
    unread: bool,
    before: tuple[int, str] | None,
    limit: int,
) -> list[StoredNotice]:
    """Somebody's inbox, newest first. before: (at, id) of the last one shown."""
    query = sa.select(*_COLUMNS).where(notification.c.user_id == user_id)
    if unread:
        query = query.where(notification.c.read_at.is_(None))
    if before is not None:
        query = query.where(
            sa.tuple_(notification.c.at, notification.c.id) < sa.tuple_(*map(sa.literal, before))
        )
    rows = await conn.execute(
        query.order_by(notification.c.at.desc(), notification.c.id.desc()).limit(limit)
    )
    return [StoredNotice(**row._mapping) for row in rows]


async def unread(conn: AsyncConnection, user_id: str) -> int:
    """How many notices somebody has not read."""
    found: int = (
        await conn.execute(
            sa.select(sa.func.count()).where(
                notification.c.user_id == user_id, notification.c.read_at.is_(None)
            )
        )
    ).scalar_one()
    return found


async def mark_read(
    conn: AsyncConnection, user_id: str, *, ids: Sequence[str], up_to: int | None, now: int
) -> None:
    """These have been read, or all up to a time (ms)."""
    which = notification.c.id.in_(ids) if up_to is None else notification.c.at <= up_to
    if up_to is not None and ids:
        which = sa.or_(which, notification.c.id.in_(ids))
    await conn.execute(
        notification.update()
        .where(notification.c.user_id == user_id, notification.c.read_at.is_(None), which)
        .values(read_at=now)
    )


async def untold(
    conn: AsyncConnection, users: Iterable[str], *, since: int, limit: int = 200
) -> list[StoredNotice]:
    """Notices that are not on their way to the personal room yet, oldest first."""
    rows = await conn.execute(
        sa.select(*_COLUMNS)
        .where(
            notification.c.user_id.in_(list(users)),
            notification.c.told_at.is_(None),
            notification.c.at >= since,
        )
        .order_by(notification.c.at, notification.c.id)
        .limit(limit)
    )
    return [StoredNotice(**row._mapping) for row in rows]


async def told_of_task(
    conn: AsyncConnection, user_id: str, task_id: str, *, since: int
) -> list[StoredNotice]:
    """What somebody was told about a task after a time (ms), in that order."""
    rows = await conn.execute(
        sa.select(*_COLUMNS)
        .join(chore, chore.c.txn_id == sa.literal("n:") + notification.c.id)
        .where(
            notification.c.user_id == user_id,
            notification.c.task_id == task_id,
            notification.c.at > since,
            notification.c.told_at > since,
        )
        .order_by(chore.c.seq)
    )
    return [StoredNotice(**row._mapping) for row in rows]


@dataclass(frozen=True, slots=True)
class NoticeMessage:
    """The message of a notice. event_id: None until it is sent."""

    txn_id: str
    room_id: str
    event_id: str | None


async def messages_of_task(conn: AsyncConnection, task_id: str) -> list[NoticeMessage]:
    """What was said about a task in personal rooms, and what is about to be."""
    rows = await conn.execute(
        sa.select(chore.c.txn_id, chore.c.room_id, chore.c.event_id)
        .join(notification, chore.c.txn_id == sa.literal("n:") + notification.c.id)
        .where(notification.c.task_id == task_id)
    )
    return [NoticeMessage(*row) for row in rows]


async def mark_told(conn: AsyncConnection, ids: Sequence[str], now: int) -> None:
    """They are on their way."""
    await conn.execute(
        notification.update().where(notification.c.id.in_(list(ids))).values(told_at=now)
    )


async def of_task(conn: AsyncConnection, task_id: str) -> None:
    """Forgets what was told about an erased task."""
    await conn.execute(notification.delete().where(notification.c.task_id == task_id))


# --- reminders --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reminder:
    """due_rev: the revision that set the due time it is about. fire_at: ms."""

    task_id: str
    user_id: str
    kind: str
    due_rev: int
    fire_at: int


async def arm(
    conn: AsyncConnection, task_id: str, wanted: Sequence[Reminder], *, after: int
) -> None:
    """Makes these the reminders of a task; those that have fired do not fire again.

    after: ms. What was due until then is kept where it is armed, and else not armed any more.
    """
    rows = await conn.execute(
        sa.select(
            reminder.c.user_id, reminder.c.kind, reminder.c.due_rev, reminder.c.fire_at
        ).where(reminder.c.task_id == task_id, reminder.c.state == "armed")
    )
    armed = {(row.user_id, row.kind, row.due_rev): row.fire_at for row in rows}
    kept = {(each.user_id, each.kind, each.due_rev) for each in wanted}
    for gone in armed.keys() - kept:
        await conn.execute(reminder.delete().where(_is(task_id, *gone)))
    for each in wanted:
        name = (each.user_id, each.kind, each.due_rev)
        if name in armed:
            if armed[name] != each.fire_at:
                await conn.execute(
                    reminder.update().where(_is(task_id, *name)).values(fire_at=each.fire_at)
                )
        elif each.fire_at > after:
            await insert_new(
                conn,
                reminder,
                {
                    "task_id": each.task_id,
                    "user_id": each.user_id,
                    "kind": each.kind,
                    "due_rev": each.due_rev,
                    "fire_at": each.fire_at,
                    "state": "armed",
                },
                ["task_id", "user_id", "kind", "due_rev"],
            )


def _is(task_id: str, user_id: str, kind: str, due_rev: int) -> sa.ColumnElement[bool]:
    return sa.and_(
        reminder.c.task_id == task_id,
        reminder.c.user_id == user_id,
        reminder.c.kind == kind,
        reminder.c.due_rev == due_rev,
    )


async def take_due(conn: AsyncConnection, now: int, limit: int) -> list[Reminder]:
    """Armed reminders whose time has come, oldest first; other processes skip them."""
    rows = await conn.execute(
        sa.select(
            reminder.c.task_id,
            reminder.c.user_id,
            reminder.c.kind,
            reminder.c.due_rev,
            reminder.c.fire_at,
        )
        .where(reminder.c.state == "armed", reminder.c.fire_at <= now)
        .order_by(reminder.c.fire_at, reminder.c.task_id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [Reminder(*row) for row in rows]


async def done(conn: AsyncConnection, fired: Iterable[Reminder]) -> None:
    """They have fired, or are not wanted any more."""
    for each in fired:
        await conn.execute(
            reminder.update()
            .where(_is(each.task_id, each.user_id, each.kind, each.due_rev))
            .values(state="done")
        )


async def next_due(conn: AsyncConnection) -> int | None:
    """When the next reminder fires (ms)."""
    found: int | None = await conn.scalar(
        sa.select(sa.func.min(reminder.c.fire_at)).where(reminder.c.state == "armed")
    )
    return found


async def of_person(conn: AsyncConnection, user_id: str) -> list[str]:
    """Open tasks of somebody that are due some time: their reminders follow the preferences."""
    own = sa.and_(task.c.kind == "personal", task.c.creator == user_id, task.c.assignee.is_(None))
    rows: Any = await conn.execute(
        sa.select(task.c.task_id).where(
            sa.or_(task.c.assignee == user_id, own),
            task.c.closed == 0,
            task.c.due_at.isnot(None),
        )
    )
    return [row.task_id for row in rows]


async def digest_sent(conn: AsyncConnection, user_id: str, day: str, now: int) -> bool:
    """Notes that a day's digest is sent; False if it was before."""
    row = {"user_id": user_id, "day": day, "sent_at": now}
    return await insert_new(conn, digest, row, ["user_id", "day"])
