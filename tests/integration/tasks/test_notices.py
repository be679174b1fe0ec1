"""What people are told in their personal room: each thing once, and never what they did."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from appservice_tasks.services.do_chores import DoChores
from appservice_tasks.services.notices import NOTICE
from appservice_tasks.storage import organisation, task_rows
from tests.harness.memory_company import EVE, HOMES, IVAN, MINUTE, OLGA, TEAM, MemoryCompany


def transition(to: str, **more: Any) -> dict[str, Any]:
    return {"op": "transition", "to": to, **more}


def assign(to: str | None) -> dict[str, Any]:
    return {"op": "assign", "to": to}


async def test_an_assignment_is_told_to_the_assignee_alone(office: MemoryCompany) -> None:
    due = {"date": "2026-03-20"}
    await office.task(OLGA, "Sign the contract", assignee=IVAN, due=due)
    assert office.said(IVAN) == ["olga assigned TEAM-1 Sign the contract to you, due 2026-03-20"]
    assert office.mentioned(IVAN) == [True]
    assert office.said(OLGA) == office.said(EVE) == []


async def test_what_one_does_oneself_is_not_told(office: MemoryCompany) -> None:
    task = await office.task(OLGA, f"Ask {OLGA}", assignee=OLGA)
    await office.change(OLGA, task, transition("in_progress"))
    await office.comment(OLGA, task, "done soon", OLGA)
    assert office.said(OLGA) == []


async def test_a_request_and_its_answers_are_told(office: MemoryCompany) -> None:
    await office.organise(ivan=OLGA)
    for answer, told in (
        ({"op": "accept"}, "olga accepted TEAM-1 Write"),
        ({"op": "decline", "reason": "no time"}, "olga declined TEAM-2 Write: no time"),
    ):
        task = await office.task(IVAN, assignee=OLGA)
        assert office.kinds(OLGA)[-1] == "requested"
        assert office.said(OLGA)[-1].startswith("ivan asks you to take TEAM-")
        await office.change(OLGA, task, answer)
        assert office.said(IVAN)[-1] == told
    assert office.kinds(IVAN) == ["accepted", "declined"]


async def test_a_new_status_is_told_to_whom_it_concerns(office: MemoryCompany) -> None:
    task = await office.task(OLGA, assignee=IVAN, watchers=[EVE])
    await office.pass_time(2 * MINUTE)
    await office.change(IVAN, task, transition("in_progress"))
    assert office.said(OLGA) == ["ivan: TEAM-1 Write is now “In progress”"]
    assert office.said(EVE) == office.said(OLGA)
    assert office.kinds(IVAN) == ["assigned"]


async def test_who_loses_or_gets_back_a_task_is_told(office: MemoryCompany) -> None:
    task = await office.task(OLGA, assignee=IVAN)
    await office.pass_time(2 * MINUTE)
    await office.change(OLGA, task, assign(EVE))
    assert office.said(IVAN)[-1] == "olga took TEAM-1 Write off you"
    assert office.said(EVE) == ["olga assigned TEAM-1 Write to you"]


async def test_a_mention_in_text_or_thread_is_told_to_members(office: MemoryCompany) -> None:
    task = await office.task(OLGA, description=f"Ask {IVAN} and @nobody:a.example")
    assert office.said(IVAN) == ["olga mentioned you in TEAM-1 Write"]
    await office.pass_time(2 * MINUTE)
    await office.change(OLGA, task, {"op": "set", "field": "description", "value": f"Ask {IVAN}!"})
    assert len(office.kinds(IVAN)) == 1, "he was mentioned there before"
    await office.comment(EVE, task, "Ivan?", IVAN)
    assert office.said(IVAN)[1:] == ["eve mentioned you in TEAM-1 Write"]


async def test_the_text_is_in_the_reader_s_language(office: MemoryCompany) -> None:
    await office.prefer(IVAN, lang="ru")
    await office.task(OLGA, "Договор", assignee=IVAN, due={"date": "2026-03-20"})
    assert office.said(IVAN) == ["olga: вам поручена задача TEAM-1 Договор, срок 20.03.2026"]


async def test_what_follows_within_a_minute_is_added_to_the_message(office: MemoryCompany) -> None:
    task = await office.task(OLGA, assignee=IVAN)
    for status in ("in_progress", "open", "in_progress"):
        await office.pass_time(25_000)
        await office.change(OLGA, task, transition(status))
    assigned = "olga assigned TEAM-1 Write to you"
    status = "olga: TEAM-1 Write is now “In progress”"
    assert office.kinds(IVAN) == ["assigned", "status", "status", "status"]
    shown = office.said(IVAN)
    assert shown[0] == f"{assigned}\nolga: TEAM-1 Write is now “Open”"
    assert shown[1:] == [status], "a minute after the first message a new one begins"


async def test_notices_wait_for_a_personal_room(office: MemoryCompany) -> None:
    room = office.homeserver.rooms.pop(HOMES[IVAN])
    await office.restart()
    await office.task(OLGA, "First", assignee=IVAN)
    await office.pass_time(5 * MINUTE)
    office.homeserver.rooms[HOMES[IVAN]] = room
    await office.restart()
    await office.settle()
    assert office.said(IVAN) == ["olga assigned TEAM-1 First to you"]
    await office.restart()
    await office.settle()
    assert len(office.said(IVAN)) == 1


async def test_an_answer_that_was_lost_sends_nothing_twice(office: MemoryCompany) -> None:
    task = await office.task(OLGA)
    office.homeserver.answers_lost = 2
    await office.change(OLGA, task, assign(IVAN))
    await office.pass_time(10 * MINUTE)
    assert office.kinds(IVAN) == ["assigned"]


@pytest.mark.parametrize("sent", [False, True])
async def test_a_process_that_dies_while_it_tells_is_followed_by_one_that_tells(
    office: MemoryCompany, monkeypatch: pytest.MonkeyPatch, sent: bool
) -> None:
    class Died(BaseException):
        pass

    async def die(*_: object) -> None:
        raise Died

    with monkeypatch.context() as patch:
        patch.setattr(DoChores, "_finish" if sent else "_send", die)
        patch.setitem(office.engine.chores._doers, "send", office.engine.chores._send)
        with pytest.raises(Died):
            await office.task(OLGA, "First", assignee=IVAN)
    assert office.kinds(IVAN) == (["assigned"] if sent else [])
    await office.restart()
    await office.task(OLGA, "Second", assignee=IVAN)
    await office.pass_time(2 * MINUTE)
    assert office.said(IVAN) == [
        "olga assigned TEAM-1 First to you",
        "olga assigned TEAM-2 Second to you",
    ]


async def test_a_homeserver_that_is_away_is_waited_for(office: MemoryCompany) -> None:
    task = await office.task(OLGA, assignee=IVAN)
    await office.pass_time(2 * MINUTE)
    office.homeserver.down = True
    async with office.engine.work.begin() as unit:
        stored = await task_rows.find(unit.conn, task)
        assert stored is not None
        assert stored.snapshot is not None
        await office.engine.notices.remind(unit, IVAN, "due", stored.snapshot, "1/before:0")
    await office.settle()
    assert office.kinds(IVAN) == ["assigned"]
    office.homeserver.down = False
    await office.pass_time(MINUTE)
    assert office.kinds(IVAN) == ["assigned", "due"]


async def test_who_has_left_the_room_or_the_company_is_not_told(office: MemoryCompany) -> None:
    task = await office.task(OLGA, watchers=[IVAN, EVE])
    leave = {"membership": "leave"}
    office.homeserver.told(office.homeserver.set_state("!team", IVAN, "m.room.member", leave, IVAN))
    await office.leaves_company(EVE)
    await office.settle()
    await office.change(OLGA, task, transition("in_progress"))
    assert office.said(IVAN) == office.said(EVE) == []


async def test_an_erased_task_is_in_nobody_s_inbox(office: MemoryCompany) -> None:
    async with office.engine.work.begin() as unit:
        await organisation.put_person(unit.conn, OLGA, {"server_admin": 1})
        await organisation.changed(unit.conn, unit.now)
    task = await office.task(OLGA, "Secret", assignee=IVAN)
    await office.change(OLGA, task, {"op": "erase"})
    await office.settle()
    told = [
        event for event in office.homeserver.rooms[HOMES[IVAN]].log if NOTICE in event["content"]
    ]
    assert told == []
    log = office.homeserver.rooms[TEAM].log
    assert not any("Secret" in str(event["content"]) for event in log)


async def test_names_are_known_after_a_restart(office: MemoryCompany) -> None:
    office.homeserver.names[OLGA] = "Olga Orlova"
    task = await office.task(OLGA)
    office.homeserver.answers_lost = 1_000_000
    sending = asyncio.create_task(office.change(OLGA, task, assign(IVAN)))
    await asyncio.sleep(0.3)
    assert office.homeserver.answers_lost < 1_000_000, "it was sent"
    await office.stop(office.workers[0])
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    office.homeserver.answers_lost = 0
    await office.start()
    await office.settle()
    assert office.said(IVAN) == ["Olga Orlova assigned TEAM-1 Write to you"]
