"""What sockets of every process are told beside the feed: messages, notices, refused commands.

A row names what is to be told; who tells it looks at it as it is then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from appservice_tasks.storage.tables import news

Kind = Literal["message", "notice", "rejected"]

_LOCK = 4826
"""The advisory lock of positions, as the feed's."""


@dataclass(frozen=True, slots=True)
class News:
    """concerns: the room of a message, else the person. name: event, notice or command."""

    kind: Kind
    concerns: str
    name: str


async def append(conn: AsyncConnection, holder: str, told: Sequence[News], now: int) -> None:
    """Adds rows at the end. The last thing that a transaction does: others wait for its end."""
    if not told:
        return
    if conn.dialect.name == "postgresql":
        await conn.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    first = max(await head(conn) + 1, now)
    await conn.execute(
        news.insert(),
        [
            {
                "seq": first + number,
                "holder": holder,
                "kind": each.kind,
                "concerns": each.concerns,
                "name": each.name,
                "at": now,
            }
            for number, each in enumerate(told)
        ],
    )


async def head(conn: AsyncConnection) -> int:
    """The newest position; 0: there is none."""
    newest: int | None = await conn.scalar(sa.select(sa.func.max(news.c.seq)))
    return newest or 0


async def of_others(
    conn: AsyncConnection, holder: str, since: int, limit: int
) -> tuple[list[News], int]:
    """What other processes wrote behind a position, oldest first, and the position to go on
    from."""
    rows = (
        await conn.execute(
            sa.select(news.c.seq, news.c.holder, news.c.kind, news.c.concerns, news.c.name)
            .where(news.c.seq > since)
            .order_by(news.c.seq)
            .limit(limit)
        )
    ).all()
    found = [News(row.kind, row.concerns, row.name) for row in rows if row.holder != holder]
    return found, rows[-1].seq if rows else since


async def forget(conn: AsyncConnection, before: int) -> None:
    """Drops what is older than a time (ms)."""
    await conn.execute(news.delete().where(news.c.seq < before, news.c.at < before))
