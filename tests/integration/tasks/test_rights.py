"""The matrix of rights and the table of assignment, asked from outside."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import quote

import pytest

from tests.harness.company_server import Company, Person, on_sqlite

Json = dict[str, Any]

EDITOR = frozenset({"creator", "task admin", "organisation admin"})
WORKER = EDITOR | {"assignee"}
HAND = WORKER | {"collaborator"}
GOVERNOR = frozenset({"task admin", "organisation admin"})
WATCHER = HAND | {"member"}
NOBODY: frozenset[str] = frozenset()
PARTS = (*sorted(WATCHER), "bot", "guest")

Row = tuple[str, frozenset[str], Json]
"""An operation's name in `can`, who may, and the operation."""


def _set(field: str, value: Any) -> Json:
    return {"op": "set", "field": field, "value": value}


def _matrix(other: Person, oneself: Person) -> list[list[Row]]:
    """The matrix. Each list goes, in its order, to one task."""
    link = {"rel": "url", "url": "https://corp.example/wiki", "title": "Wiki"}
    rule = {
        "rrule": "FREQ=WEEKLY",
        "tz": "Europe/Moscow",
        "anchor": "schedule",
        "series_id": str(uuid.uuid4()),
    }
    file = {"url": "mxc://corp.example/abc", "name": "a.pdf"}

    def add(field: str, value: Any) -> Json:
        return {"op": "add", "field": field, "value": value}

    def go(status: str) -> Json:
        return {"op": "transition", "to": status}

    return [
        [
            ("set:title", EDITOR, _set("title", "Other")),
            ("set:description", EDITOR, _set("description", "More")),
            ("set:priority", EDITOR, _set("priority", "high")),
            ("set:due", EDITOR, _set("due", {"date": "2031-01-01"})),
            ("set:start", EDITOR, _set("start", {"date": "2030-12-01"})),
            ("set:recurrence", EDITOR, _set("recurrence", rule)),
            ("set:fields", EDITOR, _set("fields", {"cost": 3})),
            ("set:estimate_min", WORKER, _set("estimate_min", 30)),
            ("set:blocked_reason", HAND, _set("blocked_reason", "No key")),
            ("add:labels", EDITOR, add("labels", "new")),
            ("remove:labels", EDITOR, {"op": "remove", "field": "labels", "value": "old"}),
            ("add:collaborators", EDITOR, add("collaborators", other.user_id)),
            ("add:watchers", EDITOR, add("watchers", other.user_id)),
            ("watch", WATCHER, add("watchers", oneself.user_id)),
            ("add:links", HAND, add("links", link)),
            ("add:attachments", HAND, add("attachments", file)),
            ("item_put", WORKER, {"op": "item_put", "item": {"id": "item-2", "text": "Two"}}),
            ("item_check", HAND, {"op": "item_check", "id": "item-1", "done": True}),
            ("item_remove", WORKER, {"op": "item_remove", "id": "item-1"}),
            ("transition:in_progress", HAND, go("in_progress")),
            ("transition:done", WORKER, go("done")),
        ],
        [
            ("set:needs_review", EDITOR, _set("needs_review", True)),
            ("transition:cancelled", EDITOR, go("cancelled")),
        ],
        [("assign", EDITOR, {"op": "assign", "to": None}), ("accept", NOBODY, {"op": "accept"})],
        [("erase", GOVERNOR, {"op": "erase"})],
    ]


async def _cast(company: Company) -> dict[str, Person]:
    people = {
        name: await company.person(name.replace(" ", ""))
        for name in ("assignee", "collaborator", "creator", "member", "task admin")
    }
    people["guest"] = await company.person("guest", role="guest")
    people["bot"] = await company.bot("worker")
    people["organisation admin"] = await company.admin()
    return people


@on_sqlite
async def test_each_part_may_what_the_matrix_says(colleagues: Company) -> None:
    people = await _cast(colleagues)
    creator, bystander = people["creator"], await colleagues.person("bystander")
    members = [each for name, each in people.items() if name != "organisation admin"]
    room = await creator.create_room(*members[:2], *members[3:], bystander)
    admins = {"task_admins": [people["task admin"].user_id]}
    (await creator.put(f"rooms/{quote(room)}/tasks-config", admins)).must()
    draft = {
        "title": "Write",
        "assignee": people["assignee"].user_id,
        "collaborators": [people["collaborator"].user_id],
        "labels": ["old"],
        "checklist": [{"id": "item-1", "text": "One", "done": False}],
    }
    for name in PARTS:
        who = people[name]
        groups = _matrix(bystander, who)
        if name in GOVERNOR:  # they are editors, and erase
            groups = [groups[0][:1], *groups[1:]]
        drafts = [creator.command({"op": "create", "task": draft}) for _ in groups]
        made = await creator.do(*({**each, "room_id": room} for each in drafts))
        seen = await who.get(f"tasks/{made[0]['task_id']}")
        if name == "bot":
            assert seen.refusal == (404, "not_found"), "a bot without a grant"
        can = set() if name == "bot" else set(seen.ok["can"])
        commands = [
            {**who.command(op, task_id=task["task_id"]), "base_rev": 1, "on_conflict": "force"}
            for task, rows in zip(made, groups, strict=True)
            for _, _, op in rows
        ]
        outcomes = await who.do(*commands)
        rows = [row for group in groups for row in group]
        refused = "not_found" if name == "bot" else "forbidden"
        for (operation, allowed, _), outcome in zip(rows, outcomes, strict=True):
            got = "accepted" if outcome["state"] == "accepted" else outcome["code"]
            if operation == "accept" and name == "assignee":
                assert got == "accepted", "it is theirs already: nothing changes"
                continue
            assert got == ("accepted" if name in allowed else refused), (name, operation, outcome)
            assert (operation in can) is (name in allowed), (name, operation)


async def test_who_assigned_a_task_edits_it(colleagues: Company) -> None:
    olga, ivan, maria = [await colleagues.person(name) for name in ("olga", "ivan", "maria")]
    room = await olga.create_room(ivan, maria)
    config = f"rooms/{quote(room)}/tasks-config"
    (await olga.put(config, {"task_admins": [ivan.user_id]})).must()
    task = await olga.task(room_id=room)
    given = (await ivan.do_one(task, {"op": "assign", "to": maria.user_id}))["task"]
    assert given["assigner"] == ivan.user_id
    (await olga.put(config, {"task_admins": []})).must()
    assert (await ivan.put(f"tasks/{task['id']}", {"title": "Other"})).ok["title"] == "Other"
    assert (await maria.put(f"tasks/{task['id']}", {"title": "x"})).refusal == (403, "forbidden")


@pytest.mark.parametrize(
    ("policy", "allowed"),
    [
        ("admin", {"organisation admin", "task admin"}),
        ("manager", {"manager", "organisation admin", "task admin"}),
        ("member", {"manager", "member", "organisation admin", "task admin"}),
    ],
)
async def test_the_room_says_who_opens_tasks(
    colleagues: Company, policy: str, allowed: set[str]
) -> None:
    people = {
        "manager": await colleagues.person("manager", role="manager"),
        "member": await colleagues.person("member"),
        "task admin": await colleagues.person("taskadmin"),
        "guest": await colleagues.person("guest", role="guest"),
        "organisation admin": await colleagues.admin(),
    }
    owner = await colleagues.person("owner")
    room = await owner.create_room(*people.values())
    change = {"create": policy, "task_admins": [people["task admin"].user_id]}
    config = f"rooms/{quote(room)}/tasks-config"
    (await owner.put(config, change)).must()
    for name, who in people.items():
        answer = await who.post("tasks", {"title": "x", "room_id": room})
        assert (await who.get(config)).ok["rights"]["create"] is (name in allowed)
        if name in allowed:
            assert answer.status == 201, (name, answer.body)
        else:
            assert answer.refusal == (403, "forbidden"), name


async def test_an_assignment_follows_the_lines_of_report(colleagues: Company) -> None:
    boss, olga, ivan, maria = [
        await colleagues.person(name) for name in ("boss", "olga", "ivan", "maria")
    ]
    guest = await colleagues.person("guest", role="guest")
    room = await olga.create_room(boss, ivan, maria, guest)

    async def assign(who: Person, to: Person) -> tuple[str, str]:
        task = await who.task(room_id=room)
        outcome = await who.do_one(task, {"op": "assign", "to": to.user_id})
        if outcome["state"] == "rejected":
            return "rejected", outcome["code"]
        return "accepted", outcome["task"]["assignment"]["state"]

    denied = ("rejected", "assignee_not_allowed")
    assert await assign(olga, maria) == ("accepted", "active"), "a flat company"
    assert await assign(olga, guest) == denied
    async with colleagues.reporting((olga, boss), (ivan, olga), (maria, boss)):
        assert await assign(olga, olga) == ("accepted", "active"), "oneself"
        assert await assign(boss, ivan) == ("accepted", "active"), "down the line"
        assert await assign(olga, maria) == ("accepted", "requested"), "a peer"
        assert await assign(ivan, boss) == ("accepted", "requested"), "up the line"
        assert await assign(boss, guest) == denied
        modes = {"down": "request", "peer": "direct", "up": "deny", "outside": "request"}
        (await olga.put(f"rooms/{quote(room)}/tasks-config", {"assign": modes})).must()
        rights = (await olga.get(f"rooms/{quote(room)}/tasks-config")).ok["rights"]
        assert {each["user_id"]: each["mode"] for each in rights["assignees"]} == {
            olga.user_id: "direct",
            ivan.user_id: "request",
            maria.user_id: "direct",
            guest.user_id: "request",
        }
        assert await assign(boss, ivan) == ("accepted", "requested")
        assert await assign(olga, maria) == ("accepted", "active")
        assert await assign(ivan, boss) == denied
        assert await assign(olga, guest) == ("accepted", "requested")
        (
            await olga.put(f"rooms/{quote(room)}/tasks-config", {"task_admins": [ivan.user_id]})
        ).must()
        assert await assign(ivan, boss) == ("accepted", "active"), "a task admin is direct"


async def test_a_request_is_accepted_or_declined_by_the_one_asked(colleagues: Company) -> None:
    olga, ivan, maria = [await colleagues.person(name) for name in ("olga", "ivan", "maria")]
    room = await olga.create_room(ivan, maria)
    asked = await olga.task(room_id=room, assigned_to=ivan.user_id, request=True)
    assert asked["assignment"]["state"] == "requested"
    for op in ({"op": "accept"}, {"op": "decline", "reason": "Mine"}):
        for who in (maria, olga):
            assert (await who.do_one(asked, op))["code"] == "forbidden"
    path = f"tasks/{asked['id']}"
    assert {"accept", "decline"} <= set((await ivan.get(path)).ok["can"])
    started = await ivan.do_one(asked, {"op": "transition", "to": "in_progress"})
    assert started["code"] == "forbidden", "it is not his yet"
    accepted = (await ivan.do_one(asked, {"op": "accept"}))["task"]
    assert accepted["assignment"]["state"] == "active"
    (await ivan.put(path, {"status": "in_progress"})).must()

    other = await olga.task(room_id=room, assigned_to=ivan.user_id, request=True)
    declined = (await ivan.do_one(other, {"op": "decline", "reason": "On leave"}))["task"]
    assert (declined["assigned_to"], declined["assignment"]["state"]) == (None, "declined")
    assert declined["assignment"]["reason"] == "On leave"
    told = (await olga.get("notifications")).ok["data"]
    kinds = {each["kind"]: each.get("reason") for each in told}
    assert kinds["declined"] == "On leave"
    assert "accepted" in kinds


async def test_an_assignee_delegates_down_their_own_line_only(colleagues: Company) -> None:
    olga, ivan, kolya, maria = [
        await colleagues.person(name) for name in ("olga", "ivan", "kolya", "maria")
    ]
    room = await olga.create_room(ivan, kolya, maria)
    async with colleagues.reporting((ivan, olga), (kolya, ivan), (maria, olga)):
        task = await olga.task(room_id=room, assigned_to=ivan.user_id)
        can = (await ivan.get(f"tasks/{task['id']}")).ok["can"]
        assert "delegate" in can
        assert "assign" not in can
        sideways = await ivan.do_one(task, {"op": "assign", "to": maria.user_id})
        assert sideways["code"] == "assignee_not_allowed"
        back = await ivan.do_one(task, {"op": "assign", "to": None})
        assert back["code"] == "forbidden"
        passed = (await ivan.do_one(task, {"op": "assign", "to": kolya.user_id}))["task"]
        assert (passed["assigned_to"], passed["assigner"]) == (kolya.user_id, olga.user_id)
        assert ivan.user_id in passed["watchers"]
        again = await ivan.do_one(passed, {"op": "assign", "to": kolya.user_id})
        assert again["code"] == "forbidden", "it is not his any more"


async def test_a_line_manager_edits_where_the_room_says_so(colleagues: Company) -> None:
    boss, olga, ivan = [await colleagues.person(name) for name in ("boss", "olga", "ivan")]
    room = await olga.create_room(boss, ivan)
    task = await olga.task(room_id=room, assigned_to=ivan.user_id)
    path = f"tasks/{task['id']}"
    async with colleagues.reporting((ivan, boss)):
        assert (await boss.put(path, {"title": "Other"})).refusal == (403, "forbidden")
        config = f"rooms/{quote(room)}/tasks-config"
        (await olga.put(config, {"line_manager_edits": True})).must()
        assert (await boss.put(path, {"title": "Other"})).ok["title"] == "Other"


async def test_a_task_moves_where_one_edits_on_both_sides(colleagues: Company) -> None:
    olga, ivan = await colleagues.person("olga"), await colleagues.person("ivan")
    here = await olga.create_room(ivan)
    there = await olga.create_room(name="There")
    theirs = await ivan.create_room(name="Theirs")
    task = await olga.task(room_id=here)

    def to(room_id: str) -> Json:
        return {"op": "move", "room_id": room_id}

    assert (await ivan.do_one(task, to(theirs)))["code"] == "forbidden"
    assert (await olga.do_one(task, to(theirs)))["code"] in ("forbidden", "not_found")
    moved = (await olga.do_one(task, to(there)))["task"]
    assert (moved["room_id"], moved["key"]) == (there, task["key"])
    assert moved["origin"] == {"room_id": here, "event_id": task["event_id"]}
    assert (await ivan.get(f"tasks/{task['id']}")).refusal == (404, "not_found")


async def test_done_waits_for_what_blocks_it(colleagues: Company) -> None:
    olga, ivan = await colleagues.person("olga"), await colleagues.person("ivan")
    room = await olga.create_room(ivan)
    first = await olga.task("First", room_id=room)
    second = await olga.task(
        "Second", room_id=room, blocked_by=[first["id"]], assigned_to=ivan.user_id
    )
    path = f"tasks/{second['id']}"
    assert second["blocked"] is True
    assert (await ivan.put(path, {"status": "done"})).refusal == (409, "blocked")
    forced = {"status": "done", "force": True, "reason": "Never mind"}
    assert (await ivan.put(path, forced)).refusal == (409, "blocked"), "only an editor forces"
    no_reason = await olga.put(path, {"status": "done", "force": True})
    assert no_reason.refusal[0] in (400, 409)
    assert (await olga.put(path, forced)).ok["status"] == "done"
    circle = await olga.put(f"tasks/{first['id']}", {"blocked_by": [second["id"]]})
    assert circle.refusal == (400, "invalid")


async def test_review_ends_with_the_editor(colleagues: Company) -> None:
    olga, ivan = await colleagues.person("olga"), await colleagues.person("ivan")
    room = await olga.create_room(ivan)
    task = await olga.task(room_id=room, assigned_to=ivan.user_id, needs_review=True)
    path = f"tasks/{task['id']}"
    assert (await ivan.put(path, {"status": "done"})).refusal == (409, "transition_not_allowed")
    (await ivan.put(path, {"status": "review"})).must()
    assert (await ivan.put(path, {"status": "done"})).refusal == (403, "forbidden")
    (await ivan.put(path, {"status": "in_progress"})).must()
    (await ivan.put(path, {"status": "review"})).must()
    (await olga.put(path, {"status": "done"})).must()
    (await ivan.put(path, {"status": "open"})).must()


async def test_a_personal_task_is_nobody_else_s_business(colleagues: Company) -> None:
    olga, admin = await colleagues.person("olga"), await colleagues.admin()
    task = await olga.task("Mine")
    path = f"tasks/{task['id']}"
    for answer in (
        await admin.get(path),
        await admin.put(path, {"title": "Seen"}),
        await admin.call("DELETE", path),
        await admin.get(f"{path}/history"),
    ):
        assert answer.refusal == (404, "not_found")
    listed = (await admin.get("tasks", creator=olga.user_id)).ok["data"]
    assert listed == []
    assert (await olga.call("DELETE", path)).status == 204, "the owner erases"


async def test_an_administrator_edits_team_tasks_from_outside(colleagues: Company) -> None:
    olga, admin = await colleagues.person("olga"), await colleagues.admin()
    room = await olga.create_room()
    task = await olga.task(room_id=room)
    path = f"tasks/{task['id']}"
    changed = (await admin.put(path, {"title": "Corrected"})).ok
    assert changed["title"] == "Corrected"
    history = (await olga.get(f"{path}/history")).ok["data"]
    assert history[0]["actor"] == admin.user_id
    assert "comment" not in changed["can"]
    assert (await admin.post(f"{path}/comments", {"body": "Hello"})).refusal == (403, "forbidden")
