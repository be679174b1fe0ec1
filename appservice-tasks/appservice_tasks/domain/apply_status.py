"""`transition` and `rank`: where a task stands."""

from __future__ import annotations

from typing import Final

from appservice_tasks.contracts import Category, OpRank, OpTransition
from appservice_tasks.domain.case import Case
from appservice_tasks.domain.context import Neighbour
from appservice_tasks.domain.outcome import Refused
from appservice_tasks.domain.rank import rank_between
from appservice_tasks.domain.relations import open_blockers
from appservice_tasks.domain.workflow import is_open, status_of, who_may

ANYBODY: Final = frozenset({"editor", "assignee", "collaborator"})
"""Everyone who has a part in a task."""


def apply_transition(op: OpTransition, case: Case) -> None:
    """Change the status along the workflow, judged from the present one."""
    task, workflow = case.draft.task, case.context.room.workflow
    to = op["to"]
    if to == task["status"]:
        if not case.who.may_go(ANYBODY):
            raise Refused("forbidden", "the status is not yours to change")
        return
    who = who_may(workflow, task["status"], to, needs_review=task.get("needs_review", False))
    status = status_of(workflow, to)
    if not who or status is None:
        raise Refused("transition_not_allowed", f"no way leads from {task['status']} to {to}")
    if not case.who.may_go(who):
        raise Refused("forbidden", f"the way to {to} is not yours to go")
    if status["category"] == "done":
        _check_blockers(op, case)
    case.draft.set("status", to)
    categorise(status["category"], case)
    if op.get("reason"):
        case.draft.reason = op["reason"]


def _check_blockers(op: OpTransition, case: Case) -> None:
    """Done over open blockers takes an editor, force and a reason."""
    blockers = open_blockers(case.draft.task.get("blocked_by", ()), case.context)
    if not blockers:
        return
    if not (op.get("force") and case.who.editor):
        raise Refused("blocked", f"{len(blockers)} open tasks stand in the way")
    if not op.get("reason", "").strip():
        raise case.invalid("/reason", "required", "say why it is done over open blockers")


def categorise(category: Category, case: Case) -> None:
    """Category and closing time follow from the status and stand in no diff."""
    task = case.draft.task
    was_open = is_open(task["category"])
    task["category"] = category
    if is_open(task["category"]):
        task.pop("closed_at", None)
    elif was_open:
        task["closed_at"] = case.at


def apply_rank(op: OpRank, case: Case) -> None:
    """Place the task among the others of its room; of two moves, the later decided one stands."""
    case.require("rank")
    before = _place(op.get("before"), "/before", case)
    after = _place(op.get("after"), "/after", case)
    rank = rank_between(after, before)
    if rank is None:
        raise Refused("limit_exceeded", "no room is left between these two")
    case.draft.set("rank", rank)


def _place(task_id: str | None, where: str, case: Case) -> str | None:
    if task_id is None:
        return None
    neighbour: Neighbour = case.neighbour(task_id, where)
    if neighbour.room_id != case.context.room.room_id or neighbour.rank is None:
        raise case.invalid(where, "form", "stands on another board")
    if task_id == case.draft.task["task_id"]:
        raise case.invalid(where, "form", "is the task itself")
    return neighbour.rank
