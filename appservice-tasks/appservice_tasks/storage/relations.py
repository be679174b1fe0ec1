"""Parents and blockers over all rooms: decided one at a time, so that no cycle can come about."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from appservice_tasks.contracts import Snapshot
from appservice_tasks.domain.events import read_task_event
from appservice_tasks.domain.ids import TASK
from appservice_tasks.storage import json_text
from appservice_tasks.storage.tables import intent

_LOCK = 4825


async def lock(conn: AsyncConnection) -> None:
    """Waits until no other transaction decides about relations, until this one ends."""
    if conn.dialect.name == "postgresql":
        await conn.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))


async def undecided(conn: AsyncConnection) -> dict[str, Snapshot]:
    """Tasks as they will be once what is in the outbox has been sent."""
    rows = await conn.execute(
        sa.select(intent.c.content)
        .where(intent.c.state.in_(("pending", "queued")), intent.c.event_type == TASK)
        .order_by(intent.c.seq)
    )
    found: dict[str, Snapshot] = {}
    for row in rows:
        read = read_task_event(json_text.loads(row.content))
        if read is not None and "erased" not in read.task:
            found[read.task["task_id"]] = read.task
    return found
