"""People, units, and what bots may do: the organisation, which is in no log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from appservice_tasks.domain.org import OrgChart, Person, Role, Unit
from appservice_tasks.storage import json_text
from appservice_tasks.storage.tables import bot_grant, delegation, manages, meta, org_unit, person
from appservice_tasks.storage.upsert import put

_VERSION = "org_version"


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a person has chosen; None: as usual.

    reminders: minutes before the due time. digest_hour: of the person's day; None: no digest.
    """

    tz: str | None = None
    lang: str | None = None
    digest_hour: int | None = None
    reminders: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Delegation:
    """A person lets a bot act on their behalf until expires_at (ms)."""

    id: str
    user_id: str
    bot: str
    made_at: int
    expires_at: int


async def version(conn: AsyncConnection) -> int:
    """Rises with every change of people, units and grants."""
    found = await conn.scalar(sa.select(meta.c.value).where(meta.c.key == _VERSION))
    return int(found or 0)


async def changed(conn: AsyncConnection, now: int) -> None:
    """Part of every change."""
    value = str(max(now, await version(conn) + 1))
    await put(conn, meta, {"key": _VERSION, "value": value}, ["key"])


async def chart(conn: AsyncConnection, server_name: str) -> OrgChart:
    """Everybody who is known. An administrator of the homeserver has the role admin."""
    rows = await conn.execute(
        sa.select(
            person.c.user_id,
            person.c.role,
            person.c.unit_id,
            person.c.reports_to,
            person.c.active,
            person.c.server_admin,
        )
    )
    people = {
        row.user_id: Person(
            row.user_id,
            Role.ADMIN if row.server_admin else Role(row.role),
            row.unit_id,
            row.reports_to,
            bool(row.active),
        )
        for row in rows
    }
    return OrgChart(server_name, people)


async def units(conn: AsyncConnection) -> list[Unit]:
    """All departments."""
    rows = await conn.execute(
        sa.select(org_unit.c.unit_id, org_unit.c.name, org_unit.c.parent, org_unit.c.head).order_by(
            org_unit.c.name, org_unit.c.unit_id
        )
    )
    return [Unit(row.unit_id, row.name, row.parent, row.head) for row in rows]


async def replace_units(conn: AsyncConnection, wanted: Sequence[Unit]) -> None:
    """Makes these the departments."""
    await conn.execute(org_unit.delete())
    if wanted:
        await conn.execute(
            org_unit.insert(),
            [
                {"unit_id": each.id, "name": each.name, "parent": each.parent, "head": each.head}
                for each in wanted
            ],
        )


async def ensure_person(conn: AsyncConnection, user_id: str) -> None:
    """Makes a record where there is none."""
    await put_person(conn, user_id, {})


async def put_person(conn: AsyncConnection, user_id: str, values: Mapping[str, Any]) -> None:
    """Changes columns of a person's record, which is made where there is none."""
    found = await conn.scalar(sa.select(person.c.user_id).where(person.c.user_id == user_id))
    if found is None:
        await put(
            conn, person, {"user_id": user_id, "role": Role.MEMBER.value, **values}, ["user_id"]
        )
    elif values:
        await conn.execute(person.update().where(person.c.user_id == user_id).values(**values))


async def server_admin(conn: AsyncConnection, user_id: str) -> bool:
    """Whether the homeserver called them an administrator when it was last asked."""
    return bool(
        await conn.scalar(sa.select(person.c.server_admin).where(person.c.user_id == user_id))
    )


async def set_lines(conn: AsyncConnection, closure: Iterable[tuple[str, str, int]]) -> None:
    """Stores who manages whom: (manager, report, depth)."""
    await conn.execute(manages.delete())
    rows = [{"manager": a, "report": b, "depth": depth} for a, b, depth in closure]
    if rows:
        await conn.execute(manages.insert(), rows)


async def reports_of(conn: AsyncConnection, manager: str) -> list[str]:
    """Everybody below a manager."""
    rows = await conn.execute(sa.select(manages.c.report).where(manages.c.manager == manager))
    return [row.report for row in rows]


async def preferences(conn: AsyncConnection, users: Iterable[str]) -> dict[str, Preferences]:
    """What people have chosen, of those with a record."""
    rows = await conn.execute(
        sa.select(
            person.c.user_id, person.c.tz, person.c.lang, person.c.digest_hour, person.c.reminders
        ).where(person.c.user_id.in_(list(users)))
    )
    return {
        row.user_id: Preferences(
            row.tz,
            row.lang,
            row.digest_hour,
            None if row.reminders is None else tuple(json_text.loads(row.reminders)),
        )
        for row in rows
    }


async def digest_readers(conn: AsyncConnection) -> dict[str, Preferences]:
    """The active people who want a daily digest."""
    rows = await conn.execute(
        sa.select(person.c.user_id).where(person.c.digest_hour.isnot(None), person.c.active == 1)
    )
    return await preferences(conn, [row.user_id for row in rows])


# --- bots -------------------------------------------------------------------------------------


async def grants(conn: AsyncConnection, room_id: str) -> dict[str, frozenset[str]]:
    """What each bot may do in a room."""
    rows = await conn.execute(
        sa.select(bot_grant.c.bot, bot_grant.c.operations).where(bot_grant.c.room_id == room_id)
    )
    return {row.bot: frozenset(json_text.loads(row.operations)) for row in rows}


async def grants_in(
    conn: AsyncConnection, room_ids: Iterable[str]
) -> dict[str, dict[str, frozenset[str]]]:
    """What each bot may do, in each of several rooms."""
    rows = await conn.execute(
        sa.select(bot_grant.c.room_id, bot_grant.c.bot, bot_grant.c.operations).where(
            bot_grant.c.room_id.in_(list(room_ids))
        )
    )
    found: dict[str, dict[str, frozenset[str]]] = {}
    for row in rows:
        found.setdefault(row.room_id, {})[row.bot] = frozenset(json_text.loads(row.operations))
    return found


async def grants_of(conn: AsyncConnection, bot: str) -> dict[str, list[str]]:
    """What a bot may do, by room."""
    rows = await conn.execute(
        sa.select(bot_grant.c.room_id, bot_grant.c.operations)
        .where(bot_grant.c.bot == bot)
        .order_by(bot_grant.c.room_id)
    )
    return {row.room_id: json_text.loads(row.operations) for row in rows}


async def set_grants(conn: AsyncConnection, bot: str, wanted: Mapping[str, Sequence[str]]) -> None:
    """Makes these the grants of a bot, by room."""
    await conn.execute(bot_grant.delete().where(bot_grant.c.bot == bot))
    rows = [
        {"room_id": room_id, "bot": bot, "operations": json_text.dumps(sorted(set(operations)))}
        for room_id, operations in wanted.items()
        if operations
    ]
    if rows:
        await conn.execute(bot_grant.insert(), rows)


async def add_delegation(conn: AsyncConnection, made: Delegation, token_sha256: str) -> None:
    """Stores a delegation under the hash of its token."""
    await conn.execute(
        delegation.insert().values(
            id=made.id,
            token_sha256=token_sha256,
            user_id=made.user_id,
            bot=made.bot,
            made_at=made.made_at,
            expires_at=made.expires_at,
        )
    )


_DELEGATION = (
    delegation.c.id,
    delegation.c.user_id,
    delegation.c.bot,
    delegation.c.made_at,
    delegation.c.expires_at,
)


async def delegation_of_token(conn: AsyncConnection, token_sha256: str) -> Delegation | None:
    """The delegation that a token stands for, expired or not."""
    row = (
        await conn.execute(sa.select(*_DELEGATION).where(delegation.c.token_sha256 == token_sha256))
    ).first()
    return None if row is None else Delegation(*row)


async def delegations_of(conn: AsyncConnection, user_id: str) -> list[Delegation]:
    """What a person has delegated, newest first."""
    rows = await conn.execute(
        sa.select(*_DELEGATION)
        .where(delegation.c.user_id == user_id)
        .order_by(delegation.c.made_at.desc(), delegation.c.id)
    )
    return [Delegation(*row) for row in rows]


async def revoke_delegation(conn: AsyncConnection, user_id: str, delegation_id: str) -> bool:
    """Ends one; whether there was one."""
    done = await conn.execute(
        delegation.delete().where(delegation.c.id == delegation_id, delegation.c.user_id == user_id)
    )
    return done.rowcount > 0
