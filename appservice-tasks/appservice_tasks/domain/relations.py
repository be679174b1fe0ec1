"""Parents and blockers: what waits for what."""

from __future__ import annotations

from collections.abc import Iterable

from appservice_tasks.domain.context import Context
from appservice_tasks.domain.workflow import is_open


def open_blockers(blocked_by: Iterable[str], context: Context) -> list[str]:
    """Those still open; erased and unknown ones hold nothing up."""
    return [
        blocker
        for blocker in blocked_by
        if blocker in context.neighbours and is_open(context.neighbours[blocker].category)
    ]


def blocks_itself(task_id: str, blocker: str, context: Context) -> bool:
    """Whether `blocker` waits, directly or not, for `task_id`."""
    waiting, seen = [blocker], set[str]()
    while waiting:
        at = waiting.pop()
        if at == task_id:
            return True
        if at not in seen and at in context.neighbours:
            seen.add(at)
            waiting += context.neighbours[at].blocked_by
    return False


def is_below(task_id: str, parent: str, context: Context) -> bool:
    """Whether `parent` is the task itself or stands somewhere below it."""
    at: str | None = parent
    seen: set[str] = set()
    while at is not None and at not in seen:
        if at == task_id:
            return True
        seen.add(at)
        at = context.neighbours[at].parent if at in context.neighbours else None
    return False
