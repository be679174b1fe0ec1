"""What somebody does who writes task events by hand, in rooms that are theirs."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any
from urllib.parse import quote

import pytest

from appservice_tasks.domain.ids import task_id_for
from tests.harness.company_server import AUTHORITY, Company, Heard, Person

Json = dict[str, Any]

TASK = "org.teammessenger.task"
COMMAND = "org.teammessenger.task.command"
RESULT = "org.teammessenger.task.result"
CONFIG = "org.teammessenger.tasks.config"


async def _send(who: Person, room: str, kind: str, content: Json) -> Any:
    return await who.matrix("PUT", f"rooms/{quote(room)}/send/{kind}/{uuid.uuid4()}", content)


async def _state(who: Person, room: str, kind: str, content: Json, key: str = "") -> Any:
    return await who.matrix("PUT", f"rooms/{quote(room)}/state/{kind}/{key}", content)


def _root(task: Json, **changes: Any) -> Json:
    """A root event as the authority would write it."""
    now = task["created_at"]
    snapshot = {
        "v": 1,
        "task_id": task["id"],
        "key": task["key"],
        "rev": task["rev"],
        "kind": "team",
        "title": task["title"],
        "status": "open",
        "category": "todo",
        "creator": task["creator"],
        "assigner": task["assigner"],
        "assignee": task["assigned_to"],
        "assignment": task["assignment"],
        "priority": "none",
        "created_at": now,
        "updated_at": now,
        "frev": {"title": 1},
        **changes,
    }
    change = {
        "rev": snapshot["rev"],
        "prev_rev": None if snapshot["rev"] == 1 else snapshot["rev"] - 1,
        "actor": task["creator"],
        "at": now,
        "diff": [],
        "cause": {"cmd_id": str(uuid.uuid4()), "via": "rest"},
    }
    text = [{"body": "A task"}]
    return {TASK: snapshot, "org.teammessenger.change": change, "m.text": text, "m.mentions": {}}


def _revision(task: Json, **changes: Any) -> Json:
    """The next revision of a task, as the authority would write it."""
    root = _root({**task, "rev": task["rev"] + 1}, **changes)
    return {
        "m.relates_to": {"rel_type": "m.replace", "event_id": task["event_id"]},
        "m.new_content": {TASK: root.pop(TASK), "m.text": root["m.text"]},
        **root,
    }


async def _settled(heard: Heard, who: Person, room: str) -> None:
    """Once this is heard, the tasks service has read everything before it in the room."""
    body = str(uuid.uuid4())
    await who.say(room, body)
    while body not in [each["body"] for each in heard.told("new_message")]:
        await heard.until("new_message", len(heard.told("new_message")) + 1)


async def test_a_member_s_own_task_event_is_refused_by_the_homeserver(
    colleagues: Company,
) -> None:
    olga, ivan = await colleagues.person("olga"), await colleagues.person("ivan")
    room = await olga.create_room(ivan)
    task = await olga.task(room_id=room)
    refused = (403, "M_FORBIDDEN")
    for kind, content in ((TASK, _root(task)), (TASK, _revision(task)), (RESULT, {}), (CONFIG, {})):
        assert (await _send(ivan, room, kind, content)).refusal == refused
        assert (await _state(ivan, room, kind, content)).refusal == refused
    path = f"rooms/{quote(room)}/redact/{quote(task['event_id'])}/{uuid.uuid4()}"
    assert (await ivan.matrix("PUT", path, {})).refusal == refused


async def test_the_room_s_creator_forges_and_nothing_changes(colleagues: Company) -> None:
    olga, ivan = await colleagues.person("olga"), await colleagues.person("ivan")
    room = await olga.create_room(ivan)
    task = await olga.task("Real", room_id=room, assigned_to=ivan.user_id)
    since = (await ivan.get("feed")).ok["next"]
    made_up = {**task, "id": str(uuid.uuid4()), "key": f"{task['key']}9"}
    async with ivan.socket() as heard:
        for content in (
            _revision(task, title="Forged", status="done", category="done"),
            _revision({**task, "rev": 50}, title="Forged"),
            _root(made_up, title="Forged"),
            _root(task, title="Forged"),
        ):
            # In rooms of this version a creator is above every power level.
            (await _send(olga, room, TASK, content)).must()
            (await _state(olga, room, TASK, content, key=task["id"])).must()
        command = ivan.command({"op": "set", "field": "title", "value": "x"}, task_id=task["id"])
        reference = {"rel_type": "m.reference", "event_id": task["event_id"]}
        forged = {
            "v": 1,
            "m.relates_to": reference,
            "cause": {"actor": ivan.user_id, "cmd_id": command["cmd_id"]},
            "outcome": "rejected",
            "code": "forbidden",
        }
        (await _send(olga, room, RESULT, forged)).must()
        await _settled(heard, olga, room)
        assert {name for name, _ in heard.events} == {"new_message"}
    assert (await ivan.get(f"tasks/{task['id']}")).ok["title"] == "Real"
    assert (await ivan.get(f"tasks/{task['id']}")).ok["rev"] == 1
    assert (await ivan.get(f"tasks/{made_up['id']}")).refusal == (404, "not_found")
    listed = (await olga.get("tasks", room_id=room)).ok["data"]
    assert [each["title"] for each in listed] == ["Real"]
    assert len((await olga.get(f"tasks/{task['id']}/history")).ok["data"]) == 1
    news = (await ivan.get("feed", since=since)).ok["data"]
    assert [each for each in news if each["kind"] != "room_joined"] == []
    started = await ivan.put(f"tasks/{task['id']}", {"status": "in_progress"})
    assert started.ok["rev"] == 2, "the next revision is the authority's"
    admin = await colleagues.admin()
    for action in ("verify", "rebuild"):
        report = await admin.post("admin/index", {"action": action, "room_id": room})
        assert report.ok == {"equal": True, "differences": []}
    assert (await ivan.get(f"tasks/{task['id']}")).ok["title"] == "Real"


async def test_a_creator_who_names_another_authority_is_not_believed(colleagues: Company) -> None:
    olga, ivan = await colleagues.person("olga"), await colleagues.person("ivan")
    room = await olga.create_room(ivan)
    task = await olga.task("Real", room_id=room)
    config = (await olga.get(f"rooms/{quote(room)}/tasks-config")).ok["config"]
    assert config["authority"] == AUTHORITY
    async with ivan.socket() as heard:
        taken = {**config, "authority": olga.user_id, "past_authorities": [olga.user_id]}
        (await _state(olga, room, CONFIG, taken)).must()
        (await _send(olga, room, TASK, _revision(task, title="Forged"))).must()
        await _settled(heard, olga, room)
    shown = (await ivan.get(f"tasks/{task['id']}")).ok
    assert (shown["title"], shown["rev"]) == ("Real", 1)
    changed = await olga.put(f"tasks/{task['id']}", {"title": "Other"})
    assert changed.refusal == (409, "tasks_disabled")
    (await olga.put(f"rooms/{quote(room)}/tasks-config", {})).must()
    assert (await olga.put(f"tasks/{task['id']}", {"title": "Other"})).ok["rev"] == 2


async def test_without_its_power_the_authority_decides_nothing(colleagues: Company) -> None:
    olga = await colleagues.person("olga")
    room = await olga.create_room()
    task = await olga.task(room_id=room)
    levels = (await olga.matrix("GET", f"rooms/{quote(room)}/state/m.room.power_levels/")).ok
    lowered = {**levels, "users": {**levels.get("users", {}), AUTHORITY: 50}}
    async with olga.socket() as heard:
        (await _state(olga, room, "m.room.power_levels", lowered)).must()
        await _settled(heard, olga, room)
    refused = await olga.put(f"tasks/{task['id']}", {"title": "Other"})
    assert refused.refusal == (409, "tasks_disabled")
    (await olga.put(f"rooms/{quote(room)}/tasks-config", {})).must()
    (await olga.put(f"tasks/{task['id']}", {"title": "Other"})).must()


async def test_one_command_by_three_ways_makes_one_revision(colleagues: Company) -> None:
    olga = await colleagues.person("olga")
    room = await olga.create_room()
    create = olga.command({"op": "create", "task": {"title": "Once"}})
    rename = olga.command(
        {"op": "set", "field": "title", "value": "Twice"},
        task_id=create["task_id"],
        base_rev=1,
    )
    async with olga.socket() as heard:
        for command in (create, rename):
            whole = {**command, "room_id": room}
            by_rest, by_socket, by_event = await asyncio.gather(
                olga.do(whole),
                heard.ask("task_command", whole),
                _send(olga, room, COMMAND, command),
            )
            by_event.must()
            again = await olga.do(whole)
            (await _send(olga, room, COMMAND, command)).must()
            assert {each["state"] for each in (*by_rest, *again, by_socket)} == {"accepted"}
        await _settled(heard, olga, room)
    history = (await olga.get(f"tasks/{create['task_id']}/history")).ok["data"]
    assert [each["cause"]["cmd_id"] for each in history] == [rename["cmd_id"], create["cmd_id"]]
    assert len((await olga.get("tasks", room_id=room)).ok["data"]) == 1


async def test_another_body_under_the_same_identity_is_refused(colleagues: Company) -> None:
    olga, ivan = await colleagues.person("olga"), await colleagues.person("ivan")
    room = await olga.create_room(ivan)
    task = await olga.task(room_id=room)
    command = olga.command(
        {"op": "set", "field": "title", "value": "One"}, task_id=task["id"], base_rev=1
    )
    other = {**command, "ops": [{"op": "set", "field": "title", "value": "Two"}]}
    assert (await olga.do(command))[0]["task"]["title"] == "One"
    (refused,) = await olga.do(other)
    assert refused["code"] == "idempotency_key_reused"
    (his,) = await ivan.do({**other})
    assert his["code"] == "forbidden", "an identity is the sender's own"


@pytest.mark.parametrize("whose", ["a stranger's", "made up"])
async def test_the_id_of_a_new_task_follows_from_its_command(
    colleagues: Company, whose: str
) -> None:
    olga, ivan = await colleagues.person("olga"), await colleagues.person("ivan")
    room = await olga.create_room(ivan)
    command = olga.command({"op": "create", "task": {"title": "Mine"}})
    squatted = task_id_for(ivan.user_id, command["cmd_id"])
    task_id = squatted if whose == "a stranger's" else str(uuid.uuid4())
    (outcome,) = await olga.do({**command, "task_id": task_id, "room_id": room})
    assert (outcome["state"], outcome["code"]) == ("rejected", "invalid")


async def test_a_command_event_in_another_room_does_not_reach_the_task(
    colleagues: Company,
) -> None:
    olga, eve = await colleagues.person("olga"), await colleagues.person("eve")
    room = await olga.create_room()
    task = await olga.task("Real", room_id=room)
    hers = await eve.create_room()
    async with eve.socket() as heard:
        erase = eve.command({"op": "erase"}, task_id=task["id"], base_rev=1)
        (await _send(eve, hers, COMMAND, erase)).must()
        rejected = await heard.until("task_rejected")
        assert (rejected["cmd_id"], rejected["code"]) == (erase["cmd_id"], "not_found")
    assert (await olga.get(f"tasks/{task['id']}")).ok["title"] == "Real"
