"""`set`, `add`, `remove` and the checklist: what each does to the task and says in the diff."""

from __future__ import annotations

from typing import Any

import pytest

from appservice_tasks.domain.outcome import Refusal, Revision
from appservice_tasks.shapes import check
from tests.unit.tasks.domain import eg


def diff(*ops: dict[str, Any], **fields: Any) -> list[dict[str, Any]]:
    outcome = eg.act(eg.task(**fields), eg.OLGA, *ops)
    assert isinstance(outcome, Revision), outcome
    return [dict(entry) for entry in outcome.change["diff"]]


def test_a_scalar_shows_before_and_after() -> None:
    assert diff({"op": "set", "field": "due", "value": {"date": "2026-12-01"}}) == [
        {"field": "due", "from": None, "to": {"date": "2026-12-01"}}
    ]


def test_null_and_nothing_clear_a_field() -> None:
    for value in (None, ""):
        op = {"op": "set", "field": "description", "value": value}
        after = eg.done(eg.task(description="x"), eg.OLGA, op)
        assert "description" not in after
        assert after["frev"]["description"] == 2


def test_an_estimate_of_nothing_is_an_estimate() -> None:
    op = {"op": "set", "field": "estimate_min", "value": 0}
    assert eg.done(eg.task(), eg.OLGA, op)["estimate_min"] == 0
    assert eg.task(estimate_min=0)["estimate_min"] == 0


def test_setting_what_is_there_changes_nothing_but_makes_a_revision() -> None:
    op = {"op": "set", "field": "title", "value": "Sign the contract"}
    outcome = eg.act(eg.task(), eg.OLGA, op)
    assert isinstance(outcome, Revision)
    assert (outcome.change["diff"], outcome.snapshot["rev"]) == ([], 2)
    assert outcome.snapshot["frev"]["title"] == 1


def test_a_set_in_two_steps_is_told_as_one() -> None:
    first = {"op": "set", "field": "title", "value": "A"}
    second = {"op": "set", "field": "title", "value": "B"}
    assert diff(first, second) == [{"field": "title", "from": "Sign the contract", "to": "B"}]


def test_long_values_are_left_out_of_the_diff() -> None:
    op = {"op": "set", "field": "description", "value": "x" * 300}
    assert diff(op) == [{"field": "description", "from": None}]
    exact = {"op": "set", "field": "description", "value": "x" * 254}
    assert "to" in diff(exact)[0]


def test_a_diff_that_grows_too_long_names_its_fields_only() -> None:
    items = [put(index, "y" * 200) for index in range(10, 50)]
    assert len(diff(*items)) == 40
    rewrites = [put(index, "я" * 90) for index in range(10, 50)]
    start = eg.done(eg.task(), eg.OLGA, *items)
    outcome = eg.act(start, eg.OLGA, *rewrites)
    assert isinstance(outcome, Revision)
    assert outcome.change["diff"] == [{"field": "checklist"}]


def test_custom_fields_are_set_one_by_one() -> None:
    op = {"op": "set", "field": "fields", "value": {"cost": None, "city": "Kazan", "paid": True}}
    after = eg.done(eg.task(fields={"cost": 5, "floor": 2}), eg.OLGA, op)
    assert after["fields"] == {"floor": 2, "city": "Kazan", "paid": True}
    assert {key: rev for key, rev in after["frev"].items() if key.startswith("fields.")} == {
        "fields.cost": 2, "fields.city": 2, "fields.paid": 2, "fields.floor": 1,
    }  # fmt: skip


def test_one_is_not_true() -> None:
    op = {"op": "set", "field": "fields", "value": {"flag": True}}
    assert eg.done(eg.task(fields={"flag": 1}), eg.OLGA, op)["fields"]["flag"] is True


def test_the_last_custom_field_takes_the_map_with_it() -> None:
    op = {"op": "set", "field": "fields", "value": {"cost": None}}
    assert "fields" not in eg.done(eg.task(fields={"cost": 5}), eg.OLGA, op)


def test_removed_custom_fields_are_remembered_but_not_all_for_ever() -> None:
    task = eg.task()
    for index in range(60):
        name = f"f{index}"
        task = eg.done(task, eg.OLGA, {"op": "set", "field": "fields", "value": {name: 1}})
        task = eg.done(task, eg.OLGA, {"op": "set", "field": "fields", "value": {name: None}})
    remembered = [name for name in task["frev"] if name.startswith("fields.")]
    assert sorted(remembered) == [f"fields.f{index}" for index in range(40, 60)]
    assert check(task, "Snapshot") == []


def test_a_diff_of_very_many_entries_names_its_fields_only() -> None:
    values = {f"f{index}": index for index in range(20)}
    again = [
        {"op": "set", "field": "fields", "value": dict.fromkeys(values, turn)}
        for turn in range(1, 9)
    ]
    entries = diff(*again)
    assert len(entries) == 20
    assert all(entry.keys() == {"field"} for entry in entries)


def test_at_most_twenty_custom_fields() -> None:
    full = eg.task(fields={f"f{index}": index for index in range(20)})
    op = {"op": "set", "field": "fields", "value": {"one_more": 1}}
    assert eg.refused(full, eg.OLGA, op) == "limit_exceeded"


def test_members_of_sets_come_and_go() -> None:
    add = {"op": "add", "field": "labels", "value": "legal"}
    assert diff(add) == [{"field": "labels", "to": "legal"}]
    assert diff(add, labels=["legal"]) == []
    remove = {"op": "remove", "field": "labels", "value": "legal"}
    assert diff(remove, labels=["legal"]) == [{"field": "labels", "from": "legal"}]
    assert diff(remove) == []
    assert "labels" not in eg.done(eg.task(labels=["legal"]), eg.OLGA, remove)


LINK = {"rel": "url", "url": "https://a.example/", "title": "A"}
FILE = {"url": "mxc://corp.example/a", "name": "a.pdf"}


def test_links_and_files_are_told_apart_by_where_they_lead() -> None:
    bare = {"rel": "url", "url": "https://a.example/"}
    assert diff({"op": "add", "field": "links", "value": bare}, links=[LINK]) == []
    assert diff({"op": "remove", "field": "links", "value": bare}, links=[LINK]) == [
        {"field": "links", "from": LINK}
    ]
    renamed = {**FILE, "name": "b.pdf"}
    assert diff({"op": "remove", "field": "attachments", "value": renamed}, attachments=[FILE])


@pytest.mark.parametrize(
    ("field", "limit", "member"),
    [
        ("labels", 20, lambda index: f"label{index}"),
        ("collaborators", 20, lambda index: f"@person{index}:corp.example"),
        ("watchers", 50, lambda index: f"@person{index}:corp.example"),
        ("links", 20, lambda index: {"rel": "url", "url": f"https://x.example/{index}"}),
        ("attachments", 20, lambda index: {"url": f"mxc://x.example/{index}", "name": "x"}),
    ],
)
def test_sets_have_their_limits(field: str, limit: int, member: Any) -> None:
    members: dict[str, Any] = {field: [member(index) for index in range(limit)]}
    full = eg.task(**members)
    one_more = {"op": "add", "field": field, "value": member(limit)}
    assert eg.refused(full, eg.OLGA, one_more) == "limit_exceeded"
    there = {"op": "add", "field": field, "value": member(0)}
    assert eg.done(full, eg.OLGA, there)


def item(number: int, text: str = "x", **more: Any) -> dict[str, Any]:
    return {"id": f"item_{number}", "text": text, **more}


def put(number: int, text: str = "x", **more: Any) -> dict[str, Any]:
    after = {"after": more.pop("after")} if "after" in more else {}
    return {"op": "item_put", "item": item(number, text, **more), **after}


def ids(task: Any) -> list[str]:
    return [each["id"] for each in task.get("checklist", ())]


def test_items_go_last_first_or_behind_another() -> None:
    task = eg.done(eg.task(), eg.OLGA, put(1), put(2), put(3, after=None), put(4, after="item_1"))
    assert ids(task) == ["item_3", "item_1", "item_4", "item_2"]
    moved = eg.done(task, eg.OLGA, put(2, after=None))
    assert ids(moved) == ["item_2", "item_3", "item_1", "item_4"]
    behind_one_that_is_gone = eg.done(task, eg.OLGA, put(3, after="item_9"))
    assert ids(behind_one_that_is_gone) == ["item_1", "item_4", "item_2", "item_3"]


def test_a_change_of_text_keeps_the_tick_and_the_place() -> None:
    task = eg.done(eg.task(), eg.OLGA, put(1, done=True), put(2))
    after = eg.done(task, eg.OLGA, put(1, "New"))
    assert after["checklist"][0] == {"id": "item_1", "text": "New", "done": True}


def test_items_may_have_an_assignee_and_lose_it() -> None:
    task = eg.done(eg.task(), eg.OLGA, put(1, assignee=eg.IVAN))
    assert task["checklist"][0]["assignee"] == eg.IVAN
    kept = eg.done(task, eg.OLGA, put(1, "New"))
    assert kept["checklist"][0]["assignee"] == eg.IVAN
    freed = eg.done(task, eg.OLGA, put(1, assignee=None))
    assert "assignee" not in freed["checklist"][0]


def test_ticking_and_removing() -> None:
    task = eg.done(eg.task(), eg.OLGA, put(1), put(2))
    ticked = eg.done(task, eg.OLGA, {"op": "item_check", "id": "item_1", "done": True})
    assert ticked["checklist"][0]["done"]
    gone = eg.done(ticked, eg.OLGA, {"op": "item_remove", "id": "item_1"})
    assert ids(gone) == ["item_2"]
    assert "checklist.item_1" not in gone["frev"]
    again = eg.act(gone, eg.OLGA, {"op": "item_remove", "id": "item_1"})
    assert isinstance(again, Revision)
    assert again.change["diff"] == []


def test_an_item_that_is_not_there_cannot_be_ticked() -> None:
    outcome = eg.act(eg.task(), eg.OLGA, {"op": "item_check", "id": "item_1", "done": True})
    assert isinstance(outcome, Refusal)
    assert (outcome.code, outcome.errors[0]["pointer"]) == ("invalid", "/ops/0/id")


def test_at_most_fifty_items() -> None:
    full = eg.task(checklist=[item(index, done=False) for index in range(10, 60)])
    assert eg.refused(full, eg.OLGA, put(60)) == "limit_exceeded"
    assert eg.done(full, eg.OLGA, put(10, "New"))


def test_a_task_has_at_most_forty_kilobytes() -> None:
    """Field maxima together are more than that."""
    long = "я" * 8000
    items = [item(index, "щ" * 300, done=False) for index in range(10, 60)]
    outcome = eg.act(
        eg.task(description=long), eg.OLGA, *[put(i, "щ" * 300) for i in range(10, 50)]
    )
    assert isinstance(outcome, Refusal)
    assert (outcome.code, outcome.current_rev) == ("too_large", 1)
    made = eg.act_of_creation(description=long, checklist=items)
    assert isinstance(made, Refusal)
    assert made.code == "too_large"


def test_ops_fail_together() -> None:
    title = {"op": "set", "field": "title", "value": "New"}
    nowhere = {"op": "transition", "to": "nowhere"}
    task = eg.task()
    assert eg.refused(task, eg.OLGA, title, nowhere) == "transition_not_allowed"
    assert task["title"] == "Sign the contract"
