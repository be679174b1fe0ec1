"""Messages that show tasks to clients which know none."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from appservice_tasks.storage.tables import card
from appservice_tasks.storage.upsert import put


async def find(conn: AsyncConnection, task_id: str, room_id: str) -> tuple[str, int] | None:
    """The message of a task in a room, and the revision that it shows."""
    row = (
        await conn.execute(
            sa.select(card.c.event_id, card.c.rev).where(
                card.c.task_id == task_id, card.c.room_id == room_id
            )
        )
    ).first()
    return None if row is None else (row.event_id, row.rev)


async def note(conn: AsyncConnection, task_id: str, room_id: str, event_id: str, rev: int) -> None:
    """The message, once it was sent or edited."""
    row = {"task_id": task_id, "room_id": room_id, "event_id": event_id, "rev": rev}
    await put(conn, card, row, ["task_id", "room_id"])


async def of_task(conn: AsyncConnection, task_id: str) -> list[tuple[str, str]]:
    """(room_id, event_id) of a task's messages."""
    rows = await conn.execute(
        sa.select(card.c.room_id, card.c.event_id).where(card.c.task_id == task_id)
    )
    return [(row.room_id, row.event_id) for row in rows]


async def forget(conn: AsyncConnection, task_id: str) -> None:
    """There are none any more."""
    await conn.execute(card.delete().where(card.c.task_id == task_id))
