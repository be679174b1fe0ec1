"""What clients may offer. That `can` agrees with `decide` stands in test_properties.py."""

from __future__ import annotations

from dataclasses import replace

from appservice_tasks.domain.can import can, granted
from appservice_tasks.shapes import check
from tests.unit.tasks.domain import eg


def test_names_are_those_of_the_contract() -> None:
    task = eg.task(assignee=eg.IVAN, collaborators=[eg.PETR])
    for person in (eg.ZOE, eg.OLGA, eg.IVAN, eg.PETR, eg.NINA, eg.GRETA):
        names = can(person, task, eg.context())
        assert names == sorted(set(names))
        for name in names:
            assert check(name, "Operation") == []


def test_an_editor_edits_and_an_assignee_works() -> None:
    task = eg.task(assignee=eg.IVAN)
    olga, ivan = can(eg.OLGA, task, eg.context()), can(eg.IVAN, task, eg.context())
    assert {"set:title", "assign", "move", "transition:cancelled"} <= set(olga)
    assert "erase" not in olga
    assert {"transition:done", "item_put", "delegate", "comment", "watch"} <= set(ivan)
    assert not {"set:title", "set:due", "assign", "transition:cancelled"} & set(ivan)


def test_a_member_watches_and_comments() -> None:
    assert can(eg.NINA, eg.task(), eg.context()) == ["comment", "watch"]
    assert can(eg.NINA, eg.task(watchers=[eg.NINA]), eg.context()) == ["comment", "unwatch"]
    assert can(eg.GRETA, eg.task(), eg.context()) == ["comment"]


def test_a_collaborator_may_leave() -> None:
    assert "remove:collaborators" in can(eg.PETR, eg.task(collaborators=[eg.PETR]), eg.context())


def test_a_stranger_may_nothing() -> None:
    assert can("@far:corp.example", eg.task(), eg.context()) == []


def test_an_admin_outside_the_room_does_not_comment() -> None:
    room = eg.room(members=frozenset({eg.OLGA}))
    names = can(eg.ZOE, eg.task(), eg.context(room=room))
    assert "set:title" in names
    assert "comment" not in names


def test_where_tasks_are_off_one_may_only_talk() -> None:
    for room in (
        eg.room(config=None),
        eg.room(encrypted=True),
        eg.room(config=eg.config(enabled=False)),
    ):
        assert can(eg.OLGA, eg.task(), eg.context(room=room)) == ["comment"]


def test_over_open_blockers_an_editor_forces() -> None:
    around = eg.beside(eg.neighbour(1))
    task = eg.task(eg.OLGA, around, assignee=eg.IVAN, blocked_by=[eg.uuid(1)])
    olga = can(eg.OLGA, task, around)
    assert "force:done" in olga
    assert "transition:done" not in olga
    ivan = can(eg.IVAN, task, around)
    assert not {"force:done", "transition:done"} & set(ivan)


def test_who_is_asked_answers() -> None:
    asked = eg.task(eg.IVAN, assignee=eg.OLGA)
    assert {"accept", "decline"} <= set(can(eg.OLGA, asked, eg.context()))
    assert not {"accept", "decline"} & set(can(eg.IVAN, asked, eg.context()))


def test_a_bot_may_what_it_was_granted() -> None:
    grants = granted(["view", "comment", "set:title", "transition"])
    around = eg.context(room=eg.room(grants={eg.BOT: grants}))
    assert can(eg.BOT, eg.task(), around) == [
        "comment",
        "set:title",
        "transition:cancelled",
        "transition:done",
        "transition:in_progress",
    ]
    silent = replace(around, room=eg.room(grants={eg.BOT: granted(["view"])}))
    assert can(eg.BOT, eg.task(), silent) == []
    assert can(eg.BOT, eg.task(), eg.context()) == []
