"""The decision: a task, a command and its circumstances become a revision or a refusal."""

from __future__ import annotations

from appservice_tasks.contracts import Snapshot
from appservice_tasks.domain.commands import Command
from appservice_tasks.domain.context import Context
from appservice_tasks.domain.outcome import Erasure, Refusal, Revision


def decide(
    task: Snapshot | None, command: Command, context: Context
) -> Revision | Erasure | Refusal:
    """Pure and deterministic; `task` is never changed.

    task: the current snapshot, None when there is none (never was, or erased).
    """
    raise NotImplementedError


def named_tasks(task: Snapshot | None, command: Command) -> frozenset[str]:
    """The other tasks that `decide` will look up in `Context.neighbours`: parent, blockers, ranks."""
    raise NotImplementedError


def named_people(command: Command) -> frozenset[str]:
    """The people a command names, for `Context.absent`."""
    raise NotImplementedError
