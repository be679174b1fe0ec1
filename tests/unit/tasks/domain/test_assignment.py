"""Whom one may assign: the table, and the negotiation that follows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from appservice_tasks.domain.decide import decide
from appservice_tasks.domain.org import OrgChart, Person
from appservice_tasks.domain.outcome import Refusal, Revision
from appservice_tasks.domain.rights import assignment_mode
from tests.unit.tasks.domain import eg

BY_DEFAULT = [
    (eg.OLGA, eg.OLGA, "direct"),
    (eg.OLGA, eg.IVAN, "direct"),
    (eg.OLGA, eg.PETR, "direct"),
    (eg.IVAN, eg.PETR, "direct"),
    (eg.IVAN, eg.NINA, "request"),
    (eg.PETR, eg.PAVEL, "request"),
    (eg.NINA, eg.PETR, "request"),
    (eg.IVAN, eg.OLGA, "request"),
    (eg.PETR, eg.OLGA, "request"),
    (eg.IVAN, eg.ZOE, "request"),
    (eg.OLGA, eg.GRETA, "deny"),
    (eg.OLGA, eg.RITA, "deny"),
    (eg.OLGA, eg.TASKS, "deny"),
    (eg.ZOE, eg.IVAN, "direct"),
    (eg.ZOE, eg.GRETA, "direct"),
    (eg.ZOE, eg.RITA, "direct"),
]


@pytest.mark.parametrize(("assigner", "target", "mode"), BY_DEFAULT)
def test_the_table(assigner: str, target: str, mode: str) -> None:
    assert assignment_mode(assigner, target, eg.context(assigner)) == mode


@pytest.mark.parametrize("rule", ["direct", "request", "deny"])
def test_a_room_may_set_what_holds_down_the_line_and_between_peers(rule: str) -> None:
    around = eg.context(config=eg.config(assign={"down": rule, "peer": rule}))
    assert assignment_mode(eg.OLGA, eg.IVAN, around) == rule
    assert assignment_mode(eg.IVAN, eg.NINA, around) == rule
    assert assignment_mode(eg.IVAN, eg.OLGA, around) == "request"


def test_a_room_may_spare_superiors_and_let_strangers_be_asked() -> None:
    around = eg.context(config=eg.config(assign={"up": "deny", "outside": "request"}))
    assert assignment_mode(eg.IVAN, eg.OLGA, around) == "deny"
    assert assignment_mode(eg.IVAN, eg.GRETA, around) == "request"
    assert assignment_mode(eg.IVAN, eg.RITA, around) == "request"


def test_task_admins_assign_directly() -> None:
    around = eg.context(config=eg.config(task_admins=[eg.PETR], assign={"up": "deny"}))
    assert assignment_mode(eg.PETR, eg.OLGA, around) == "direct"


def test_peers_are_direct_until_somebody_reports_to_somebody() -> None:
    flat = eg.context(org=eg.FLAT)
    assert assignment_mode(eg.IVAN, eg.NINA, flat) == "direct"
    drawn = OrgChart("corp.example", {eg.PAVEL: Person(eg.PAVEL, reports_to=eg.OLGA)})
    assert assignment_mode(eg.IVAN, eg.NINA, eg.context(org=drawn)) == "request"
    room_says = eg.context(org=eg.FLAT, config=eg.config(assign={"peer": "request"}))
    assert assignment_mode(eg.IVAN, eg.NINA, room_says) == "request"


def test_an_assignment_down_the_line_is_active_at_once() -> None:
    task = eg.task(eg.OLGA, assignee=eg.IVAN)
    assert (task["assignee"], task["assigner"]) == (eg.IVAN, eg.OLGA)
    assert task["assignment"] == {"state": "active", "at": eg.NOW}


def test_an_assignment_upwards_is_a_request() -> None:
    task = eg.task(eg.IVAN, assignee=eg.OLGA)
    assert task["assignee"] == eg.OLGA
    assert task["assignment"]["state"] == "requested"


def test_one_may_ask_where_one_might_order() -> None:
    assert eg.task(eg.OLGA, assignee=eg.IVAN, request=True)["assignment"]["state"] == "requested"
    task = eg.done(eg.task(), eg.OLGA, {"op": "assign", "to": eg.IVAN, "request": True})
    assert task["assignment"]["state"] == "requested"


def test_nobody_asks_oneself() -> None:
    assert eg.task(eg.OLGA, assignee=eg.OLGA, request=True)["assignment"]["state"] == "active"


@pytest.mark.parametrize("target", [eg.GRETA, eg.RITA, eg.TASKS])
def test_who_is_denied_is_not_assigned(target: str) -> None:
    assert eg.refused(eg.task(), eg.OLGA, {"op": "assign", "to": target}) == "assignee_not_allowed"
    made = decide(None, eg.command(eg.create(assignee=target)), eg.context())
    assert isinstance(made, Refusal)
    assert made.code == "assignee_not_allowed"


def test_the_absent_and_the_inactive_are_not_assigned() -> None:
    people = {**eg.ORG.people, eg.IVAN: Person(eg.IVAN, reports_to=eg.OLGA, active=False)}
    without_ivan = eg.context(org=replace(eg.ORG, people=people))
    assign = {"op": "assign", "to": eg.IVAN}
    assert eg.refused(eg.task(), eg.OLGA, assign, around=without_ivan) == "assignee_not_allowed"
    nobody = {"op": "assign", "to": "@typo:corp.example"}
    around = eg.context(absent=frozenset({"@typo:corp.example"}))
    assert eg.refused(eg.task(), eg.OLGA, nobody, around=around) == "assignee_not_allowed"


def test_accepting_makes_the_request_an_assignment() -> None:
    asked = eg.task(eg.IVAN, assignee=eg.OLGA)
    accepted = eg.done(asked, eg.OLGA, {"op": "accept"}, around=eg.context(at=eg.NOW + 5))
    assert accepted["assignment"] == {"state": "active", "at": eg.NOW + 5}
    assert accepted["assignee"] == eg.OLGA


def test_declining_leaves_the_task_to_nobody_with_the_reason() -> None:
    asked = eg.task(eg.IVAN, assignee=eg.OLGA)
    outcome = eg.act(asked, eg.OLGA, {"op": "decline", "reason": "On leave"})
    assert isinstance(outcome, Revision)
    task = outcome.snapshot
    assert task["assignee"] is None
    assert task["assigner"] == eg.IVAN
    assert task["assignment"] == {"state": "declined", "at": eg.NOW, "reason": "On leave"}
    assert outcome.change["reason"] == "On leave"


@pytest.mark.parametrize("op", [{"op": "accept"}, {"op": "decline", "reason": "No"}])
@pytest.mark.parametrize("person", [eg.IVAN, eg.NINA, eg.ZOE])
def test_only_who_is_asked_answers(op: dict[str, object], person: str) -> None:
    assert eg.refused(eg.task(eg.IVAN, assignee=eg.OLGA), person, op) == "forbidden"


def test_accepting_again_changes_nothing() -> None:
    mine = eg.task(eg.OLGA, assignee=eg.IVAN)
    outcome = eg.act(mine, eg.IVAN, {"op": "accept"})
    assert isinstance(outcome, Revision)
    assert outcome.change["diff"] == []
    assert outcome.change["silent"]


def test_what_is_ordered_cannot_be_declined() -> None:
    mine = eg.task(eg.OLGA, assignee=eg.IVAN)
    decline = {"op": "decline", "reason": "No"}
    assert eg.refused(mine, eg.IVAN, decline) == "transition_not_allowed"


def test_an_assignee_passes_the_task_down_the_own_line() -> None:
    mine = eg.task(eg.OLGA, assignee=eg.IVAN)
    passed = eg.done(mine, eg.IVAN, {"op": "assign", "to": eg.PETR})
    assert passed["assignee"] == eg.PETR
    assert passed["assignment"]["state"] == "active"


def test_passing_on_gives_no_right_to_edit() -> None:
    """Else the assignee could give the task to a report and then reword it."""
    mine = eg.task(eg.OLGA, assignee=eg.IVAN)
    passed = eg.done(mine, eg.IVAN, {"op": "assign", "to": eg.PETR})
    assert passed["assigner"] == eg.OLGA
    assert passed["watchers"] == [eg.IVAN]
    title = {"op": "set", "field": "title", "value": "Easier"}
    assert eg.refused(passed, eg.IVAN, title) == "forbidden"


@pytest.mark.parametrize("target", [eg.NINA, eg.OLGA, eg.ZOE, eg.GRETA])
def test_an_assignee_passes_the_task_nowhere_else(target: str) -> None:
    mine = eg.task(eg.OLGA, assignee=eg.IVAN)
    assign = {"op": "assign", "to": target}
    assert eg.refused(mine, eg.IVAN, assign) == "assignee_not_allowed"


def test_an_assignee_without_reports_passes_the_task_to_nobody() -> None:
    mine = eg.task(eg.OLGA, assignee=eg.PETR)
    assert eg.refused(mine, eg.PETR, {"op": "assign", "to": eg.PAVEL}) == "forbidden"


def test_an_assignee_does_not_hand_the_task_back() -> None:
    mine = eg.task(eg.OLGA, assignee=eg.IVAN)
    assert eg.refused(mine, eg.IVAN, {"op": "assign", "to": None}) == "forbidden"


def test_reassigning_makes_the_editor_the_assigner() -> None:
    task = eg.task(eg.OLGA, assignee=eg.IVAN)
    moved = eg.done(task, eg.ZOE, {"op": "assign", "to": eg.NINA})
    assert (moved["assignee"], moved["assigner"]) == (eg.NINA, eg.ZOE)


def test_taking_a_task_from_somebody_leaves_no_assignment() -> None:
    freed = eg.done(eg.task(assignee=eg.IVAN), eg.OLGA, {"op": "assign", "to": None})
    assert (freed["assignee"], freed["assignment"]) == (None, {"state": "none"})


def test_a_colleague_outside_the_room_is_invited() -> None:
    small = eg.room(members=frozenset({eg.OLGA, eg.TASKS}))
    outcome = eg.act(
        eg.task(), eg.OLGA, {"op": "assign", "to": eg.IVAN}, around=eg.context(room=small)
    )
    assert isinstance(outcome, Revision)
    assert outcome.invite == (eg.IVAN,)


def test_everyone_named_in_a_new_task_is_invited_once() -> None:
    small = eg.context(room=eg.room(members=frozenset({eg.OLGA, eg.TASKS})))
    item = {"id": "item_1", "text": "x", "done": False, "assignee": eg.NINA}
    draft = eg.create(
        assignee=eg.IVAN, collaborators=[eg.IVAN, eg.PETR], watchers=[eg.PETR], checklist=[item]
    )
    outcome = decide(None, eg.command(draft), small)
    assert isinstance(outcome, Revision)
    assert sorted(outcome.invite) == sorted([eg.IVAN, eg.PETR, eg.NINA])


@pytest.mark.parametrize(
    ("kind", "rule"), [("team", "reject"), ("direct", "invite"), ("personal", "invite")]
)
def test_some_rooms_take_nobody_in(kind: str, rule: str) -> None:
    small = eg.room(
        members=frozenset({eg.OLGA, eg.TASKS}), config=eg.config(kind=kind, non_member=rule)
    )
    around = eg.context(room=small)
    task = eg.task(eg.OLGA, around)
    for op in (
        {"op": "assign", "to": eg.IVAN},
        {"op": "add", "field": "collaborators", "value": eg.IVAN},
        {"op": "item_put", "item": {"id": "item_1", "text": "x", "assignee": eg.IVAN}},
    ):
        assert eg.refused(task, eg.OLGA, op, around=around) == "assignee_not_member"
