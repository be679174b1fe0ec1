"""Lists of tasks: filters, orders, and pages by keyset."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
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
    where = await _plan(conn, wanted)
    found: list[Listed] = []
    for phase in _phases(keys, after, wanted):
        if len(found) < limit:
            found += await _read(conn, keys, [*where, *phase], limit - len(found))
    return found


async def _plan(conn: AsyncConnection, wanted: Filters) -> list[sa.ColumnElement[bool]]:
    """The conditions, so written that the database goes the shorter way.

    PostgreSQL mostly finds it by itself; it is told which tasks people have opened, and to look
    for blockers task by task, since lists end early.

    Where one condition leaves few tasks, these are gathered and put in order. Else the index of
    the order is followed until the page is full, and every task on the way is looked at.
    """
    narrow = narrowing(conn, wanted)
    if conn.dialect.name != "sqlite":
        where = conditions(wanted, plain=lambda column: column, blocked=_is_blocked())
        where += [
            task.c.nid.in_(each)
            for name, each in narrow.items()
            if name in _BY_OTHER_TABLES or name in ("creator", "assigner")
        ]
        return [*where, _is_blocked()] if wanted.blocked else where
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
    counted = counts.mappings().one()
    fewest = min(narrow, key=lambda name: (counted[name], name))
    blocked = _unindexed(task.c.nid).in_(_blocked(plain=_unindexed))
    where = conditions(wanted, plain=_unindexed, blocked=blocked)
    if counted[fewest] <= _FEW:
        where.append(task.c.nid.in_(narrow[fewest]))
    where += [
        _unindexed(task.c.nid).in_(each)
        for name, each in narrow.items()
        if name in _BY_OTHER_TABLES and (name != fewest or counted[fewest] > _FEW)
    ]
    return where


_FEW: Final = 8_000
"""Tasks that are put in order faster than an index is followed."""


def _unindexed(column: sa.Column[Any]) -> sa.ColumnElement[Any]:
    """The column, by which SQLite then looks nothing up."""
    return sa.sql.expression.UnaryExpression(
        column, operator=sa.sql.operators.custom_op("+"), type_=column.type
    )


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
    keys: Sequence[_Key], after: Sequence[Value] | None, wanted: Filters
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
    if after is None and wanted.no_due and first.column is task.c.due_at:
        return [without]
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
        )
        .where(*where)
        .order_by(*order)
        .limit(limit)
    )
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
            tuple(getattr(row, f"k{number}") for number in range(len(keys))),
        )
        for row in rows
        if row.nid in snapshots
    ]


Select = sa.Select[tuple[int]]

_BY_OTHER_TABLES: Final = frozenset({"involves", "labels", "blocked", "words"})
"""Conditions that are nowhere but in their narrowing."""


def narrowing(conn: AsyncConnection, wanted: Filters) -> dict[str, Select]:
    """For each condition that may leave few tasks, the tasks that it leaves, found by an index."""
    nid = sa.select(task.c.nid)
    found: dict[str, Select] = {"rooms": nid.where(task.c.room_id.in_(wanted.rooms))}
    if wanted.assigned_to and None not in wanted.assigned_to:
        found["assignee"] = nid.where(task.c.assignee.in_(wanted.assigned_to))
    for role, users in (("creator", wanted.creator), ("assigner", wanted.assigner)):
        if users:
            found[role] = sa.select(task_person.c.nid).where(
                task_person.c.user_id.in_(users), task_person.c.role == role
            )
    if wanted.involves is not None:
        found["involves"] = sa.select(task_person.c.nid).where(
            task_person.c.user_id == wanted.involves
        )
    if wanted.labels:
        found["labels"] = sa.select(task_label.c.nid).where(task_label.c.label.in_(wanted.labels))
    if wanted.blocked and conn.dialect.name == "sqlite":
        found["blocked"] = _blocked(plain=_unindexed)
    if wanted.words:
        found["words"] = _text(conn, wanted.words)
    if wanted.statuses and not wanted.categories and wanted.closed is None:
        found["status"] = nid.where(task.c.status.in_(wanted.statuses))
    if wanted.categories and not wanted.statuses and wanted.closed is None:
        found["category"] = nid.where(task.c.category.in_(wanted.categories))
    if wanted.assignment:
        found["assignment"] = nid.where(task.c.assignment_state.in_(wanted.assignment))
    if wanted.priority_from is not None:
        found["priority"] = nid.where(task.c.priority >= wanted.priority_from)
    if wanted.parent:
        found["parent"] = nid.where(task.c.parent == wanted.parent)
    if wanted.updated_from is not None:
        found["updated"] = nid.where(task.c.updated_at >= wanted.updated_from)
    found |= _narrowing_by_time(wanted, nid)
    for number, (prefix, key_no) in enumerate(wanted.keys):
        found[f"key{number}"] = nid.where(task.c.key_prefix == prefix, task.c.key_no == key_no)
    return found


def _narrowing_by_time(wanted: Filters, nid: Select) -> dict[str, Select]:
    found: dict[str, Select] = {}
    if wanted.no_due:
        found["no_due"] = nid.where(task.c.due_at.is_(None))
    if wanted.overdue is not None:
        found["overdue"] = nid.where(
            task.c.closed == sa.literal_column("0"),  # as the partial index says it
            task.c.due_at < wanted.overdue.moment + _SLACK_MS,
        )
    window: list[sa.ColumnElement[bool]] = []
    if wanted.due_from is not None:
        window.append(task.c.due_at >= wanted.due_from.moment - _SLACK_MS)
    if wanted.due_until is not None:
        window.append(task.c.due_at < wanted.due_until.moment + _SLACK_MS)
    if window:
        found["due"] = nid.where(*window)
    return found


Plain = Callable[[sa.Column[Any]], sa.ColumnElement[Any]]


def conditions(
    wanted: Filters, *, plain: Plain, blocked: sa.ColumnElement[bool]
) -> list[sa.ColumnElement[bool]]:
    """Every condition on the tasks themselves. plain: what stands for a column. blocked: whether a
    task waits for an open one."""
    where: list[sa.ColumnElement[bool]] = [
        plain(task.c.erased) == 0,
        plain(task.c.room_id).in_(wanted.rooms),
    ]
    where += _people(wanted, plain)
    where += _state(wanted, plain)
    where += _time(wanted, plain)
    if wanted.blocked is False:
        where.append(sa.not_(blocked))
    if wanted.parent is not None:
        parent = plain(task.c.parent)
        where.append(parent == wanted.parent if wanted.parent else parent.is_(None))
    where += [
        sa.and_(plain(task.c.key_prefix) == prefix, plain(task.c.key_no) == number)
        for prefix, number in wanted.keys
    ]
    return where


def _people(wanted: Filters, plain: Plain) -> list[sa.ColumnElement[bool]]:
    where: list[sa.ColumnElement[bool]] = []
    if wanted.assigned_to:
        assignee = plain(task.c.assignee)
        named = [each for each in wanted.assigned_to if each is not None]
        either = [assignee.in_(named)] if named else []
        if None in wanted.assigned_to:
            either.append(assignee.is_(None))
        where.append(sa.or_(*either))
    if wanted.creator:
        where.append(plain(task.c.creator).in_(wanted.creator))
    if wanted.assigner:
        where.append(plain(task.c.assigner).in_(wanted.assigner))
    return where


def _state(wanted: Filters, plain: Plain) -> list[sa.ColumnElement[bool]]:
    where: list[sa.ColumnElement[bool]] = []
    either: list[sa.ColumnElement[bool]] = []
    if wanted.statuses:
        either.append(plain(task.c.status).in_(wanted.statuses))
    if wanted.categories:
        either.append(plain(task.c.category).in_(wanted.categories))
    if wanted.closed is not None:
        either.append(plain(task.c.closed) == int(wanted.closed))
    if either:
        where.append(sa.or_(*either))
    if wanted.assignment:
        where.append(plain(task.c.assignment_state).in_(wanted.assignment))
    if wanted.priority_from is not None:
        where.append(plain(task.c.priority) >= wanted.priority_from)
    return where


def _time(wanted: Filters, plain: Plain) -> list[sa.ColumnElement[bool]]:
    where: list[sa.ColumnElement[bool]] = []
    due_at, closed = plain(task.c.due_at), plain(task.c.closed)
    if wanted.due_from is not None:
        where += [due_at.is_not(None), sa.not_(_due_before(wanted.due_from, plain))]
    if wanted.due_until is not None:
        where += [due_at.is_not(None), _due_before(wanted.due_until, plain)]
    if wanted.no_due is not None:
        where.append(due_at.is_(None) if wanted.no_due else due_at.is_not(None))
    if wanted.overdue is not None:
        where += [closed == 0, due_at.is_not(None), _due_before(wanted.overdue, plain)]
    if wanted.not_overdue is not None:
        late = sa.and_(closed == 0, due_at.is_not(None), _due_before(wanted.not_overdue, plain))
        where.append(sa.not_(late))
    if wanted.updated_from is not None:
        where.append(plain(task.c.updated_at) >= wanted.updated_from)
    return where


_SLACK_MS: Final = 2 * 24 * 3600 * 1000
"""A day ends at different moments around the world."""


def _due_before(bound: DueBound, plain: Plain) -> sa.ColumnElement[bool]:
    """Due before a place, of a task that is due at all."""
    return sa.case(
        (task.c.due_date.is_(None), plain(task.c.due_at) < bound.moment),
        else_=task.c.due_date < bound.day,
    )


def _blocked(*, plain: Plain) -> Select:
    """The tasks that wait for one which is still open."""
    blocker = task.alias("blocker")
    return (
        sa.select(task_blocks.c.nid)
        .select_from(task_blocks.join(blocker, blocker.c.task_id == task_blocks.c.blocker))
        .where(plain(blocker.c.closed) == 0, plain(blocker.c.erased) == 0)
    )


def _is_blocked() -> sa.ColumnElement[bool]:
    """Whether a task waits for one which is still open, asked of each task by itself."""
    blocker = task.alias("blocker")
    first = (
        sa.select(sa.literal_column("1"))
        .select_from(task_blocks.join(blocker, blocker.c.task_id == task_blocks.c.blocker))
        .where(task_blocks.c.nid == task.c.nid, blocker.c.closed == 0, blocker.c.erased == 0)
        .correlate(task)
        .limit(1)
        .scalar_subquery()
    )
    return first.is_not(None)


def _text(conn: AsyncConnection, words: Sequence[str]) -> Select:
    """The tasks in whose text each of the words begins a word."""
    if conn.dialect.name == "sqlite":
        match = " AND ".join(f'"{word}"*' for word in words)
        return sa.select(_SEARCH.c.rowid).where(sa.literal_column("task_search").op("MATCH")(match))
    query = " & ".join(f"'{word}':*" for word in words)
    vector = sa.func.to_tsvector(sa.literal_column("'simple'"), task_text.c.words)
    matching = vector.op("@@")(sa.func.to_tsquery(sa.literal_column("'simple'"), query))
    return sa.select(task_text.c.nid).where(matching)


_SEARCH: Final = sa.table("task_search", sa.column("rowid", sa.Integer))
"""The full-text table of SQLite (`migrations.search`)."""

_WORD: Final = re.compile(r"\w+")
_KEY: Final = re.compile(r"(?<!\w)([a-z][a-z0-9]{1,9})-([1-9][0-9]{0,8})(?!\w)")


def read_query(text: str) -> tuple[list[str], list[tuple[str, int]]]:
    """The words and the keys (OPS-42) of what somebody searches for."""
    folded = fold_letters(text)
    keys = [(prefix.upper(), int(number)) for prefix, number in _KEY.findall(folded)]
    return _WORD.findall(_KEY.sub(" ", folded)), keys
