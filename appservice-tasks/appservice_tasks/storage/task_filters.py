"""What lists of tasks leave out: the filters as conditions, and the few tasks that one leaves."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from appservice_tasks.storage import blocking
from appservice_tasks.storage.tables import task, task_label, task_person, task_text
from appservice_tasks.storage.task_rows import fold_letters


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

    @property
    def has_due(self) -> bool:
        """Whether only tasks that are due some time are left."""
        bounds = (self.due_from, self.due_until, self.overdue)
        return self.no_due is False or any(each is not None for each in bounds)


def unindexed(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """The column, by which SQLite then looks nothing up."""
    return sa.sql.expression.UnaryExpression(
        column, operator=sa.sql.operators.custom_op("+"), type_=column.type
    )


Select = sa.Select[tuple[int]]

BY_OTHER_TABLES: Final = frozenset({"involves", "labels", "blocked", "words"})
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
    if wanted.blocked:
        found["blocked"] = blocking.waiting(wanted.rooms)
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


def beside(wanted: Filters, name: str) -> list[sa.ColumnElement[bool]]:
    """What the index of a narrowing tells of the other conditions."""
    by_state = wanted.closed is not None and not wanted.statuses and not wanted.categories
    if name not in ("rooms", "assignee") or not by_state:
        return []
    return [task.c.closed == int(wanted.closed or False)]


def _narrowing_by_time(wanted: Filters, nid: Select) -> dict[str, Select]:
    found: dict[str, Select] = {}
    if wanted.no_due:
        found["no_due"] = nid.where(task.c.due_at.is_(None))
    if wanted.overdue is not None:
        found["overdue"] = nid.where(
            task.c.closed == sa.literal_column("0"),  # as the partial index says it
            task.c.due_at < wanted.overdue.moment + SLACK_MS,
        )
    window: list[sa.ColumnElement[bool]] = []
    if wanted.due_from is not None:
        window.append(task.c.due_at >= wanted.due_from.moment - SLACK_MS)
    if wanted.due_until is not None:
        window.append(task.c.due_at < wanted.due_until.moment + SLACK_MS)
    if window:
        found["due"] = nid.where(*window)
    return found


Plain = Callable[[sa.Column[Any]], sa.ColumnElement[Any]]


def conditions(wanted: Filters, *, plain: Plain) -> list[sa.ColumnElement[bool]]:
    """Every condition on the tasks themselves but the rooms. plain: what stands for a column."""
    where: list[sa.ColumnElement[bool]] = [plain(task.c.erased) == 0]
    where += _people(wanted, plain)
    where += _state(wanted, plain)
    where += _time(wanted, plain)
    if wanted.blocked is False:
        where.append(plain(task.c.nid).not_in(blocking.waiting(wanted.rooms)))
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


SLACK_MS: Final = 2 * 24 * 3600 * 1000
"""A day ends at different moments around the world."""


def _due_before(bound: DueBound, plain: Plain) -> sa.ColumnElement[bool]:
    """Due before a place, of a task that is due at all."""
    return sa.case(
        (task.c.due_date.is_(None), plain(task.c.due_at) < bound.moment),
        else_=task.c.due_date < bound.day,
    )


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
