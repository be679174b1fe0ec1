"""Rooms: where tasks may be, moving, erasing, personal tasks, bots."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from appservice_tasks.contracts import Snapshot
from appservice_tasks.domain.context import Context
from appservice_tasks.domain.decide import decide
from appservice_tasks.domain.outcome import Erasure, Refusal, Revision
from appservice_tasks.domain.room import Room
from tests.unit.tasks.domain import eg
from tests.unit.tasks.domain.test_status import TWO

TITLE = {"op": "set", "field": "title", "value": "New"}
MOVE = {"op": "move", "room_id": eg.OTHER_ROOM}


def code(outcome: object) -> str:
    assert isinstance(outcome, Refusal), outcome
    return outcome.code


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"config": None}, "tasks_disabled"),
        ({"config": eg.config(enabled=False)}, "tasks_disabled"),
        ({"encrypted": True}, "encrypted_room_not_enabled"),
    ],
)
def test_a_room_without_tasks_takes_none(changes: dict[str, Any], expected: str) -> None:
    around = eg.context(room=eg.room(**changes))
    assert code(eg.act_of_creation(around=around)) == expected
    assert eg.refused(eg.task(), eg.OLGA, TITLE, around=around) == expected


def test_a_task_that_never_was_is_not_found() -> None:
    outcome = decide(None, eg.command(TITLE, task=eg.task()), eg.context())
    assert code(outcome) == "not_found"


def test_a_command_makes_its_task_once() -> None:
    again = decide(eg.task(), eg.command(eg.create()), eg.context())
    assert code(again) == "idempotency_key_reused"


def elsewhere(**changes: Any) -> Room:
    rules = eg.config(prefix="SAL")
    return replace(
        Room(eg.OTHER_ROOM, rules, members=eg.EVERYONE - {eg.NINA}, last_rank="V00005"), **changes
    )


def moving(target: Room | None, **changes: Any) -> Context:
    return eg.context(target=target, **changes)


def test_a_moved_task_keeps_its_identity_and_leads_back() -> None:
    task = eg.task(watchers=[eg.NINA, eg.IVAN])
    outcome = eg.act(task, eg.OLGA, MOVE, around=moving(elsewhere()))
    assert isinstance(outcome, Revision)
    assert (outcome.room_id, outcome.moved_from) == (eg.OTHER_ROOM, eg.ROOM)
    assert outcome.is_root
    moved = outcome.snapshot
    assert (moved["task_id"], moved["key"], moved["rev"]) == (task["task_id"], "OPS-42", 2)
    assert moved["origin"] == {"room_id": eg.ROOM, "event_id": "$root"}
    assert moved["watchers"] == [eg.IVAN]
    assert moved["rank"] == "V00006"
    assert outcome.change["diff"] == [
        {"field": "room_id", "from": eg.ROOM, "to": eg.OTHER_ROOM},
        {"field": "watchers", "from": eg.NINA},
    ]


def test_a_moved_task_takes_the_counterpart_of_its_status() -> None:
    begun = eg.done(eg.task(), eg.OLGA, {"op": "transition", "to": "in_progress"})
    moved = eg.done(begun, eg.OLGA, MOVE, around=moving(elsewhere(workflow=TWO)))
    assert (moved["status"], moved["category"]) == ("new", "todo")
    closed = eg.done(eg.task(), eg.OLGA, {"op": "transition", "to": "done"})
    arrived = eg.done(closed, eg.OLGA, MOVE, around=moving(elsewhere(workflow=TWO)))
    assert (arrived["status"], arrived["closed_at"]) == ("shipped", eg.NOW)


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (None, "not_found"),
        (elsewhere(members=frozenset({eg.IVAN})), "not_found"),
        (elsewhere(config=None), "tasks_disabled"),
        (elsewhere(encrypted=True), "encrypted_room_not_enabled"),
        (elsewhere(config=eg.config(create="admin")), "forbidden"),
        (elsewhere(members=frozenset({eg.OLGA})), "assignee_not_member"),
    ],
)
def test_a_move_needs_a_place_to_go_to(target: Room | None, expected: str) -> None:
    task = eg.task(assignee=eg.IVAN)
    assert eg.refused(task, eg.OLGA, MOVE, around=moving(target)) == expected


def test_a_move_needs_an_editor_and_another_room() -> None:
    assert eg.refused(eg.task(), eg.IVAN, MOVE, around=moving(elsewhere())) == "forbidden"
    here = {"op": "move", "room_id": eg.ROOM}
    assert eg.refused(eg.task(), eg.OLGA, here, around=moving(eg.room())) == "invalid"


def test_erasing_keeps_key_revision_actor_and_time() -> None:
    outcome = eg.act(eg.task(), eg.ZOE, {"op": "erase"})
    assert isinstance(outcome, Erasure)
    assert outcome.tombstone == {
        "v": 1,
        "task_id": eg.task()["task_id"],
        "key": "OPS-42",
        "rev": 2,
        "erased": True,
    }
    assert (outcome.change["actor"], outcome.change["at"]) == (eg.ZOE, eg.NOW)
    assert outcome.change["diff"] == []


OWN = eg.config(kind="personal", prefix="MY")
OWN_ROOM = Room("!own:corp.example", OWN, members=frozenset({eg.IVAN, eg.TASKS}), owner=eg.IVAN)


def own(actor: str = eg.IVAN) -> Context:
    return eg.context(actor, room=OWN_ROOM)


def personal() -> Snapshot:
    return eg.task(eg.IVAN, own(), assignee=eg.IVAN)


def test_a_personal_task_is_its_owner_s() -> None:
    task = personal()
    assert task["kind"] == "personal"
    assert eg.done(task, eg.IVAN, TITLE, around=own())["title"] == "New"
    assert isinstance(eg.act(task, eg.IVAN, {"op": "erase"}, around=own()), Erasure)


@pytest.mark.parametrize("person", [eg.ZOE, eg.OLGA])
def test_administrators_and_managers_never_see_a_personal_task(person: str) -> None:
    assert eg.refused(personal(), person, TITLE, around=own()) == "not_found"
    joined = eg.context(room=replace(OWN_ROOM, members=OWN_ROOM.members | {person}))
    assert eg.refused(personal(), person, TITLE, around=joined) == "forbidden"


def test_a_personal_task_is_nobody_else_s_to_do() -> None:
    for op in (
        {"op": "assign", "to": eg.PETR},
        {"op": "add", "field": "watchers", "value": eg.PETR},
    ):
        assert eg.refused(personal(), eg.IVAN, op, around=own()) == "assignee_not_member"


def test_a_personal_task_becomes_the_team_s() -> None:
    around = replace(own(), target=elsewhere())
    moved = eg.done(personal(), eg.IVAN, MOVE, around=around)
    assert moved["kind"] == "team"
    assert eg.done(moved, eg.ZOE, TITLE)["title"] == "New"


def test_a_team_s_task_is_not_hidden_in_a_personal_room() -> None:
    theirs = eg.task(eg.OLGA, assignee=eg.IVAN)
    op = {"op": "move", "room_id": OWN_ROOM.room_id}
    task = eg.changed(theirs, assigner=eg.IVAN)
    around = moving(OWN_ROOM)
    assert eg.refused(task, eg.IVAN, op, around=around) == "assignee_not_member"


def granted(*names: str, **changes: Any) -> Context:
    room = eg.room(grants={eg.BOT: frozenset(names)})
    return eg.context(eg.BOT, room=room, **changes)


def test_a_bot_does_what_it_is_granted() -> None:
    task = eg.task()
    assert eg.done(task, eg.BOT, TITLE, around=granted("set:title"))["title"] == "New"
    start = {"op": "transition", "to": "in_progress"}
    assert eg.done(task, eg.BOT, start, around=granted("transition"))["status"] == "in_progress"
    assert eg.refused(task, eg.BOT, start, around=granted("view", "set:title")) == "forbidden"
    assert eg.refused(task, eg.BOT, TITLE, around=granted()) == "not_found"


def test_a_bot_follows_the_workflow() -> None:
    nowhere = {"op": "transition", "to": "review"}
    around = granted("transition")
    assert eg.refused(eg.task(), eg.BOT, nowhere, around=around) == "transition_not_allowed"


def test_a_bot_that_left_the_room_has_no_grants_there() -> None:
    around = granted("set:title")
    left = replace(around, room=replace(around.room, members=frozenset({eg.OLGA})))
    assert eg.refused(eg.task(), eg.BOT, TITLE, around=left) == "not_found"


def test_a_bot_opens_tasks_for_nobody() -> None:
    around = granted("create")
    made = eg.act_of_creation(eg.BOT, around)
    assert isinstance(made, Revision)
    assert made.snapshot["creator"] == eg.BOT
    assert code(eg.act_of_creation(eg.BOT, around, assignee=eg.IVAN)) == "forbidden"
    assert code(eg.act_of_creation(eg.BOT, granted("view"))) == "forbidden"


def test_what_a_bot_created_is_not_the_bot_s_to_edit() -> None:
    around = granted("create")
    made = eg.task(eg.BOT, around)
    assert eg.refused(made, eg.BOT, TITLE, around=around) == "forbidden"
    assert eg.refused(made, eg.BOT, {"op": "assign", "to": eg.IVAN}, around=around) == "forbidden"
    assert eg.refused(made, eg.BOT, {"op": "erase"}, around=around) == "forbidden"


def test_a_bot_acts_for_a_person_by_that_person_s_rights() -> None:
    around = eg.context(eg.BOT, on_behalf_of=eg.OLGA)
    made = eg.act_of_creation(eg.BOT, around, assignee=eg.IVAN)
    assert isinstance(made, Revision)
    assert (made.snapshot["creator"], made.snapshot["assigner"]) == (eg.OLGA, eg.OLGA)
    assert (made.change["actor"], made.change["on_behalf_of"]) == (eg.BOT, eg.OLGA)
    assert eg.done(made.snapshot, eg.BOT, TITLE, around=around)["title"] == "New"


def test_a_bot_never_exceeds_its_person() -> None:
    task = eg.task(eg.OLGA, assignee=eg.IVAN)
    around = replace(granted("set:title", "erase"), on_behalf_of=eg.IVAN)
    assert eg.refused(task, eg.BOT, TITLE, around=around) == "forbidden"
    upwards = eg.act_of_creation(eg.BOT, around, assignee=eg.OLGA)
    assert isinstance(upwards, Revision)
    assert upwards.snapshot["assignment"]["state"] == "requested"
    guest = replace(around, on_behalf_of=eg.GRETA)
    assert code(eg.act_of_creation(eg.BOT, guest)) == "forbidden"


def test_the_service_itself_opens_tasks_with_identities_of_their_own() -> None:
    command = eg.command(eg.create(), task_id=eg.uuid(7))
    assert isinstance(decide(None, command, eg.context(via="schedule")), Revision)
