"""The feed: what changed, in one order that every reader can resume from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from appservice_tasks.storage.tables import feed, meta
from appservice_tasks.storage.upsert import put

Kind = Literal["task", "gone", "room_joined", "room_left", "came", "went"]
"""The last two are told to other processes and to no client: somebody came into any room, or left
it."""

MOVES: Final = ("came", "went")

_LOCK = 4824
"""The advisory lock of positions: who holds it commits before the next one counts on."""

_HORIZON = "feed_horizon"


@dataclass(frozen=True, slots=True)
class FeedRow:
    """user_id: the only person it concerns; None: everybody who sees the room."""

    seq: int
    kind: Kind
    room_id: str
    task_id: str | None = None
    rev: int | None = None
    user_id: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A row before it has its position."""

    kind: Kind
    room_id: str
    task_id: str | None = None
    rev: int | None = None
    user_id: str | None = None


async def append(conn: AsyncConnection, entries: Sequence[Entry], now: int) -> list[FeedRow]:
    """Adds entries at the end. The last thing that a transaction does: others wait for its end.

    Positions follow the clock (ms), and so never repeat, even after the database was replaced by
    an older copy of itself.
    """
    if not entries:
        return []
    if conn.dialect.name == "postgresql":
        await conn.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    first = max(await head(conn) + 1, now)
    rows = [
        FeedRow(first + number, each.kind, each.room_id, each.task_id, each.rev, each.user_id)
        for number, each in enumerate(entries)
    ]
    await conn.execute(
        feed.insert(),
        [
            {
                "seq": row.seq,
                "kind": row.kind,
                "room_id": row.room_id,
                "task_id": row.task_id,
                "rev": row.rev,
                "user_id": row.user_id,
                "at": now,
            }
            for row in rows
        ],
    )
    return rows


async def head(conn: AsyncConnection) -> int:
    """The newest position; 0: nothing has ever happened."""
    newest: int | None = await conn.scalar(sa.select(sa.func.max(feed.c.seq)))
    return newest or await horizon(conn)


async def shown_head(conn: AsyncConnection) -> int:
    """The newest position of what clients are told."""
    newest: int | None = await conn.scalar(
        sa.select(feed.c.seq).where(feed.c.kind.not_in(MOVES)).order_by(feed.c.seq.desc()).limit(1)
    )
    return newest or await horizon(conn)


async def horizon(conn: AsyncConnection) -> int:
    """Entries up to here were forgotten."""
    found = await conn.scalar(sa.select(meta.c.value).where(meta.c.key == _HORIZON))
    return int(found or 0)


async def after(
    conn: AsyncConnection, since: int, limit: int, *, rooms: Sequence[str] | None, user_id: str
) -> list[FeedRow]:
    """Entries after a position, oldest first: of these rooms, and those for this person alone.

    rooms: None: of every room.
    """
    for_all: sa.ColumnElement[bool] = feed.c.user_id.is_(None)
    if rooms is not None:
        for_all = sa.and_(for_all, feed.c.room_id.in_(rooms))
    found = await conn.execute(
        sa.select(
            feed.c.seq,
            feed.c.kind,
            feed.c.room_id,
            feed.c.task_id,
            feed.c.rev,
            feed.c.user_id,
        )
        .where(
            feed.c.seq > since,
            feed.c.kind.not_in(MOVES),
            sa.or_(for_all, feed.c.user_id == user_id),
        )
        .order_by(feed.c.seq)
        .limit(limit)
    )
    return [FeedRow(*row) for row in found]


async def everything_after(conn: AsyncConnection, since: int, limit: int) -> list[FeedRow]:
    """Entries after a position, whoever they are for."""
    found = await conn.execute(
        sa.select(
            feed.c.seq,
            feed.c.kind,
            feed.c.room_id,
            feed.c.task_id,
            feed.c.rev,
            feed.c.user_id,
        )
        .where(feed.c.seq > since)
        .order_by(feed.c.seq)
        .limit(limit)
    )
    return [FeedRow(*row) for row in found]


async def forget(conn: AsyncConnection, before: int) -> None:
    """Drops entries older than a time (ms), but never the newest one."""
    newest = await conn.scalar(sa.select(sa.func.max(feed.c.seq)))
    upto = await conn.scalar(
        sa.select(sa.func.max(feed.c.seq)).where(feed.c.at < before, feed.c.seq < (newest or 0))
    )
    if upto is not None:
        await conn.execute(feed.delete().where(feed.c.seq <= upto))
        await put(conn, meta, {"key": _HORIZON, "value": str(upto)}, ["key"])
