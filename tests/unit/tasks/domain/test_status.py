"""Statuses, the ways between them, and blockers."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from appservice_tasks.contracts import Workflow
from appservice_tasks.domain.context import Context
from appservice_tasks.domain.outcome import Refusal, Revision
from appservice_tasks.domain.workflow import (
    DEFAULT_WORKFLOW,
    counterpart,
    faults_of_workflow,
    status_of,
    who_may,
)
from tests.unit.tasks.domain import eg

E, A, C = "editor", "assignee", "collaborator"
STATUSES = [status["id"] for status in DEFAULT_WORKFLOW["statuses"]]
WAYS: dict[tuple[str, str, bool], set[str]] = {
    ("open", "in_progress", False): {E, A, C},
    ("open", "in_progress", True): {E, A, C},
    ("in_progress", "open", False): {E, A, C},
    ("in_progress", "open", True): {E, A, C},
    ("open", "review", True): {E, A, C},
    ("in_progress", "review", True): {E, A, C},
    ("open", "done", False): {E, A},
    ("in_progress", "done", False): {E, A},
    ("review", "done", False): {E},
    ("review", "done", True): {E},
    ("review", "in_progress", False): {E, A},
    ("review", "in_progress", True): {E, A},
    ("done", "open", False): {E, A},
    ("done", "open", True): {E, A},
    ("cancelled", "open", False): {E},
    ("cancelled", "open", True): {E},
    **{
        (status, "cancelled", review): {E}
        for status in ("open", "in_progress", "review")
        for review in (False, True)
    },
}
PEOPLE = {E: eg.OLGA, A: eg.IVAN, C: eg.PETR, "member": eg.NINA}


@pytest.mark.parametrize("review", [False, True])
@pytest.mark.parametrize(("status", "to"), list(product(STATUSES, STATUSES)))
def test_the_default_workflow(status: str, to: str, review: bool) -> None:
    """Each pair of statuses, each part: a way for others only is forbidden, none is a conflict."""
    category = status_of(DEFAULT_WORKFLOW, status)
    assert category is not None
    task = eg.changed(
        eg.task(assignee=eg.IVAN, collaborators=[eg.PETR], needs_review=review),
        status=status,
        category=category["category"],
    )
    allowed = WAYS.get((status, to, review), set())
    for part, person in PEOPLE.items():
        outcome = eg.act(task, person, {"op": "transition", "to": to})
        if status == to:
            assert isinstance(outcome, Refusal if part == "member" else Revision)
        elif part in allowed:
            assert isinstance(outcome, Revision)
            assert outcome.snapshot["status"] == to
        else:
            assert isinstance(outcome, Refusal)
            assert outcome.code == ("forbidden" if allowed else "transition_not_allowed")


def test_a_status_that_the_workflow_lacks_is_no_way() -> None:
    op = {"op": "transition", "to": "paused"}
    assert eg.refused(eg.task(), eg.OLGA, op) == "transition_not_allowed"


def test_closing_and_opening_keep_the_time() -> None:
    closed = eg.done(eg.task(), eg.OLGA, {"op": "transition", "to": "done"})
    assert (closed["category"], closed["closed_at"]) == ("done", eg.NOW)
    opened = eg.done(closed, eg.OLGA, {"op": "transition", "to": "open"})
    assert opened["category"] == "todo"
    assert "closed_at" not in opened


def test_the_reason_of_a_transition_is_kept() -> None:
    op = {"op": "transition", "to": "cancelled", "reason": "No money"}
    outcome = eg.act(eg.task(), eg.OLGA, op)
    assert isinstance(outcome, Revision)
    assert outcome.change["reason"] == "No money"


def test_review_can_be_dropped_in_the_same_command() -> None:
    task = eg.task(needs_review=True)
    finish = {"op": "transition", "to": "done"}
    assert eg.refused(task, eg.OLGA, finish) == "transition_not_allowed"
    drop = {"op": "set", "field": "needs_review", "value": False}
    done = eg.done(task, eg.OLGA, drop, finish)
    assert done["status"] == "done"
    assert "needs_review" not in done


def test_a_status_of_an_older_workflow_leads_to_the_first() -> None:
    stuck = eg.changed(eg.task(assignee=eg.IVAN), status="paused", category="doing")
    op = {"op": "transition", "to": "open"}
    assert eg.refused(stuck, eg.IVAN, op) == "forbidden"
    assert eg.done(stuck, eg.OLGA, op)["category"] == "todo"
    other = {"op": "transition", "to": "done"}
    assert eg.refused(stuck, eg.OLGA, other) == "transition_not_allowed"


TWO: Workflow = {
    "v": 1,
    "initial": "new",
    "statuses": [
        {"id": "new", "category": "todo", "name": {"en": "New"}},
        {"id": "shipped", "category": "done", "name": {"en": "Shipped"}},
    ],
    "transitions": [{"from": "new", "to": "shipped", "who": ["assignee"]}],
}


def test_a_room_has_its_own_workflow() -> None:
    around = eg.context(room=eg.room(workflow=TWO))
    task = eg.task(eg.OLGA, around, assignee=eg.IVAN)
    assert (task["status"], task["category"]) == ("new", "todo")
    ship = {"op": "transition", "to": "shipped"}
    assert eg.refused(task, eg.OLGA, ship, around=around) == "forbidden"
    assert eg.done(task, eg.IVAN, ship, around=around)["category"] == "done"


def test_a_counterpart_has_the_same_meaning() -> None:
    assert counterpart(DEFAULT_WORKFLOW, "review", "review")["id"] == "review"
    assert counterpart(DEFAULT_WORKFLOW, "shipped", "done")["id"] == "done"
    assert counterpart(TWO, "review", "review")["id"] == "new"


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"initial": "gone"}, "/initial"),
        ({"statuses": [TWO["statuses"][0]] * 2}, "/statuses"),
        ({"statuses": [{**TWO["statuses"][0], "category": "review"}]}, "/statuses"),
        ({"transitions": [{"from": "new", "to": "x", "who": ["editor"]}]}, "/transitions/0"),
    ],
)
def test_names_in_a_workflow_lead_somewhere(changes: dict[str, Any], pointer: str) -> None:
    broken: Any = {**TWO, **changes}
    assert pointer in [fault["pointer"] for fault in faults_of_workflow(broken)]


def test_our_workflows_have_no_faults() -> None:
    assert faults_of_workflow(DEFAULT_WORKFLOW) == []
    assert faults_of_workflow(TWO) == []
    assert who_may(TWO, "shipped", "new", needs_review=False) == frozenset()


def blocked_task(**around: Any) -> tuple[Any, Context]:
    circumstances = eg.beside(eg.neighbour(1), eg.neighbour(2, category="done"), **around)
    task = eg.task(eg.OLGA, circumstances, assignee=eg.IVAN, blocked_by=[eg.uuid(1), eg.uuid(2)])
    return task, circumstances


FINISH = {"op": "transition", "to": "done"}


def test_done_waits_for_open_blockers() -> None:
    task, around = blocked_task()
    assert eg.refused(task, eg.IVAN, FINISH, around=around) == "blocked"
    assert eg.refused(task, eg.OLGA, FINISH, around=around) == "blocked"


def test_an_editor_forces_done_with_a_reason() -> None:
    task, around = blocked_task()
    forced = {**FINISH, "force": True, "reason": "Not needed any more"}
    assert eg.refused(task, eg.IVAN, forced, around=around) == "blocked"
    assert eg.done(task, eg.OLGA, forced, around=around)["status"] == "done"


def test_force_wants_a_reason() -> None:
    task, around = blocked_task()
    for reason in ({}, {"reason": "  "}):
        outcome = eg.act(task, eg.OLGA, {**FINISH, "force": True, **reason}, around=around)
        assert isinstance(outcome, Refusal)
        assert (outcome.code, outcome.errors[0]["pointer"]) == ("invalid", "/ops/0/reason")


def test_cancelling_waits_for_nobody() -> None:
    task, around = blocked_task()
    cancel = {"op": "transition", "to": "cancelled"}
    assert eg.done(task, eg.OLGA, cancel, around=around)["status"] == "cancelled"


def test_closed_and_erased_blockers_hold_nothing_up() -> None:
    task, _ = blocked_task()
    around = eg.beside(eg.neighbour(1, category="cancelled"))
    assert eg.done(task, eg.IVAN, FINISH, around=around)["status"] == "done"


def test_a_blocker_can_be_taken_out_in_the_same_command() -> None:
    task, around = blocked_task()
    remove = {"op": "remove", "field": "blocked_by", "value": eg.uuid(1)}
    assert eg.done(task, eg.IVAN, remove, FINISH, around=around)["status"] == "done"


def test_tasks_do_not_wait_for_each_other() -> None:
    task = eg.task()
    circle = eg.neighbour(1, blocked_by=(eg.uuid(2),))
    back = eg.neighbour(2, blocked_by=(task["task_id"],))
    add = {"op": "add", "field": "blocked_by", "value": eg.uuid(1)}
    outcome = eg.act(task, eg.OLGA, add, around=eg.beside(circle, back))
    assert isinstance(outcome, Refusal)
    assert (outcome.code, outcome.errors[0]["code"]) == ("invalid", "cycle")
    itself = {"op": "add", "field": "blocked_by", "value": task["task_id"]}
    assert eg.refused(task, eg.OLGA, itself) == "invalid"


def test_no_task_stands_below_itself() -> None:
    task = eg.task()
    child = eg.neighbour(1, parent=eg.uuid(2))
    middle = eg.neighbour(2, parent=task["task_id"])
    around = eg.beside(child, middle)
    below = {"op": "set", "field": "parent", "value": eg.uuid(1)}
    assert eg.refused(task, eg.OLGA, below, around=around) == "invalid"
    itself = {"op": "set", "field": "parent", "value": task["task_id"]}
    assert eg.refused(task, eg.OLGA, itself) == "invalid"


@pytest.mark.parametrize(
    "op",
    [
        {"op": "set", "field": "parent", "value": eg.uuid(1)},
        {"op": "add", "field": "blocked_by", "value": eg.uuid(1)},
        {"op": "add", "field": "links", "value": {"rel": "relates", "task_id": eg.uuid(1)}},
        {"op": "rank", "after": eg.uuid(1)},
    ],
)
def test_other_tasks_must_be_there_and_visible(op: dict[str, Any]) -> None:
    assert eg.refused(eg.task(), eg.OLGA, op) == "invalid"
    hidden = eg.beside(eg.neighbour(1, visible=False))
    outcome = eg.act(eg.task(), eg.OLGA, op, around=hidden)
    assert isinstance(outcome, Refusal)
    assert outcome.errors[0]["code"] == "not_found"
    assert isinstance(eg.act(eg.task(), eg.OLGA, op, around=eg.beside(eg.neighbour(1))), Revision)


def test_ranks_are_those_of_one_board() -> None:
    elsewhere = eg.beside(eg.neighbour(1, room_id=eg.OTHER_ROOM))
    op = {"op": "rank", "after": eg.uuid(1)}
    assert eg.refused(eg.task(), eg.OLGA, op, around=elsewhere) == "invalid"


def test_a_task_goes_between_its_neighbours_silently() -> None:
    around = eg.beside(eg.neighbour(1), eg.neighbour(2))
    op = {"op": "rank", "after": eg.uuid(1), "before": eg.uuid(2)}
    outcome = eg.act(eg.task(), eg.OLGA, op, around=around)
    assert isinstance(outcome, Revision)
    assert "V00001" < outcome.snapshot["rank"] < "V00002"
    assert outcome.change["silent"]


def test_a_new_task_goes_last() -> None:
    around = eg.context(room=eg.room(last_rank="V0000z"))
    assert eg.task(eg.OLGA, around)["rank"] > "V0000z"
