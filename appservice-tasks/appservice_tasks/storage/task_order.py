"""The orders of lists of tasks, and where in them a page begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

import sqlalchemy as sa

from appservice_tasks.storage.tables import task
from appservice_tasks.storage.task_filters import SLACK_MS, Filters
from appservice_tasks.storage.task_rows import PRIORITIES

Value = str | int | None

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
class Key:
    """A column that tasks are ordered by."""

    column: sa.Column[Any]
    down: bool

    @property
    def order(self) -> list[sa.ColumnElement[Any]]:
        """Tasks without a value come last."""
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
        """At a value, or without one."""
        return self.column.is_(None) if value is None else self.column == value


def keys_of(order: Sequence[Sort]) -> list[Key]:
    """The columns of an order, down to what tells any two tasks apart."""
    keys = [Key(column, each.down) for each in order for column in _COLUMNS[each.key]]
    # In the direction of the first key, so that an index can be read backwards.
    return [*keys, Key(task.c.task_id, keys[0].down)]


@dataclass(frozen=True, slots=True)
class Phase:
    """Part of a list. keys: the order within it. priority: that of all its tasks."""

    where: tuple[sa.ColumnElement[bool], ...]
    keys: Sequence[Key]
    priority: int | None = None


def phases(
    keys: Sequence[Key], after: Sequence[Value] | None, wanted: Filters, *, by_index: bool
) -> list[Phase]:
    """An index gives tasks with a value of the first key in order, and those without in order, but
    not one behind the other: so they are asked for one behind the other.

    by_index: an index is followed. Then tasks of one priority come behind those of another, each
    in the order of the other keys: there are many of each, and no index has them in every order.
    """
    if by_index and keys[0].column is task.c.priority and len(keys) > 2:
        return [
            replace(phase, priority=priority)
            for priority, place in _priorities(keys[0], after, wanted)
            for phase in phases(keys[1:], place, wanted, by_index=True)
        ]
    first = keys[0]
    behind = [] if after is None else [_behind(keys, after)]
    bounds = _bounds(first.column, wanted) if by_index else []
    if not first.column.nullable:
        start = [] if after is None else [first.not_before(after[0])]
        return [Phase((*bounds, *start, *behind), keys)]
    without = first.column.is_(None)
    if after is not None and after[0] is None:
        return [Phase((without, *behind), keys)]
    is_due = first.column is task.c.due_at
    if after is None and wanted.no_due and is_due:
        return [Phase((without,), keys)]
    start = [] if after is None else [first.not_before(after[0])]
    have = Phase((first.column.is_not(None), *bounds, *start, *behind), keys)
    return [have] if is_due and wanted.has_due else [have, Phase((without,), keys)]


_PRIORITIES: Final = sorted(PRIORITIES.values())


def _priorities(
    key: Key, after: Sequence[Value] | None, wanted: Filters
) -> list[tuple[int, Sequence[Value] | None]]:
    """Each priority from a place on, in order, and the place within it."""
    lowest = wanted.priority_from or 0
    order = [each for each in _PRIORITIES if each >= lowest]
    if key.down:
        order.reverse()
    if after is None:
        return [(each, None) for each in order]
    left = order[order.index(after[0]) :] if after[0] in order else []
    return [(each, after[1:] if each == after[0] else None) for each in left]


def _bounds(column: sa.Column[Any], wanted: Filters) -> list[sa.ColumnElement[bool]]:
    """Where in the index of a column there may be anything."""
    found: list[sa.ColumnElement[bool]] = []
    if column is task.c.due_at:
        if wanted.due_from is not None:
            found.append(column >= wanted.due_from.moment - SLACK_MS)
        found += [
            column < each.moment + SLACK_MS
            for each in (wanted.due_until, wanted.overdue)
            if each is not None
        ]
    elif column is task.c.updated_at and wanted.updated_from is not None:
        found.append(column >= wanted.updated_from)
    elif column is task.c.priority and wanted.priority_from is not None:
        found.append(column >= wanted.priority_from)
    return found


def _behind(keys: Sequence[Key], place: Sequence[Value]) -> sa.ColumnElement[bool]:
    condition: sa.ColumnElement[bool] = sa.false()
    for key, value in reversed(list(zip(keys, place, strict=True))):
        condition = sa.or_(key.behind(value), sa.and_(key.at(value), condition))
    return condition
