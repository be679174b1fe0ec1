"""Records of people as administrators see them: the account is the homeserver's, this is ours."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from appservice_tasks.domain.org import Role
from appservice_tasks.storage.tables import org_unit, person


@dataclass(frozen=True, slots=True)
class Record:
    """role: of somebody without a record, and without the administrator's flag, `member`."""

    user_id: str
    role: Role = Role.MEMBER
    unit: str | None = None
    reports_to: str | None = None
    email: str | None = None
    active: bool = True


async def records(conn: AsyncConnection, users: Iterable[str]) -> dict[str, Record]:
    """Records by user id, of those who have one."""
    return await _records(conn, person.c.user_id.in_(list(users)))


async def every(conn: AsyncConnection) -> dict[str, Record]:
    """All records."""
    return await _records(conn, sa.true())


async def _records(conn: AsyncConnection, which: sa.ColumnElement[bool]) -> dict[str, Record]:
    rows = await conn.execute(
        sa.select(
            person.c.user_id,
            person.c.role,
            person.c.unit_id,
            person.c.reports_to,
            person.c.email,
            person.c.active,
        ).where(which)
    )
    return {
        row.user_id: Record(
            row.user_id,
            Role(row.role),
            row.unit_id,
            row.reports_to,
            row.email,
            bool(row.active),
        )
        for row in rows
    }


async def by_email(conn: AsyncConnection, email: str) -> str | None:
    """Whose address it is."""
    found: str | None = await conn.scalar(
        sa.select(person.c.user_id).where(person.c.email == email.lower())
    )
    return found


async def place_in_lines(
    conn: AsyncConnection, places: Iterable[tuple[str, str | None, str | None]]
) -> None:
    """Sets (user, unit, reports_to) of these, and of nobody else, who must have records."""
    await conn.execute(person.update().values(unit_id=None, reports_to=None))
    for user_id, unit, reports_to in places:
        await conn.execute(
            person.update()
            .where(person.c.user_id == user_id)
            .values(unit_id=unit, reports_to=reports_to)
        )


async def unit_exists(conn: AsyncConnection, unit_id: str) -> bool:
    """Whether there is such a department."""
    found = await conn.scalar(sa.select(org_unit.c.unit_id).where(org_unit.c.unit_id == unit_id))
    return found is not None
