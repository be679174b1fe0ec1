"""The bodies of REST as operations."""

from __future__ import annotations

from typing import Any

import pytest

from appservice_tasks.contracts import TaskPatch
from appservice_tasks.domain.outcome import Revision
from appservice_tasks.domain.patch import draft_of, ops_for_patch
from appservice_tasks.shapes import check
from tests.unit.tasks.domain import eg


def patched(task: Any, **fields: Any) -> Any:
    """The task after a PATCH, by way of a valid command."""
    patch: TaskPatch = fields  # type: ignore[assignment]
    assert check(patch, "TaskPatch") == []
    ops: list[Any] = ops_for_patch(task, patch)
    outcome = eg.act(task, eg.OLGA, *ops)
    assert isinstance(outcome, Revision), outcome
    return outcome.snapshot


ITEMS = [{"id": f"item_{name}", "text": name, "done": False} for name in "abc"]


@pytest.mark.parametrize(
    "fields",
    [
        {"title": "New"},
        {"description": "New"},
        {"due": {"date": "2026-12-01"}, "priority": "high"},
        {"labels": ["b", "c"]},
        {"labels": []},
        {"watchers": [eg.IVAN]},
        {"links": [{"rel": "url", "url": "https://a.example/"}]},
        {"checklist": ITEMS},
        {"checklist": [ITEMS[2], ITEMS[0]]},
        {"checklist": [{**ITEMS[0], "text": "A", "done": True}, ITEMS[1]]},
        {"checklist": [ITEMS[0], {**ITEMS[1], "done": True}]},
        {"checklist": []},
        {"fields": {"cost": 6}},
        {"estimate_min": 0},
    ],
)
def test_a_patch_brings_the_task_to_what_it_says(fields: dict[str, Any]) -> None:
    task = eg.task(labels=["a", "b"], checklist=ITEMS[:2], fields={"cost": 5})
    after = patched(task, **fields)
    for name, value in fields.items():
        assert after.get(name, []) == value


def test_null_clears() -> None:
    task = eg.task(description="x", due={"date": "2026-12-01"})
    after = patched(task, description=None, due=None)
    assert not {"description", "due"} & after.keys()


def test_assignment_and_status_by_patch() -> None:
    after = patched(eg.task(), assigned_to=eg.IVAN, request=True, status="in_progress")
    assert after["assignment"]["state"] == "requested"
    assert after["status"] == "in_progress"
    assert patched(after, assigned_to=None)["assignee"] is None


def test_the_status_comes_last() -> None:
    reviewed = eg.task(needs_review=True)
    assert patched(reviewed, status="done", needs_review=False)["status"] == "done"


def test_what_is_as_the_patch_says_needs_no_operation() -> None:
    task = eg.task(labels=["a"], checklist=ITEMS)
    assert ops_for_patch(task, {"labels": ["a"], "checklist": ITEMS}) == []  # type: ignore[typeddict-item]


def test_reason_and_force_go_with_the_status() -> None:
    patch: TaskPatch = {"status": "done", "reason": "So", "force": True, "on_conflict": "force"}
    assert ops_for_patch(eg.task(), patch) == [
        {"op": "transition", "to": "done", "reason": "So", "force": True}
    ]


def test_a_body_of_post_is_a_draft() -> None:
    draft = draft_of(
        {
            "title": "x",
            "description": None,
            "assigned_to": eg.IVAN,
            "room_id": eg.ROOM,
            "labels": [],
        }
    )
    assert draft == {"title": "x", "assignee": eg.IVAN, "labels": []}
    assert draft_of({"title": "x", "assigned_to": None}) == {"title": "x"}
