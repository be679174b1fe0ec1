"""The first revision."""

from __future__ import annotations

from appservice_tasks.domain.outcome import Refusal, Revision
from appservice_tasks.shapes import check
from tests.unit.tasks.domain import eg


def test_a_task_of_nothing_but_a_title() -> None:
    assert eg.task() == {
        "v": 1,
        "task_id": "8191a435-2ea9-54fc-9118-484dc8aa2003",
        "key": "OPS-42",
        "rev": 1,
        "kind": "team",
        "title": "Sign the contract",
        "status": "open",
        "category": "todo",
        "creator": eg.OLGA,
        "assigner": eg.OLGA,
        "assignee": None,
        "assignment": {"state": "none"},
        "priority": "none",
        "created_at": eg.NOW,
        "updated_at": eg.NOW,
        "rank": "V00000",
        "frev": {"title": 1, "status": 1, "priority": 1, "assignee": 1, "assignment": 1},
    }


def test_a_task_of_everything_is_valid() -> None:
    around = eg.beside(eg.neighbour(1), eg.neighbour(2))
    task = eg.task(
        eg.OLGA,
        around,
        description="x",
        priority="urgent",
        due={"at": eg.NOW, "tz": "Europe/Moscow"},
        start={"date": "2026-11-30"},
        estimate_min=90,
        labels=["legal"],
        collaborators=[eg.PETR],
        watchers=[eg.NINA],
        checklist=[{"id": "item_1", "text": "x", "done": False}],
        parent=eg.uuid(1),
        blocked_by=[eg.uuid(2)],
        blocked_reason="x",
        links=[{"rel": "relates", "task_id": eg.uuid(1)}],
        attachments=[{"url": "mxc://corp.example/x", "name": "x"}],
        needs_review=True,
        fields={"cost": 0, "paid": False},
        source={"room_id": eg.ROOM, "event_id": "$message"},
        assignee=eg.IVAN,
    )
    assert check(task, "Snapshot") == []
    assert task["frev"]["checklist.item_1"] == task["frev"]["fields.cost"] == 1


def test_what_says_nothing_is_absent() -> None:
    task = eg.task(description="", labels=[], due=None, needs_review=False, fields={})
    assert task.keys() == eg.task().keys()


def test_the_first_change_tells_whom_it_is_for() -> None:
    outcome = eg.act_of_creation(assignee=eg.IVAN)
    assert isinstance(outcome, Revision)
    assert outcome.is_root
    assert outcome.change == {
        "rev": 1,
        "prev_rev": None,
        "actor": eg.OLGA,
        "at": eg.NOW,
        "diff": [{"field": "assignee", "from": None, "to": eg.IVAN}],
        "cause": {"cmd_id": eg.cmd_id(1), "via": "rest"},
    }


def test_a_room_event_is_named_as_the_cause() -> None:
    outcome = eg.act_of_creation(around=eg.context(via="matrix", event_id="$command"))
    assert isinstance(outcome, Revision)
    assert outcome.change["cause"]["event_id"] == "$command"


def test_more_operations_may_follow() -> None:
    task = eg.done(eg.task(), eg.OLGA, {"op": "transition", "to": "in_progress"})
    both = eg.command(eg.create(), {"op": "transition", "to": "in_progress"})
    made = eg.decided(both)
    assert isinstance(made, Revision)
    assert (made.snapshot["rev"], made.snapshot["status"]) == (1, task["status"])


def test_a_new_task_is_not_its_own_parent_or_blocker() -> None:
    own = eg.task()["task_id"]
    for fields in ({"parent": own}, {"blocked_by": [own]}):
        outcome = eg.act_of_creation(**fields)
        assert isinstance(outcome, Refusal)
        assert outcome.errors[0]["code"] == "cycle"


def test_parents_blockers_and_links_must_be_there() -> None:
    for fields, pointer in (
        ({"parent": eg.uuid(1)}, "/ops/0/task/parent"),
        ({"blocked_by": [eg.uuid(1)]}, "/ops/0/task/blocked_by/0"),
        (
            {"links": [{"rel": "relates", "task_id": eg.uuid(1)}]},
            "/ops/0/task/links/0/task_id",
        ),
    ):
        outcome = eg.act_of_creation(**fields)
        assert isinstance(outcome, Refusal)
        assert outcome.errors[0]["pointer"] == pointer


def test_time_never_goes_back() -> None:
    """The clock of another process may be behind."""
    late = eg.done(
        eg.task(),
        eg.OLGA,
        {"op": "rank", "after": eg.uuid(1)},
        around=eg.beside(eg.neighbour(1), at=eg.NOW - 5000),
    )
    assert late["updated_at"] == eg.NOW
