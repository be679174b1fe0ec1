"""What waits for what, kept so that a list of blocked tasks need not look at their blockers.

Each row says whether its blocker is open. Two transactions may close a task and let another wait
for it at once: who writes down that a task waits first locks its blockers as they are, so that one
of the two sees the other.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from appservice_tasks.storage.tables import task, task_blocks


async def put(conn: AsyncConnection, nid: int, room_id: str, blockers: Collection[str]) -> None:
    """A task waits for these and no others. Blockers that are not in the index hold nothing up."""
    are_open: set[str] = set()
    if blockers:
        states = (
            sa.select(task.c.task_id, task.c.closed)
            .where(task.c.task_id.in_(sorted(blockers)))
            .order_by(task.c.nid)
            .with_for_update(read=True)
        )
        are_open = {row.task_id for row in await conn.execute(states) if not row.closed}
    await remove(conn, nid)
    if blockers:
        await conn.execute(
            task_blocks.insert(),
            [
                {"nid": nid, "blocker": each, "room_id": room_id, "open": int(each in are_open)}
                for each in sorted(blockers)
            ],
        )


async def remove(conn: AsyncConnection, nid: int) -> None:
    """A task waits for nothing."""
    await conn.execute(task_blocks.delete().where(task_blocks.c.nid == nid))


async def tell(conn: AsyncConnection, task_ids: Sequence[str], *, is_open: bool) -> None:
    """What waits for these tasks is told whether they are open."""
    now = int(is_open)
    await conn.execute(
        task_blocks.update()
        .where(task_blocks.c.blocker.in_(task_ids), task_blocks.c.open != now)
        .values(open=now)
    )


def waiting(rooms: Sequence[str]) -> sa.Select[tuple[int]]:
    """The tasks of these rooms that wait for one which is still open."""
    return sa.select(task_blocks.c.nid).where(
        task_blocks.c.open == sa.literal_column("1"),  # as the partial index says it
        task_blocks.c.room_id.in_(rooms),
    )
