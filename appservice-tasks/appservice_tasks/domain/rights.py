"""Who may do what to a task, and whom one may assign. Source: TASKS.md, section 4."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from appservice_tasks.contracts import Snapshot
from appservice_tasks.domain.context import Context

Mode = Literal["direct", "request", "deny"]
"""How an assignment takes effect: at once, once accepted, or not at all."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What somebody is to a task (or, before one exists, to its room).

    editor: creator, assigner, room task-admin or organisation admin (and, where the room says so,
      a manager of the assignee). assignee: only once the assignment is active.
    """

    user_id: str
    sees: bool
    editor: bool
    assignee: bool
    asked: bool
    collaborator: bool
    member: bool
    guest: bool
    bot: bool
    erases: bool
    assigns_anyone: bool


def standing(user_id: str, task: Snapshot | None, context: Context) -> Standing:
    """Gather what the rules below ask about; bots acting for themselves are `bot`."""
    raise NotImplementedError


def may_create(user_id: str, context: Context) -> bool:
    """Whether the person may open tasks in the room."""
    raise NotImplementedError


def assignment_mode(assigner: str, target: str, context: Context) -> Mode:
    """The assignment table with the room's own settings; admins and task-admins are direct."""
    raise NotImplementedError


def visible(user_id: str, task: Snapshot, context: Context) -> bool:
    """Members see the room's tasks; an organisation admin sees team tasks anywhere."""
    raise NotImplementedError
