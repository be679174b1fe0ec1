"""The matrix: who may do what, by their part in the task."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from appservice_tasks.contracts import Snapshot
from appservice_tasks.domain.context import Context
from appservice_tasks.domain.decide import decide
from appservice_tasks.domain.ids import task_id_for
from appservice_tasks.domain.outcome import Erasure, Refusal, Revision
from tests.unit.tasks.domain import eg

EDITORS = {"creator", "assigner", "task admin", "organisation admin"}
WORKERS = EDITORS | {"assignee"}
HANDS = WORKERS | {"collaborator"}
EVERYBODY = HANDS | {"member", "asked"}

CREATOR, ASSIGNER, ASSIGNEE, COLLABORATOR, MEMBER, TASK_ADMIN, ASKED = (
    f"@{name}:corp.example"
    for name in ("creator", "assigner", "assignee", "helper", "member", "taskadmin", "asked")
)
PEOPLE = {
    "creator": CREATOR,
    "assigner": ASSIGNER,
    "assignee": ASSIGNEE,
    "collaborator": COLLABORATOR,
    "member": MEMBER,
    "task admin": TASK_ADMIN,
    "organisation admin": eg.ZOE,
    "guest": eg.GRETA,
    "bot": eg.BOT,
}


def around(**changes: Any) -> Context:
    own = eg.room(
        config=eg.config(task_admins=[TASK_ADMIN]),
        members=eg.EVERYONE | set(PEOPLE.values()) | {ASKED},
    )
    blocker = eg.neighbour(1)
    return eg.context(room=own, neighbours={blocker.task_id: blocker}, **changes)


def the_task() -> Snapshot:
    start = eg.task(CREATOR, replace(around(), actor=CREATOR))
    return eg.changed(
        start,
        assigner=ASSIGNER,
        assignee=ASSIGNEE,
        assignment={"state": "active", "at": 1},
        collaborators=[COLLABORATOR],
        labels=["old"],
        watchers=["@w:corp.example"],
        blocked_by=[eg.uuid(1)],
        checklist=[{"id": "item_1", "text": "One", "done": False}],
    )


URL = {"rel": "url", "url": "https://example.com/"}
FILE = {"url": "mxc://corp.example/a", "name": "a"}

MATRIX: list[tuple[dict[str, Any], set[str]]] = [
    ({"op": "set", "field": "title", "value": "New"}, EDITORS),
    ({"op": "set", "field": "description", "value": "New"}, EDITORS),
    ({"op": "set", "field": "priority", "value": "high"}, EDITORS),
    ({"op": "set", "field": "due", "value": {"date": "2026-12-01"}}, EDITORS),
    ({"op": "set", "field": "start", "value": {"date": "2026-12-01"}}, EDITORS),
    ({"op": "set", "field": "needs_review", "value": True}, EDITORS),
    ({"op": "set", "field": "parent", "value": eg.uuid(1)}, EDITORS),
    ({"op": "set", "field": "fields", "value": {"cost": 5}}, EDITORS),
    (
        {
            "op": "set",
            "field": "recurrence",
            "value": {
                "rrule": "FREQ=DAILY",
                "tz": "UTC",
                "anchor": "schedule",
                "series_id": eg.uuid(9),
            },
        },
        EDITORS,
    ),
    ({"op": "add", "field": "labels", "value": "new"}, EDITORS),
    ({"op": "remove", "field": "labels", "value": "old"}, EDITORS),
    ({"op": "add", "field": "collaborators", "value": eg.NINA}, EDITORS),
    ({"op": "add", "field": "watchers", "value": eg.NINA}, EDITORS),
    ({"op": "remove", "field": "watchers", "value": "@w:corp.example"}, EDITORS),
    ({"op": "assign", "to": eg.NINA}, EDITORS),
    ({"op": "assign", "to": None}, EDITORS),
    ({"op": "set", "field": "estimate_min", "value": 30}, WORKERS),
    ({"op": "item_put", "item": {"id": "item_2", "text": "Two"}}, WORKERS),
    ({"op": "item_remove", "id": "item_1"}, WORKERS),
    ({"op": "remove", "field": "blocked_by", "value": eg.uuid(1)}, WORKERS),
    ({"op": "item_check", "id": "item_1", "done": True}, HANDS),
    ({"op": "set", "field": "blocked_reason", "value": "Waiting"}, HANDS),
    ({"op": "add", "field": "links", "value": URL}, HANDS),
    ({"op": "add", "field": "attachments", "value": FILE}, HANDS),
    ({"op": "rank", "after": eg.uuid(1)}, HANDS),
    ({"op": "transition", "to": "in_progress"}, HANDS),
    ({"op": "transition", "to": "cancelled"}, EDITORS),
]


def name(op: dict[str, Any]) -> str:
    return ":".join(str(op[key]) for key in ("op", "field", "to") if key in op)


@pytest.mark.parametrize(("op", "allowed"), MATRIX, ids=[name(op) for op, _ in MATRIX])
@pytest.mark.parametrize("part", PEOPLE)
def test_the_matrix(op: dict[str, Any], allowed: set[str], part: str) -> None:
    outcome = eg.act(the_task(), PEOPLE[part], op, around=around())
    if part in allowed:
        assert isinstance(outcome, Revision), outcome
        assert outcome.change["diff"]
    else:
        assert isinstance(outcome, Refusal)
        # A bot without grants does not even see the task.
        assert outcome.code == ("not_found" if part == "bot" else "forbidden")


@pytest.mark.parametrize("part", ["task admin", "organisation admin"])
def test_those_who_govern_the_room_may_erase(part: str) -> None:
    assert isinstance(eg.act(the_task(), PEOPLE[part], {"op": "erase"}, around=around()), Erasure)


@pytest.mark.parametrize("part", ["creator", "assigner", "assignee", "collaborator", "member"])
def test_nobody_else_may_erase(part: str) -> None:
    assert eg.refused(the_task(), PEOPLE[part], {"op": "erase"}, around=around()) == "forbidden"


@pytest.mark.parametrize("part", sorted(PEOPLE.keys() - {"guest", "bot"}))
def test_everybody_may_watch_and_stop_watching(part: str) -> None:
    me = PEOPLE[part]
    watching = eg.done(
        the_task(), me, {"op": "add", "field": "watchers", "value": me}, around=around()
    )
    assert me in watching["watchers"]
    left = eg.done(
        watching, me, {"op": "remove", "field": "watchers", "value": me}, around=around()
    )
    assert me not in left["watchers"]


def test_a_guest_may_not_watch() -> None:
    watch = {"op": "add", "field": "watchers", "value": eg.GRETA}
    assert eg.refused(the_task(), eg.GRETA, watch, around=around()) == "forbidden"


def test_a_collaborator_may_leave() -> None:
    leave = {"op": "remove", "field": "collaborators", "value": COLLABORATOR}
    after = eg.done(the_task(), COLLABORATOR, leave, around=around())
    assert "collaborators" not in after


def test_who_is_asked_has_no_part_before_accepting() -> None:
    asked = eg.changed(the_task(), assignee=ASKED, assignment={"state": "requested", "at": 1})
    start = {"op": "transition", "to": "in_progress"}
    assert eg.refused(asked, ASKED, start, around=around()) == "forbidden"
    accepted = eg.done(asked, ASKED, {"op": "accept"}, around=around())
    assert eg.done(accepted, ASKED, start, around=around())["status"] == "in_progress"


def test_a_person_outside_the_room_does_not_see_the_task() -> None:
    op = {"op": "transition", "to": "in_progress"}
    assert eg.refused(the_task(), "@far:corp.example", op, around=around()) == "not_found"


def test_the_creator_who_left_the_room_does_not_see_the_task() -> None:
    own = around()
    left = replace(own, room=replace(own.room, members=own.room.members - {CREATOR}))
    op = {"op": "set", "field": "title", "value": "x"}
    assert eg.refused(the_task(), CREATOR, op, around=left) == "not_found"


def test_an_organisation_admin_edits_tasks_of_rooms_joined_or_not() -> None:
    own = around()
    outside = replace(own, room=replace(own.room, members=own.room.members - {eg.ZOE}))
    op = {"op": "set", "field": "title", "value": "x"}
    assert eg.done(the_task(), eg.ZOE, op, around=outside)["title"] == "x"


def test_a_task_admin_who_left_the_room_is_none() -> None:
    own = around()
    outside = replace(own, room=replace(own.room, members=own.room.members - {TASK_ADMIN}))
    op = {"op": "set", "field": "title", "value": "x"}
    assert eg.refused(the_task(), TASK_ADMIN, op, around=outside) == "not_found"


def test_a_deactivated_person_sees_nothing() -> None:
    people = {**eg.ORG.people, CREATOR: replace(eg.ORG.person(CREATOR), active=False)}
    gone = around(org=replace(eg.ORG, people=people))
    op = {"op": "set", "field": "title", "value": "x"}
    assert eg.refused(the_task(), CREATOR, op, around=gone) == "not_found"


def test_a_creator_who_became_a_guest_edits_no_more() -> None:
    people = {**eg.ORG.people, CREATOR: replace(eg.ORG.person(eg.GRETA), user_id=CREATOR)}
    demoted = around(org=replace(eg.ORG, people=people))
    op = {"op": "set", "field": "title", "value": "x"}
    assert eg.refused(the_task(), CREATOR, op, around=demoted) == "forbidden"


def test_line_managers_edit_only_where_the_room_says_so() -> None:
    task = eg.task(eg.ZOE, assignee=eg.PETR)
    title = {"op": "set", "field": "title", "value": "x"}
    assert eg.refused(task, eg.IVAN, title) == "forbidden"
    rules = eg.config(line_manager_edits=True)
    with_managers = eg.context(config=rules)
    assert eg.done(task, eg.IVAN, title, around=with_managers)["title"] == "x"
    assert eg.done(task, eg.OLGA, title, around=with_managers)["title"] == "x"
    assert eg.refused(task, eg.NINA, title, around=with_managers) == "forbidden"


@pytest.mark.parametrize(
    ("rule", "allowed"),
    [
        ("member", {eg.ZOE, eg.OLGA, eg.IVAN, eg.NINA}),
        ("manager", {eg.ZOE, eg.OLGA, eg.NINA}),
        ("admin", {eg.ZOE, eg.NINA}),
    ],
)
def test_a_room_says_who_may_open_tasks(rule: str, allowed: set[str]) -> None:
    """Nina is the room's task admin, Olga has the role of a manager."""
    rules = eg.config(create=rule, task_admins=[eg.NINA])
    for person in (eg.ZOE, eg.OLGA, eg.IVAN, eg.NINA, eg.GRETA):
        around = eg.context(person, config=rules)
        outcome = decide(None, eg.command(eg.create(), actor=person), around)
        if person in allowed:
            assert isinstance(outcome, Revision)
        else:
            assert isinstance(outcome, Refusal)
            assert outcome.code == "forbidden"


def test_only_members_open_tasks() -> None:
    stranger = "@far:corp.example"
    outcome = decide(None, eg.command(eg.create(), actor=stranger), eg.context(stranger))
    assert isinstance(outcome, Refusal)
    assert outcome.code == "not_found"


def test_identity_follows_from_actor_and_command() -> None:
    stolen = eg.command(eg.create(), task_id=task_id_for(eg.NINA, eg.cmd_id(1)))
    outcome = decide(None, stolen, eg.context())
    assert isinstance(outcome, Refusal)
    assert (outcome.code, outcome.errors[0]["pointer"]) == ("invalid", "/task_id")
