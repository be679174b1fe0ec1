"""Conflicts: nothing unseen is overwritten, and nothing else conflicts."""

from __future__ import annotations

from typing import Any

import pytest

from appservice_tasks.contracts import Snapshot
from appservice_tasks.domain.context import Author, Context, Dependency
from appservice_tasks.domain.outcome import Refusal, Revision
from tests.unit.tasks.domain import eg


def title(value: str) -> dict[str, Any]:
    return {"op": "set", "field": "title", "value": value}


def due(day: str | None) -> dict[str, Any]:
    return {"op": "set", "field": "due", "value": None if day is None else {"date": day}}


def conflicts(outcome: object) -> list[dict[str, Any]]:
    assert isinstance(outcome, Refusal), outcome
    assert outcome.code == "conflict"
    return [dict(conflict) for conflict in outcome.conflicts]


def test_fields_that_others_left_alone_merge() -> None:
    """Zoe changed the title; Olga, who has not seen it, changes the due date."""
    later = eg.done(eg.task(), eg.ZOE, title("Zoe's"))
    merged = eg.done(later, eg.OLGA, due("2026-12-01"), base_rev=1)
    assert (merged["title"], merged["due"]) == ("Zoe's", {"date": "2026-12-01"})
    assert merged["rev"] == 3


def test_the_same_field_is_a_conflict_with_theirs() -> None:
    later = eg.done(eg.task(), eg.ZOE, title("Zoe's"))
    around = eg.context(authors={2: Author(eg.ZOE, 77)})
    outcome = eg.act(later, eg.OLGA, title("Olga's"), base_rev=1, around=around)
    assert conflicts(outcome) == [
        {
            "field": "title",
            "theirs": "Zoe's",
            "theirs_rev": 2,
            "theirs_by": eg.ZOE,
            "theirs_at": 77,
        }
    ]
    assert isinstance(outcome, Refusal)
    assert outcome.current_rev == 2


def test_every_overlapping_field_is_named() -> None:
    later = eg.done(eg.task(), eg.ZOE, title("Zoe's"), due("2026-12-01"))
    priority = {"op": "set", "field": "priority", "value": "high"}
    outcome = eg.act(later, eg.OLGA, title("Olga's"), due(None), priority, base_rev=1)
    assert [conflict["field"] for conflict in conflicts(outcome)] == ["title", "due"]


def test_the_same_value_is_no_conflict() -> None:
    later = eg.done(eg.task(), eg.ZOE, title("Ours"))
    after = eg.act(later, eg.OLGA, title("Ours"), base_rev=1)
    assert isinstance(after, Revision)
    assert after.change["diff"] == []


def test_what_was_seen_is_no_conflict() -> None:
    later = eg.done(eg.task(), eg.ZOE, title("Zoe's"))
    assert eg.done(later, eg.OLGA, title("Olga's"), base_rev=2)["title"] == "Olga's"


def test_force_overwrites_with_the_same_right() -> None:
    later = eg.done(eg.task(assignee=eg.IVAN), eg.ZOE, title("Zoe's"))
    mine = eg.done(later, eg.OLGA, title("Olga's"), base_rev=1, on_conflict="force")
    assert mine["title"] == "Olga's"
    ivan = title("Ivan's")
    assert eg.refused(later, eg.IVAN, ivan, base_rev=1, on_conflict="force") == "forbidden"


def test_a_right_that_is_missing_weighs_more_than_a_conflict() -> None:
    later = eg.done(eg.task(assignee=eg.IVAN), eg.ZOE, title("Zoe's"))
    assert eg.refused(later, eg.IVAN, title("Ivan's"), base_rev=1) == "forbidden"


def test_a_writer_who_saw_nothing_may_force() -> None:
    """PUT without If-Match."""
    later = eg.done(eg.task(), eg.ZOE, title("Zoe's"))
    assert eg.done(later, eg.OLGA, title("x"), base_rev=0, on_conflict="force")["title"] == "x"


def test_a_revision_that_is_not_reached_yet_is_invalid() -> None:
    outcome = eg.act(eg.task(), eg.OLGA, title("x"), base_rev=2)
    assert isinstance(outcome, Refusal)
    assert (outcome.code, outcome.errors[0]["pointer"]) == ("invalid", "/base_rev")


def test_members_of_sets_merge() -> None:
    later = eg.done(eg.task(), eg.ZOE, {"op": "add", "field": "labels", "value": "a"})
    op = {"op": "add", "field": "labels", "value": "b"}
    assert eg.done(later, eg.OLGA, op, base_rev=1)["labels"] == ["a", "b"]


def test_custom_fields_conflict_one_by_one() -> None:
    def fields(**values: Any) -> dict[str, Any]:
        return {"op": "set", "field": "fields", "value": values}

    later = eg.done(eg.task(), eg.ZOE, fields(cost=1))
    assert eg.done(later, eg.OLGA, fields(city="Kazan"), base_rev=1)["fields"]["cost"] == 1
    outcome = eg.act(later, eg.OLGA, fields(cost=2), base_rev=1)
    assert conflicts(outcome) == [{"field": "fields.cost", "theirs": 1, "theirs_rev": 2}]


def test_the_status_is_checked_against_the_present_one() -> None:
    begun = eg.done(eg.task(), eg.OLGA, {"op": "transition", "to": "in_progress"})
    finish = {"op": "transition", "to": "done"}
    assert eg.done(begun, eg.OLGA, finish, base_rev=1)["status"] == "done"
    cancelled = eg.done(begun, eg.OLGA, {"op": "transition", "to": "cancelled"})
    assert eg.refused(cancelled, eg.OLGA, finish, base_rev=1) == "transition_not_allowed"


def test_two_who_finish_the_same_task_agree() -> None:
    finish = {"op": "transition", "to": "done"}
    done = eg.done(eg.task(assignee=eg.IVAN), eg.OLGA, finish)
    assert isinstance(eg.act(done, eg.IVAN, finish, base_rev=1), Revision)


def test_two_assignments_conflict() -> None:
    later = eg.done(eg.task(), eg.ZOE, {"op": "assign", "to": eg.NINA})
    outcome = eg.act(later, eg.OLGA, {"op": "assign", "to": eg.IVAN}, base_rev=1)
    assert conflicts(outcome) == [{"field": "assignee", "theirs": eg.NINA, "theirs_rev": 2}]
    same = eg.act(later, eg.OLGA, {"op": "assign", "to": eg.NINA}, base_rev=1)
    assert isinstance(same, Revision)


def put(text: str, **more: Any) -> dict[str, Any]:
    return {"op": "item_put", "item": {"id": "item_1", "text": text, **more}}


def with_item(**more: Any) -> Snapshot:
    return eg.done(eg.task(), eg.OLGA, put("One", **more))


def test_a_tick_and_a_new_text_merge() -> None:
    ticked = eg.done(with_item(), eg.ZOE, {"op": "item_check", "id": "item_1", "done": True})
    after = eg.done(ticked, eg.OLGA, put("Two"), base_rev=2)
    assert after["checklist"] == [{"id": "item_1", "text": "Two", "done": True}]


def test_two_new_texts_of_an_item_conflict() -> None:
    later = eg.done(with_item(), eg.ZOE, put("Zoe's"))
    theirs = {"id": "item_1", "text": "Zoe's", "done": False}
    assert conflicts(eg.act(later, eg.OLGA, put("Olga's"), base_rev=2)) == [
        {"field": "checklist.item_1", "theirs": theirs, "theirs_rev": 3}
    ]
    remove = {"op": "item_remove", "id": "item_1"}
    assert conflicts(eg.act(later, eg.OLGA, remove, base_rev=2))[0]["theirs"] == theirs
    assert eg.done(later, eg.OLGA, put("Zoe's"), base_rev=2)["rev"] == 4


def test_items_do_not_concern_each_other() -> None:
    later = eg.done(with_item(), eg.ZOE, put("Zoe's"))
    other = {"op": "item_put", "item": {"id": "item_2", "text": "Mine"}}
    assert len(eg.done(later, eg.OLGA, other, base_rev=2)["checklist"]) == 2


def test_an_item_that_somebody_removed_comes_back_when_it_is_written_again() -> None:
    gone = eg.done(with_item(), eg.ZOE, {"op": "item_remove", "id": "item_1"})
    assert eg.done(gone, eg.OLGA, put("Two"), base_rev=2)["checklist"][0]["text"] == "Two"


def chained(snapshot: Snapshot, around: Context, *ops: dict[str, Any], base_rev: int) -> object:
    return eg.act(
        snapshot, eg.OLGA, *ops, around=around, base_rev=base_rev, depends_on=eg.cmd_id(1)
    )


def test_one_does_not_conflict_with_oneself() -> None:
    """Made and renamed offline: the second command has seen revision 0 and depends on the first."""
    around = eg.context(dependency=Dependency("accepted", frozenset({1})))
    outcome = chained(eg.task(), around, title("Better"), base_rev=0)
    assert isinstance(outcome, Revision)


def test_what_others_did_between_one_s_own_commands_conflicts() -> None:
    later = eg.done(eg.task(), eg.ZOE, title("Zoe's"))
    around = eg.context(dependency=Dependency("accepted", frozenset({1})))
    assert conflicts(chained(later, around, title("Better"), base_rev=0))[0]["theirs_rev"] == 2


@pytest.mark.parametrize(
    ("dependency", "code"),
    [
        (None, "dependency_missing"),
        (Dependency("missing"), "dependency_missing"),
        (Dependency("rejected"), "dependency_rejected"),
    ],
)
def test_a_command_waits_for_what_it_depends_on(dependency: Dependency | None, code: str) -> None:
    outcome = chained(eg.task(), eg.context(dependency=dependency), title("x"), base_rev=1)
    assert isinstance(outcome, Refusal)
    assert outcome.code == code
