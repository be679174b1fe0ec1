"""Leases: which process decides for which shard of rooms, fenced by an epoch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from appservice_tasks.storage.tables import lease
from appservice_tasks.storage.upsert import insert_new


@dataclass(frozen=True, slots=True)
class Lease:
    """until: ms. It only says when others may take it; what makes decisions safe is the epoch."""

    shard: int
    epoch: int
    holder: str
    until: int


class Fenced(Exception):
    """Somebody else holds the lease by now: nothing may be decided or applied under it."""


async def every(conn: AsyncConnection) -> dict[int, Lease]:
    """All leases by shard."""
    rows = await conn.execute(
        sa.select(lease.c.shard, lease.c.epoch, lease.c.holder, lease.c.until)
    )
    return {row.shard: Lease(*row) for row in rows}


async def take(
    conn: AsyncConnection, shard: int, seen: Lease | None, *, holder: str, until: int
) -> int | None:
    """The epoch under which the shard is ours now, None if somebody was quicker."""
    if seen is None:
        row = {"shard": shard, "epoch": 1, "holder": holder, "until": until}
        return 1 if await insert_new(conn, lease, row, ["shard"]) else None
    done = await conn.execute(
        lease.update()
        .where(lease.c.shard == shard, lease.c.epoch == seen.epoch, lease.c.holder == seen.holder)
        .values(epoch=seen.epoch + 1, holder=holder, until=until)
    )
    return seen.epoch + 1 if done.rowcount else None


async def renew(conn: AsyncConnection, held: Mapping[int, int], until: int) -> set[int]:
    """Those of these shards that are still held under their epochs; others may take them after
    `until`."""
    rows = await conn.execute(
        lease.update()
        .where(sa.tuple_(lease.c.shard, lease.c.epoch).in_(sorted(held.items())))
        .values(until=until)
        .returning(lease.c.shard)
    )
    return {row.shard for row in rows}


async def give_up(conn: AsyncConnection, epochs: Iterable[tuple[int, int]]) -> None:
    """Lets others take these (shard, epoch) at once."""
    for shard, epoch in epochs:
        await conn.execute(
            lease.update().where(lease.c.shard == shard, lease.c.epoch == epoch).values(until=0)
        )


async def check(conn: AsyncConnection, shard: int, epoch: int) -> None:
    """Raises Fenced unless the shard is held under this epoch, now and until this transaction
    ends. Rooms of one shard do not wait for one another: the row is locked against its taking
    only."""
    found = await conn.scalar(
        sa.select(lease.c.epoch).where(lease.c.shard == shard).with_for_update(read=True)
    )
    if found != epoch:
        raise Fenced(f"shard {shard}: epoch {epoch}, now {found}")
