"""Lists of tasks: filters, orders, and pages by keyset."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, cast

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

from appservice_tasks.storage import json_text
from appservice_tasks.storage.tables import task, task_text
from appservice_tasks.storage.task_filters import (
    BY_OTHER_TABLES,
    Filters,
    Select,
    beside,
    conditions,
    narrowing,
    unindexed,
)
from appservice_tasks.storage.task_order import Key, Phase, Sort, Value, keys_of, phases
from appservice_tasks.storage.task_rows import StoredTask


@dataclass(frozen=True, slots=True)
class Listed:
    """A task, and its place in the order: what the next page begins behind."""

    task: StoredTask
    place: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class _Plan:
    """few: the tasks are gathered and put in order; else an index of the order is followed.
    rooms: an index has the order of each room's tasks; of each so many are taken as are wanted."""

    where: Sequence[sa.ColumnElement[bool]]
    few: bool
    rooms: Sequence[str] = ()


async def page(
    conn: AsyncConnection,
    wanted: Filters,
    order: Sequence[Sort],
    *,
    after: Sequence[Value] | None,
    limit: int,
) -> list[Listed]:
    """Up to `limit` tasks in this order, behind a place of the same order."""
    if not wanted.rooms:
        return []
    keys = keys_of(order)
    plan = await _plan(conn, wanted, keys)
    found: list[Listed] = []
    for phase in phases(keys, after, wanted, by_index=not plan.few):
        if len(found) < limit:
            where = [*plan.where, *phase.where, *await _of_priority(conn, phase)]
            found += await _read(conn, keys, phase, where, limit - len(found), plan.rooms)
    return found


async def _plan(conn: AsyncConnection, wanted: Filters, keys: Sequence[Key]) -> _Plan:
    """The conditions, so written that the database goes the shorter way.

    Where one condition leaves few tasks, these are gathered and put in order. Else the index of
    the order is followed until the page is full, and every task on the way is looked at.

    PostgreSQL mostly finds it by itself; it is told which tasks people have opened. It is told to
    gather those that few people have to do with, and to take those of few rooms room by room where
    the order is that of their keys: one room's lie side by side in the index of all keys, wherever
    that is.
    """
    narrow = narrowing(conn, wanted)
    if conn.dialect.name == "sqlite":
        # To count what has some words is to search for them: only where nothing else leaves few.
        cheap = {name: each for name, each in narrow.items() if name != "words"}
        gathered = await _fewest(conn, cheap)
        if gathered is None and wanted.words:
            gathered = await _fewest(conn, {"words": narrow["words"]})
        where = conditions(wanted, plain=unindexed)
        where.append(unindexed(task.c.room_id).in_(wanted.rooms))
        elsewhere = [
            each for name, each in narrow.items() if name in BY_OTHER_TABLES and name != gathered
        ]
        if gathered is None:
            where += [unindexed(task.c.nid).in_(each) for each in elsewhere]
        else:  # what the others leave out need not even be looked up
            few = narrow[gathered]
            nid = unindexed(few.selected_columns[0])
            few = few.where(*beside(wanted, gathered), *(nid.in_(each) for each in elsewhere))
            where.append(task.c.nid.in_(few))
        return _Plan(where, few=gathered is not None)
    gathered = None
    if not wanted.words:  # their index has them at once; a text is slow to look at by itself
        gathered = await _fewest(conn, {n: each for n, each in narrow.items() if n == "involves"})
    where = conditions(wanted, plain=lambda column: column)
    if gathered is not None:  # it takes an array for short, and so gathers
        own = sa.func.array(narrow[gathered].scalar_subquery(), type_=_NIDS)
        where.append(task.c.nid == sa.any_(own))
    where += [
        task.c.nid.in_(each)
        for name, each in narrow.items()
        if (name in BY_OTHER_TABLES or name in ("creator", "assigner")) and name != gathered
    ]
    by_key = gathered is None and keys[0].column is task.c.key_prefix
    if by_key and len(wanted.rooms) <= _FEW_ROOMS:
        return _Plan(where, few=False, rooms=wanted.rooms)
    where.append(task.c.room_id.in_(wanted.rooms))
    return _Plan(where, few=gathered is not None)


_NIDS: Final = postgresql.ARRAY(sa.BigInteger())
_FEW: Final = 8_000
"""Tasks that are put in order faster than an index is followed."""
_FEW_ROOMS: Final = 50


async def _fewest(conn: AsyncConnection, narrow: dict[str, Select]) -> str | None:
    """The one that leaves fewest tasks; None: all leave many."""
    if not narrow:
        return None
    counted = await _counts(conn, narrow)
    fewest = min(counted, key=lambda name: (counted[name], name))
    return fewest if counted[fewest] <= _FEW else None


async def _counts(conn: AsyncConnection, narrow: dict[str, Select]) -> dict[str, int]:
    """How many tasks each leaves; of many only that."""
    counts = await conn.execute(
        sa.select(
            *(
                sa.select(sa.func.count())
                .select_from(each.limit(_FEW + 1).subquery())
                .scalar_subquery()
                .label(name)
                for name, each in narrow.items()
            )
        )
    )
    return {name: int(count) for name, count in counts.mappings().one().items()}


async def _of_priority(conn: AsyncConnection, phase: Phase) -> list[sa.ColumnElement[bool]]:
    """That tasks are of the phase's priority."""
    if phase.priority is None:
        return []
    exact = task.c.priority == phase.priority
    if conn.dialect.name != "sqlite":
        return [exact]
    alike = sa.select(task.c.nid).where(exact)
    if (await _counts(conn, {"alike": alike}))["alike"] <= _FEW:
        return [task.c.nid.in_(alike)]
    return [unindexed(task.c.priority) == phase.priority]


async def _read(
    conn: AsyncConnection,
    keys: Sequence[Key],
    phase: Phase,
    where: Sequence[sa.ColumnElement[bool]],
    limit: int,
    rooms: Sequence[str],
) -> list[Listed]:
    narrow = sa.select(
        task.c.nid,
        task.c.task_id,
        task.c.room_id,
        task.c.root_event_id,
        task.c.rev,
        task.c.sha256,
        task.c.key_prefix,
        task.c.key_no,
        *(key.column.label(f"k{number}") for number, key in enumerate(keys)),
    ).where(*where)
    narrow = _in_order(narrow, phase.keys).limit(limit)
    if rooms:
        narrow = _room_by_room(narrow, phase.keys, rooms).limit(limit)
    # The wide half is read of what is shown, and is not carried through the sorting.
    rows = (await conn.execute(narrow)).all()
    texts = await conn.execute(
        sa.select(task_text.c.nid, task_text.c.snapshot).where(
            task_text.c.nid.in_([row.nid for row in rows])
        )
    )
    snapshots = {row.nid: row.snapshot for row in texts}
    return [
        Listed(
            StoredTask(
                row.nid,
                row.task_id,
                row.room_id,
                row.root_event_id,
                f"{row.key_prefix}-{row.key_no}",
                row.rev,
                row.sha256,
                json_text.loads(snapshots[row.nid]),
            ),
            tuple(row[-len(keys) :]),
        )
        for row in rows
        if row.nid in snapshots
    ]


def _in_order(found: sa.Select[Any], keys: Sequence[Key]) -> sa.Select[Any]:
    order = [part for key in keys for part in key.order]
    if keys[0].column.nullable:
        order = order[1:]  # within a phase the first key is never, or always, null
    return found.order_by(*order)


def _room_by_room(
    first: sa.Select[Any], keys: Sequence[Key], rooms: Sequence[str]
) -> sa.Select[Any]:
    """The first of all rooms, out of the first of each."""
    given = sa.bindparam("own", list(rooms), type_=postgresql.ARRAY(sa.Text()), unique=True)
    own = sa.func.unnest(given).table_valued("room_id").render_derived("own")
    found = first.where(task.c.room_id == own.c.room_id).lateral("found")
    moved = [
        replace(key, column=cast(sa.Column[Any], found.c[f"k{number}"]))
        for number, key in enumerate(keys)
    ]
    return _in_order(sa.select(*found.c).select_from(own.join(found, sa.true())), moved)
