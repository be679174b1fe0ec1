"""Who is told about a revision."""

from __future__ import annotations

from typing import Any

from appservice_tasks.contracts import Snapshot
from appservice_tasks.domain.notices import Notice, mentions, notices
from appservice_tasks.domain.outcome import Revision
from tests.unit.tasks.domain import eg


def told(
    before: Snapshot | None, actor: str, *ops: dict[str, Any], **changes: Any
) -> dict[str, str]:
    """Kinds by person."""
    around = eg.context(actor, **changes)
    outcome = (
        eg.decided(eg.command(*ops, actor=actor), around)
        if before is None
        else eg.act(before, actor, *ops, around=around)
    )
    assert isinstance(outcome, Revision), outcome
    return {
        notice.user_id: notice.kind for notice in notices(before, outcome.snapshot, outcome.change)
    }


def test_the_assignee_is_told() -> None:
    assert told(None, eg.OLGA, eg.create(assignee=eg.IVAN)) == {eg.IVAN: "assigned"}
    assert told(None, eg.IVAN, eg.create(assignee=eg.OLGA)) == {eg.OLGA: "requested"}
    assign = {"op": "assign", "to": eg.IVAN}
    assert told(eg.task(), eg.OLGA, assign) == {eg.IVAN: "assigned"}


def test_nobody_is_told_of_own_actions() -> None:
    assert told(None, eg.OLGA, eg.create(assignee=eg.OLGA)) == {}
    for_olga = told(None, eg.BOT, eg.create(assignee=eg.OLGA), on_behalf_of=eg.OLGA)
    assert for_olga == {}


def test_who_asked_hears_the_answer() -> None:
    asked = eg.task(eg.IVAN, assignee=eg.OLGA)
    assert told(asked, eg.OLGA, {"op": "accept"}) == {eg.IVAN: "accepted"}
    assert told(asked, eg.OLGA, {"op": "decline", "reason": "No"}) == {eg.IVAN: "declined"}


def test_who_loses_a_task_hears_of_it() -> None:
    task = eg.task(assignee=eg.IVAN)
    assert told(task, eg.OLGA, {"op": "assign", "to": None}) == {eg.IVAN: "unassigned"}
    assert told(task, eg.ZOE, {"op": "assign", "to": eg.NINA}) == {
        eg.NINA: "assigned",
        eg.IVAN: "unassigned",
    }


def test_a_task_that_comes_back_to_its_assigner_is_returned() -> None:
    task = eg.task(assignee=eg.IVAN)
    back = told(task, eg.ZOE, {"op": "assign", "to": eg.OLGA})
    assert back == {eg.OLGA: "returned", eg.IVAN: "unassigned"}


def test_a_status_is_told_to_all_who_have_a_part() -> None:
    task = eg.task(assignee=eg.IVAN, collaborators=[eg.PETR], watchers=[eg.NINA])
    assert told(task, eg.IVAN, {"op": "transition", "to": "in_progress"}) == dict.fromkeys(
        [eg.NINA, eg.OLGA, eg.PETR], "status"
    )


def test_other_changes_are_told_to_nobody() -> None:
    task = eg.task(assignee=eg.IVAN, watchers=[eg.NINA])
    assert told(task, eg.OLGA, {"op": "set", "field": "title", "value": "x"}) == {}


def test_a_new_mention_is_told_once() -> None:
    text = f"Ask {eg.NINA}, then {eg.PETR}."
    task = eg.task(description=text)
    assert told(None, eg.OLGA, eg.create(description=text)) == dict.fromkeys(
        [eg.NINA, eg.PETR], "mention"
    )
    more = {"op": "set", "field": "description", "value": f"{text} And {eg.PAVEL}!"}
    assert told(task, eg.OLGA, more) == {eg.PAVEL: "mention"}


def test_each_person_is_told_one_thing_the_weightiest() -> None:
    both = told(None, eg.OLGA, eg.create(assignee=eg.IVAN, description=f"{eg.IVAN}, please"))
    assert both == {eg.IVAN: "assigned"}


def test_a_room_may_announce_less() -> None:
    some = [Notice(eg.IVAN, "assigned"), Notice(eg.NINA, "status")]
    assert mentions(some) == [eg.IVAN, eg.NINA]
    assert mentions(some, "important") == [eg.IVAN]
    assert mentions(some, "none") == []
    crowd = [Notice(f"@p{index}:corp.example", "status") for index in range(150)]
    assert len(mentions(crowd)) == 100
