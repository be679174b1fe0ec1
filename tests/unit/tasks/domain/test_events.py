"""Revisions as event content, both ways, and the lines for clients that know no tasks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from appservice_tasks.domain.canonical import canonical_json, snapshot_sha256
from appservice_tasks.domain.events import (
    read_task_event,
    result_content,
    root_content,
    update_content,
)
from appservice_tasks.domain.ids import RESULT, TASK
from appservice_tasks.domain.outcome import Erasure, Refusal, Revision
from appservice_tasks.domain.task_shape import task_shape
from appservice_tasks.domain.text import Telling, change_line, spelled, task_line
from appservice_tasks.shapes import check, check_event
from tests.unit.tasks.domain import eg
from tests.unit.tasks.domain.test_places import MOVE, elsewhere, moving

ENGLISH = Telling("en", {eg.IVAN: "Ivan", eg.OLGA: "Olga", eg.BOT: "Daily"})
RUSSIAN = Telling("ru", {eg.IVAN: "Иван", eg.OLGA: "Ольга"})


def revision(*ops: dict[str, Any], actor: str = eg.OLGA, **fields: Any) -> Revision:
    outcome = eg.act(eg.task(**fields), actor, *ops)
    assert isinstance(outcome, Revision), outcome
    return outcome


def made(**fields: Any) -> Revision:
    outcome = eg.act_of_creation(**fields)
    assert isinstance(outcome, Revision), outcome
    return outcome


def test_a_root_is_read_back_as_it_was_written() -> None:
    first = made(assignee=eg.IVAN)
    content = root_content(first, ENGLISH, [eg.IVAN])
    assert check_event(content, TASK) == []
    event = read_task_event(content)
    assert event is not None
    assert (event.task, event.change, event.root_event_id) == (first.snapshot, first.change, None)
    assert content["m.mentions"] == {"user_ids": [eg.IVAN]}


def test_an_update_is_read_back_as_it_was_written() -> None:
    change = revision({"op": "transition", "to": "in_progress"})
    content = update_content(change, "$root", ENGLISH, [])
    assert check_event(content, TASK) == []
    event = read_task_event(content)
    assert event is not None
    assert (event.task, event.root_event_id) == (change.snapshot, "$root")
    assert content["m.mentions"] == {}
    assert "m.mentions" not in content["m.new_content"]


def test_a_tombstone_tells_no_title() -> None:
    erased = eg.act(eg.task(), eg.ZOE, {"op": "erase"})
    assert isinstance(erased, Erasure)
    content = update_content(erased, "$root", ENGLISH, [])
    assert check_event(content, TASK) == []
    assert "Sign the contract" not in json.dumps(content)
    event = read_task_event(content)
    assert event is not None
    assert "erased" in event.task
    assert not event.departs_from(eg.ROOM)


def test_a_move_is_a_root_there_and_a_departure_here() -> None:
    outcome = eg.act(eg.task(), eg.OLGA, MOVE, around=moving(elsewhere()))
    assert isinstance(outcome, Revision)
    arrival = read_task_event(root_content(outcome, ENGLISH, []))
    departure = read_task_event(update_content(outcome, "$root", ENGLISH, []))
    assert arrival is not None
    assert departure is not None
    assert departure.departs_from(eg.ROOM)
    assert not arrival.departs_from(eg.OTHER_ROOM)
    assert arrival.task == departure.task


@pytest.mark.parametrize("content", [{}, {"m.mentions": {}}, None, [], "x", {TASK: {}}])
def test_what_is_redacted_or_forged_says_nothing(content: Any) -> None:
    assert read_task_event(content) is None


def test_a_refusal_of_a_command_event_is_a_result() -> None:
    refusal = Refusal(
        "conflict",
        "x" * 600,
        current_rev=7,
        conflicts=({"field": "due", "theirs": None, "theirs_rev": 7},),
        errors=({"pointer": "/ops/0", "code": "form"},),
    )
    content = result_content(
        refusal, actor=eg.IVAN, cmd_id=eg.cmd_id(1), command_event_id="$command"
    )
    assert check_event(content, RESULT) == []
    assert content["current_rev"] == 7
    shortest = result_content(
        Refusal("forbidden"), actor=eg.IVAN, cmd_id=eg.cmd_id(1), command_event_id="$command"
    )
    assert shortest.keys() == {"v", "m.relates_to", "cause", "outcome", "code"}


def test_a_task_in_a_line() -> None:
    task = eg.task(assignee=eg.IVAN, due={"at": 1764072000000, "tz": "Europe/Moscow"})
    assert task_line(task, ENGLISH) == (
        "OPS-42 Sign the contract → Ivan, due 25.11.2025 15:00 — Open"
    )
    assert task_line(task, RUSSIAN) == (
        "OPS-42 Sign the contract → Иван, срок 25.11.2025 15:00 — Открыта"
    )


def line(change: Revision, telling: Telling) -> str:
    return change_line(change.snapshot, change.change, telling)


def test_changes_in_a_line() -> None:
    begun = revision({"op": "transition", "to": "in_progress"}, actor=eg.IVAN, assignee=eg.IVAN)
    assert line(begun, RUSSIAN) == "OPS-42: Открыта → В работе (Иван)"
    assigned = revision({"op": "assign", "to": eg.IVAN})
    assert line(assigned, ENGLISH) == "OPS-42: → Ivan (Olga)"
    asked = revision({"op": "assign", "to": eg.IVAN, "request": True})
    assert line(asked, ENGLISH) == "OPS-42: → Ivan, asked (Olga)"
    freed = revision({"op": "assign", "to": None}, assignee=eg.IVAN)
    assert line(freed, RUSSIAN) == "OPS-42: → никто (Ольга)"
    several = revision(
        {"op": "set", "field": "title", "value": "x"},
        {"op": "set", "field": "fields", "value": {"cost": 1, "city": "x"}},
        {"op": "add", "field": "labels", "value": "legal"},
    )
    assert line(several, ENGLISH) == "OPS-42: title, fields, labels (Olga)"
    nothing = revision({"op": "remove", "field": "labels", "value": "legal"})
    assert line(nothing, ENGLISH) == "OPS-42: no change (Olga)"
    assert line(made(), ENGLISH) == "OPS-42: new task (Olga)"


def test_answers_in_a_line() -> None:
    asked = eg.task(eg.IVAN, assignee=eg.OLGA)
    accepted = eg.act(asked, eg.OLGA, {"op": "accept"})
    declined = eg.act(asked, eg.OLGA, {"op": "decline", "reason": "No"})
    assert isinstance(accepted, Revision)
    assert isinstance(declined, Revision)
    assert line(accepted, ENGLISH) == "OPS-42: accepted (Olga)"
    assert line(declined, RUSSIAN) == "OPS-42: → никто, отказ (Ольга)"


def test_both_names_of_who_acts_for_somebody() -> None:
    outcome = eg.act(
        eg.task(),
        eg.BOT,
        {"op": "set", "field": "title", "value": "x"},
        around=eg.context(on_behalf_of=eg.OLGA),
    )
    assert isinstance(outcome, Revision)
    assert line(outcome, ENGLISH) == "OPS-42: title (Daily / Olga)"


def test_dates_in_a_line() -> None:
    assert spelled({"date": "2026-12-01"}) == "01.12.2026"
    assert spelled({"at": 0, "tz": "Mars/Olympus"}) == "01.01.1970 00:00"


def test_the_one_shape_is_the_one_of_the_api() -> None:
    bare = task_shape(eg.task(), room_id=eg.ROOM, event_id="$root", can=["comment"], blocked=False)
    assert check(bare, "Task") == []
    full = eg.changed(eg.task(assignee=eg.IVAN), labels=["x"], closed_at=5, rank="V")
    shape = task_shape(full, room_id=eg.ROOM, event_id="$root", can=[], blocked=True)
    assert check(shape, "Task") == []
    assert (shape["assigned_to"], shape["labels"], shape["closed_at"]) == (eg.IVAN, ["x"], 5)


def test_the_largest_revision_fits_into_an_event() -> None:
    """An event has at most 65,536 bytes; some 2,000 are left to what the server adds."""
    items = [
        {"op": "item_put", "item": {"id": f"item_{index}", "text": "щ" * 110}}
        for index in range(10, 49)
    ]
    start = eg.task(description="ж" * 8000, title="ш" * 255)
    outcome = eg.act(
        start, eg.OLGA, *items, {"op": "set", "field": "description", "value": "я" * 8000}
    )
    assert isinstance(outcome, Revision), outcome
    everybody = [f"@person{index}:corp.example" for index in range(100)]
    content = update_content(outcome, "$" + "x" * 43, RUSSIAN, everybody)
    assert check_event(content, TASK) == []
    assert len(canonical_json(content)) < 62_000


def test_hashes_do_not_depend_on_the_order_of_keys() -> None:
    task = eg.task()
    backwards: Any = dict(reversed(task.items()))
    assert snapshot_sha256(task) == snapshot_sha256(backwards)
    assert canonical_json({"б": 1, "a": [True, None]}) == '{"a":[true,null],"б":1}'.encode()


def test_the_examples_of_the_schema_are_read() -> None:
    examples = Path(__file__).resolve().parents[4] / "schema" / "examples" / "valid" / TASK
    for path in examples.glob("*.json"):
        assert read_task_event(json.loads(path.read_text())) is not None
