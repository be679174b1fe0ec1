"""Secret addresses of calendars. Only the hash of a secret is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from appservice_tasks.storage import json_text
from appservice_tasks.storage.tables import ics_token


@dataclass(frozen=True, slots=True)
class StoredCalendar:
    """scope: {scope, as, room_id?} of the contract."""

    id: str
    user_id: str
    scope: dict[str, Any]
    made_at: int


_COLUMNS = (ics_token.c.id, ics_token.c.user_id, ics_token.c.scope, ics_token.c.made_at)


def _stored(row: Any) -> StoredCalendar:
    return StoredCalendar(row.id, row.user_id, json_text.loads(row.scope), row.made_at)


async def add(conn: AsyncConnection, made: StoredCalendar, token_sha256: str) -> None:
    """Stores an address under the hash of its secret."""
    await conn.execute(
        ics_token.insert().values(
            id=made.id,
            token_sha256=token_sha256,
            user_id=made.user_id,
            scope=json_text.dumps(made.scope),
            made_at=made.made_at,
        )
    )


async def of(conn: AsyncConnection, user_id: str) -> list[StoredCalendar]:
    """Somebody's, newest first."""
    rows = await conn.execute(
        sa.select(*_COLUMNS)
        .where(ics_token.c.user_id == user_id)
        .order_by(ics_token.c.made_at.desc(), ics_token.c.id)
    )
    return [_stored(row) for row in rows]


async def by_secret(conn: AsyncConnection, token_sha256: str) -> StoredCalendar | None:
    """The one with this secret."""
    row = (
        await conn.execute(sa.select(*_COLUMNS).where(ics_token.c.token_sha256 == token_sha256))
    ).first()
    return None if row is None else _stored(row)


async def used(conn: AsyncConnection, calendar_id: str, now: int) -> None:
    """It was read."""
    await conn.execute(
        ics_token.update().where(ics_token.c.id == calendar_id).values(last_used=now)
    )


async def drop(conn: AsyncConnection, user_id: str, calendar_id: str) -> bool:
    """Ends one; whether there was one."""
    done = await conn.execute(
        ics_token.delete().where(ics_token.c.id == calendar_id, ics_token.c.user_id == user_id)
    )
    return done.rowcount > 0
