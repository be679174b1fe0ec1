"""Every command in a log gets its outcome there, whoever was away meanwhile."""

from __future__ import annotations

import asyncio
import copy
import dataclasses
import uuid
from typing import Any

import pytest

from appservice_tasks.domain.ids import CHANGE, COMMAND, RESULT, TASK, task_id_for
from appservice_tasks.matrix_client import Json
from appservice_tasks.shapes import check_event
from appservice_tasks.storage import ledger
from appservice_tasks.storage.ledger import NewCommand
from tests.harness.memory_company import IVAN, OLGA, TEAM, MemoryCompany
from tests.harness.memory_homeserver import AUTHORITY


def _membership(office: MemoryCompany, membership: str) -> None:
    content = {"membership": membership}
    office.homeserver.set_state(TEAM, OLGA, "m.room.member", content, AUTHORITY)


def _post(office: MemoryCompany, op: dict[str, Any]) -> str:
    """A command of Ivan's as a room event; its id."""
    cmd_id = str(uuid.uuid4())
    task_id = task_id_for(IVAN, cmd_id)
    content = {"v": 1, "cmd_id": cmd_id, "task_id": task_id, "base_rev": 0, "ops": [op]}
    office.homeserver.post(TEAM, IVAN, COMMAND, content, cmd_id)
    return cmd_id


CREATE = {"op": "create", "task": {"title": "Write"}}
IMPOSSIBLE = {"op": "transition", "to": "done"}


def _refused(office: MemoryCompany) -> list[str]:
    return [event["content"]["cause"]["cmd_id"] for event in office.homeserver.results()]


async def test_the_process_that_decides_reads_a_room_that_another_one_came_to(
    office: MemoryCompany,
) -> None:
    first = office.engine
    await office.start()  # decides from now on
    _membership(office, "leave")
    await first.follow.refresh(TEAM)
    refused = _post(office, IMPOSSIBLE)
    _post(office, CREATE)
    await office.settle()
    assert office.homeserver.task_events() == office.homeserver.results() == []
    _membership(office, "join")
    await first.follow.refresh(TEAM)
    await office.settle()
    assert len(office.homeserver.task_events()) == 1
    assert _refused(office) == [refused]


async def test_a_refusal_that_could_not_be_written_follows_its_command(
    office: MemoryCompany,
) -> None:
    _membership(office, "leave")
    refused = [_post(office, IMPOSSIBLE), _post(office, CREATE)]
    await office.settle()  # nobody has noticed yet that it cannot write
    assert office.homeserver.results() == []
    _membership(office, "join")
    await office.engine.follow.refresh(TEAM)
    await office.settle()
    assert sorted(_refused(office)) == sorted(refused)
    assert office.homeserver.task_events() == []


async def test_an_older_homeserver_gets_back_a_refusal_and_nothing_else(
    office: MemoryCompany,
) -> None:
    refused = _post(office, IMPOSSIBLE)
    older = office.homeserver.save()
    for _ in range(2):
        await office.settle()
        assert _refused(office) == [refused]
        office.homeserver.restore(older)
        office.engine.generation.rise()
        office.engine.outbox.wake(TEAM)
    await office.settle()
    assert _refused(office) == [refused]


async def test_an_event_that_reached_an_older_homeserver_is_not_alone_there(
    office: MemoryCompany, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = office.homeserver.save()
    task_id = await office.task(OLGA)
    send = office.homeserver.send

    async def replaced(*given: Any) -> str:
        monkeypatch.setattr(office.homeserver, "send", send)
        office.homeserver.restore(older)
        office.engine.generation.rise()
        return await send(*given)

    monkeypatch.setattr(office.homeserver, "send", replaced)
    await office.change(OLGA, task_id, {"op": "set", "field": "title", "value": "Rewrite"})
    revs = [event["content"][CHANGE]["rev"] for event in office.homeserver.task_events()]
    assert sorted(revs) == [1, 2]


def _successor(office: MemoryCompany) -> Json:
    """The content of the next revision of the only task, as nobody here has decided it."""
    (event,) = office.homeserver.task_events()
    content = copy.deepcopy(event["content"])
    task = content.pop(TASK)
    content["m.relates_to"] = {"rel_type": "m.replace", "event_id": event["event_id"]}
    changed = {**task, "rev": 2, "title": "Elsewhere"}
    content["m.new_content"] = {TASK: changed, "m.text": content["m.text"]}
    content[CHANGE] |= {
        "rev": 2,
        "prev_rev": 1,
        "cause": {"cmd_id": str(uuid.uuid4()), "via": "rest"},
    }
    assert check_event(content, TASK) == []
    return content


def _revisions(office: MemoryCompany) -> list[int]:
    return [event["content"][CHANGE]["rev"] for event in office.homeserver.task_events()]


async def test_what_was_pushed_from_a_log_that_is_no_more_is_not_built_upon(
    office: MemoryCompany,
) -> None:
    """Homeserver and index were both replaced by older copies while the push was on its way."""
    task_id = await office.task(OLGA)
    (event,) = office.homeserver.task_events()
    pushed = {**event, "event_id": "$nowhere", "content": _successor(office)}
    await office.engine.transactions.take("late", [pushed])
    await office.change(OLGA, task_id, {"op": "set", "field": "title", "value": "Rewrite"})
    assert _revisions(office) == [1, 2]
    assert (await office.engine.maintain.run("verify"))["equal"]


async def test_a_refusal_that_was_pushed_from_a_log_that_is_no_more_refuses_nothing(
    office: MemoryCompany,
) -> None:
    cmd_id = _post(office, CREATE)
    (room,) = (each for each in office.homeserver.rooms.values() if each.log[-1]["type"] == COMMAND)
    command = room.log[-1]
    content = {
        "v": 1,
        "m.relates_to": {"rel_type": "m.reference", "event_id": command["event_id"]},
        "cause": {"actor": IVAN, "cmd_id": cmd_id},
        "outcome": "rejected",
        "code": "conflict",
    }
    pushed = {**command, "event_id": "$nowhere", "sender": AUTHORITY, "type": RESULT}
    await office.engine.transactions.take("late", [{**pushed, "content": content}])
    await office.settle()
    assert _revisions(office) == [1]
    assert _refused(office) == []


async def test_what_nobody_here_has_decided_is_read_from_the_log(office: MemoryCompany) -> None:
    await office.task(OLGA)
    office.homeserver.post(TEAM, AUTHORITY, TASK, _successor(office), "another service")
    await office.settle()
    assert (await office.engine.maintain.run("verify"))["equal"]


async def test_a_decision_sees_the_room_event_that_its_command_gets_meanwhile(
    office: MemoryCompany,
) -> None:
    database, cmd_id = office.engine.work.database, str(uuid.uuid4())
    new = NewCommand(IVAN, cmd_id, "!nowhere", "", {}, "", "rest")
    async with database.write() as conn:
        assert await ledger.receive(conn, new, office.now)
    named = asyncio.Event()

    async def look() -> str | None:
        async with database.write() as conn:
            await asyncio.wait_for(named.wait(), 20)
            return await ledger.event_of(conn, IVAN, cmd_id)

    async with database.write() as conn:
        looking = asyncio.create_task(look())
        await ledger.name_event(conn, dataclasses.replace(new, event_id="$event"))
        named.set()
        await asyncio.sleep(0.05)  # it waits for us now
    assert await looking == "$event"
