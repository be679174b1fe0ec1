"""Whether the index has been read to the head of every log since somebody took the leases.

Until then a task that is not in the index may well be in a log: the database may have been replaced
by an older copy of itself.
"""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from appservice_tasks.storage.tables import lease, meta
from appservice_tasks.storage.upsert import put

_KEY = "caught_up:"


async def note(conn: AsyncConnection, epochs: Mapping[int, int]) -> None:
    """The rooms of these shards were read under these epochs."""
    for shard, epoch in sorted(epochs.items()):
        await put(conn, meta, {"key": f"{_KEY}{shard}", "value": str(epoch)}, ["key"])


async def is_complete(conn: AsyncConnection) -> bool:
    """Whether every shard was read under the epoch that it has now."""
    held = (await conn.execute(sa.select(lease.c.shard, lease.c.epoch))).all()
    rows = await conn.execute(
        sa.select(meta.c.key, meta.c.value).where(meta.c.key.like(_KEY + "%"))
    )
    read = {row.key: row.value for row in rows}
    return bool(held) and all(read.get(f"{_KEY}{row.shard}") == str(row.epoch) for row in held)
