"""Lists of tasks: filters, orders, and pages by keyset."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from appservice_tasks.storage import json_text
from appservice_tasks.storage.tables import task, task_blocks, task_label, task_person, task_text
from appservice_tasks.storage.task_rows import StoredTask, fold_letters

Value = str | int | None


@dataclass(frozen=True, slots=True)
class DueBound:
    """A place among due times: tasks due on a day are compared by day, others by moment (ms)."""

    day: str
    moment: int


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list shows. Empty and None: no matter.

    rooms: those whose tasks the reader may see. assigned_to: None stands for nobody. statuses and
    categories: any of them. due_from: included; due_until: excluded. overdue: open, and due before
    this place; `not_overdue` turns it around. words: each must begin a word of the text; keys:
    (prefix, number). parent: "" for tasks without one.
    """

    rooms: Sequence[str]
    assigned_to: Sequence[str | None] = ()
    creator: Sequence[str] = ()
    assigner: Sequence[str] = ()
    involves: str | None = None
    assignment: Sequence[str] = ()
    statuses: Sequence[str] = ()
    categories: Sequence[str] = ()
    closed: bool | None = None
    kind: str | None = None
    labels: Sequence[str] = ()
    priority_from: int | None = None
    due_from: DueBound | None = None
    due_until: DueBound | None = None
    no_due: bool | None = None
    overdue: DueBound | None = None
    not_overdue: DueBound | None = None
    blocked: bool | None = None
    parent: str | None = None
    updated_from: int | None = None
    words: Sequence[str] = ()
    keys: Sequence[tuple[str, int]] = ()


SortKey = Literal["due", "priority", "rank", "updated", "created", "key"]


@dataclass(frozen=True, slots=True)
class Sort:
    """One part of an order. Tasks without a value come last either way."""

    key: SortKey
    down: bool = False


_COLUMNS: Final[dict[SortKey, tuple[sa.Column[Any], ...]]] = {
    "due": (task.c.due_at,),
    "priority": (task.c.priority,),
    "rank": (task.c.rank,),
    "updated": (task.c.updated_at,),
    "created": (task.c.created_at,),
    "key": (task.c.key_prefix, task.c.key_no),
}


@dataclass(frozen=True, slots=True)
class Listed:
    """A task, and its place in the order: what the next page begins behind."""

    task: StoredTask
    place: tuple[Value, ...]


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
    keys = _keys(order)
    where = _conditions(conn, wanted)
    found: list[Listed] = []
    for phase in _phases(keys, after):
        if len(found) < limit:
            found += await _read(conn, keys, [*where, *phase], limit - len(found))
    return found


@dataclass(frozen=True, slots=True)
class _Key:
    column: sa.Column[Any]
    down: bool

    @property
    def order(self) -> list[sa.ColumnElement[Any]]:
        ordered = self.column.desc() if self.down else self.column.asc()
        return [self.column.is_(None), ordered] if self.column.nullable else [ordered]

    def behind(self, value: Value) -> sa.ColumnElement[bool]:
        """Strictly behind a value."""
        if value is None:
            return sa.false()
        further = self.column < value if self.down else self.column > value
        return sa.or_(further, self.column.is_(None)) if self.column.nullable else further

    def not_before(self, value: Value) -> sa.ColumnElement[bool]:
        """At a value, or behind it. What lets an index begin there."""
        return self.column <= value if self.down else self.column >= value

    def at(self, value: Value) -> sa.ColumnElement[bool]:
        return self.column.is_(None) if value is None else self.column == value


def _keys(order: Sequence[Sort]) -> list[_Key]:
    keys = [_Key(column, each.down) for each in order for column in _COLUMNS[each.key]]
    # In the direction of the first key, so that an index can be read backwards.
    return [*keys, _Key(task.c.task_id, keys[0].down)]


def _phases(
    keys: Sequence[_Key], after: Sequence[Value] | None
) -> list[list[sa.ColumnElement[bool]]]:
    """An index gives tasks with a value of the first key in order, and those without in order, but
    not one behind the other: so they are asked for one behind the other."""
    first = keys[0]
    behind = [] if after is None else [_behind(keys, after)]
    if not first.column.nullable:
        start = [] if after is None else [first.not_before(after[0])]
        return [[*start, *behind]]
    without: list[sa.ColumnElement[bool]] = [first.column.is_(None)]
    if after is not None and after[0] is None:
        return [[*without, *behind]]
    start = [] if after is None else [first.not_before(after[0])]
    return [[first.column.is_not(None), *start, *behind], without]


def _behind(keys: Sequence[_Key], place: Sequence[Value]) -> sa.ColumnElement[bool]:
    condition: sa.ColumnElement[bool] = sa.false()
    for key, value in reversed(list(zip(keys, place, strict=True))):
        condition = sa.or_(key.behind(value), sa.and_(key.at(value), condition))
    return condition


async def _read(
    conn: AsyncConnection,
    keys: Sequence[_Key],
    where: Sequence[sa.ColumnElement[bool]],
    limit: int,
) -> list[Listed]:
    first, *others = keys
    # Within a phase the first key is never, or always, null.
    order = [first.order[-1], *(part for key in others for part in key.order)]
    narrow = (
        sa.select(
            task.c.nid,
            task.c.task_id,
            task.c.room_id,
            task.c.root_event_id,
            task.c.rev,
            task.c.sha256,
            task.c.key_prefix,
            task.c.key_no,
            *(key.column.label(f"k{number}") for number, key in enumerate(keys)),
            task_text.c.snapshot,
        )
        .select_from(task.join(task_text, task_text.c.nid == task.c.nid))
        .where(*where)
        .order_by(*order)
        .limit(limit)
    )
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
                json_text.loads(row.snapshot),
            ),
            tuple(getattr(row, f"k{number}") for number in range(len(keys))),
        )
        for row in await conn.execute(narrow)
    ]


def _conditions(conn: AsyncConnection, wanted: Filters) -> list[sa.ColumnElement[bool]]:
    where: list[sa.ColumnElement[bool]] = [task.c.erased == 0, task.c.room_id.in_(wanted.rooms)]
    where += _people(wanted)
    where += _state(wanted)
    where += _time(wanted)
    if wanted.labels:
        labelled = sa.select(task_label.c.nid).where(task_label.c.label.in_(wanted.labels))
        where.append(task.c.nid.in_(labelled))
    if wanted.blocked is not None:
        where.append(_blocked() if wanted.blocked else sa.not_(_blocked()))
    if wanted.parent is not None:
        where.append(task.c.parent == wanted.parent if wanted.parent else task.c.parent.is_(None))
    where += [
        sa.and_(task.c.key_prefix == prefix, task.c.key_no == number)
        for prefix, number in wanted.keys
    ]
    if wanted.words:
        where.append(_text(conn, wanted.words))
    return where


def _people(wanted: Filters) -> list[sa.ColumnElement[bool]]:
    where: list[sa.ColumnElement[bool]] = []
    if wanted.assigned_to:
        named = [each for each in wanted.assigned_to if each is not None]
        either = [task.c.assignee.in_(named)] if named else []
        if None in wanted.assigned_to:
            either.append(task.c.assignee.is_(None))
        where.append(sa.or_(*either))
    if wanted.creator:
        where.append(task.c.creator.in_(wanted.creator))
    if wanted.assigner:
        where.append(task.c.assigner.in_(wanted.assigner))
    if wanted.involves is not None:
        involved = sa.select(task_person.c.nid).where(task_person.c.user_id == wanted.involves)
        where.append(task.c.nid.in_(involved))
    return where


def _state(wanted: Filters) -> list[sa.ColumnElement[bool]]:
    where: list[sa.ColumnElement[bool]] = []
    either: list[sa.ColumnElement[bool]] = []
    if wanted.statuses:
        either.append(task.c.status.in_(wanted.statuses))
    if wanted.categories:
        either.append(task.c.category.in_(wanted.categories))
    if wanted.closed is not None:
        either.append(task.c.closed == int(wanted.closed))
    if either:
        where.append(sa.or_(*either))
    if wanted.assignment:
        where.append(task.c.assignment_state.in_(wanted.assignment))
    if wanted.kind is not None:
        where.append(task.c.kind == wanted.kind)
    if wanted.priority_from is not None:
        where.append(task.c.priority >= wanted.priority_from)
    return where


def _time(wanted: Filters) -> list[sa.ColumnElement[bool]]:
    where: list[sa.ColumnElement[bool]] = []
    if wanted.due_from is not None:
        where += [task.c.due_at.is_not(None), sa.not_(_due_before(wanted.due_from))]
    if wanted.due_until is not None:
        where.append(_due_before(wanted.due_until))
    if wanted.no_due is not None:
        where.append(task.c.due_at.is_(None) if wanted.no_due else task.c.due_at.is_not(None))
    if wanted.overdue is not None:
        where += [task.c.closed == 0, _due_before(wanted.overdue)]
    if wanted.not_overdue is not None:
        late = sa.and_(
            task.c.closed == 0, task.c.due_at.is_not(None), _due_before(wanted.not_overdue)
        )
        where.append(sa.not_(late))
    if wanted.updated_from is not None:
        where.append(task.c.updated_at >= wanted.updated_from)
    return where


_DAY_MS: Final = 24 * 3600 * 1000


def _due_before(bound: DueBound) -> sa.ColumnElement[bool]:
    """Due before a place. The first condition is implied by the others: it is for the index."""
    return sa.and_(
        task.c.due_at < bound.moment + 2 * _DAY_MS,
        sa.case(
            (task.c.due_date.is_(None), task.c.due_at < bound.moment),
            else_=task.c.due_date < bound.day,
        ),
    )


def _blocked() -> sa.ColumnElement[bool]:
    blocker = task.alias("blocker")
    return sa.exists(
        sa.select(sa.literal(1))
        .select_from(task_blocks.join(blocker, blocker.c.task_id == task_blocks.c.blocker))
        .where(
            task_blocks.c.nid == task.c.nid,
            blocker.c.closed == 0,
            blocker.c.erased == 0,
        )
    )


def _text(conn: AsyncConnection, words: Sequence[str]) -> sa.ColumnElement[bool]:
    if conn.dialect.name == "sqlite":
        match = " AND ".join(f'"{word}"*' for word in words)
        found = sa.text("SELECT rowid FROM task_search WHERE task_search MATCH :words")
        rows = found.bindparams(words=match).columns(sa.column("rowid", sa.Integer))
        return task.c.nid.in_(rows)
    query = " & ".join(f"'{word}':*" for word in words)
    vector = sa.func.to_tsvector(sa.literal_column("'simple'"), task_text.c.words)
    return vector.op("@@")(sa.func.to_tsquery(sa.literal_column("'simple'"), query))


_WORD: Final = re.compile(r"\w+")
_KEY: Final = re.compile(r"(?<!\w)([a-z][a-z0-9]{1,9})-([1-9][0-9]{0,8})(?!\w)")


def read_query(text: str) -> tuple[list[str], list[tuple[str, int]]]:
    """The words and the keys (OPS-42) of what somebody searches for."""
    folded = fold_letters(text)
    keys = [(prefix.upper(), int(number)) for prefix, number in _KEY.findall(folded)]
    return _WORD.findall(_KEY.sub(" ", folded)), keys
