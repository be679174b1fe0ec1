"""Reminders come when they are due, once, whatever happened meanwhile."""

from __future__ import annotations

from typing import Any

from appservice_tasks.storage import organisation
from tests.harness.memory_company import DAY, IVAN, MINUTE, OLGA, MemoryCompany, moment


def at(text: str, zone: str = "Europe/Berlin") -> dict[str, Any]:
    return {"at": moment(text, zone), "tz": zone}


async def test_a_day_and_an_hour_before_then_and_the_next_morning(office: MemoryCompany) -> None:
    await office.task(OLGA, assignee=IVAN, due=at("2026-03-10 15:00"))
    expected = ["assigned"]
    for time, kind in (
        ("2026-03-09 14:59", None),
        ("2026-03-09 15:00", "due"),
        ("2026-03-10 13:59", None),
        ("2026-03-10 14:00", "due"),
        ("2026-03-10 15:00", "due"),
        ("2026-03-11 08:59", None),
        ("2026-03-11 09:00", "overdue"),
        ("2026-03-20 09:00", None),
    ):
        await office.until(time)
        expected += [kind] if kind else []
        assert office.kinds(IVAN) == expected, time
    assert office.said(IVAN)[-2:] == [
        "TEAM-1 Write is due 2026-03-10 15:00",
        "TEAM-1 Write is overdue (due 2026-03-10 15:00)",
    ]
    assert all(office.mentioned(IVAN))
    assert office.said(OLGA) == []


async def test_a_day_is_reminded_of_in_the_morning_of_the_reader(office: MemoryCompany) -> None:
    await office.prefer(IVAN, tz="Asia/Vladivostok")
    await office.task(OLGA, assignee=IVAN, due={"date": "2026-03-10"})
    await office.until("2026-03-09 08:59", "Asia/Vladivostok")
    assert office.kinds(IVAN) == ["assigned"]
    for day, kind in (("09", "due"), ("10", "due"), ("11", "overdue")):
        await office.until(f"2026-03-{day} 09:00", "Asia/Vladivostok")
        assert office.kinds(IVAN)[-1] == kind
    assert len(office.kinds(IVAN)) == 4


async def test_mornings_stay_mornings_when_clocks_change(office: MemoryCompany) -> None:
    await office.task(OLGA, assignee=IVAN, due={"date": "2026-03-29"})  # the clocks go forward
    await office.until("2026-03-28 09:00")
    await office.until("2026-03-29 08:59")
    assert office.kinds(IVAN) == ["assigned", "due"]
    await office.until("2026-03-29 09:00")
    assert office.kinds(IVAN) == ["assigned", "due", "due"]


async def test_an_hour_before_is_an_hour_when_clocks_change(office: MemoryCompany) -> None:
    # From 02:00 to 03:00 there is nothing on that night.
    await office.task(OLGA, assignee=IVAN, due=at("2026-03-29 03:30"))
    await office.until("2026-03-28 12:00")
    before = len(office.kinds(IVAN))
    await office.until("2026-03-29 01:29")
    assert len(office.kinds(IVAN)) == before
    await office.until("2026-03-29 01:30")
    assert len(office.kinds(IVAN)) == before + 1


async def test_those_of_an_outage_are_one(office: MemoryCompany) -> None:
    await office.task(OLGA, "First", assignee=IVAN, due=at("2026-03-10 15:00"))
    await office.task(OLGA, "Second", assignee=IVAN, due=at("2026-03-12 15:00"))
    (worker,) = office.workers
    await office.stop(worker)
    office.now = moment("2026-03-11 16:00")
    await office.start()
    await office.settle()
    assert office.said(IVAN)[2:] == [
        "TEAM-1 First is overdue (due 2026-03-10 15:00)",
        "TEAM-2 Second is due 2026-03-12 15:00",
    ]


async def test_a_change_after_an_outage_loses_no_reminder(office: MemoryCompany) -> None:
    task = await office.task(OLGA, assignee=IVAN, due=at("2026-03-10 15:00"))
    (worker,) = office.workers
    await office.stop(worker)
    office.now = moment("2026-03-10 15:10")
    await office.start()
    await office.change(OLGA, task, {"op": "set", "field": "title", "value": "Other"})
    assert office.said(IVAN)[1:] == ["TEAM-1 Other is due 2026-03-10 15:00"]


async def test_two_processes_remind_once(office: MemoryCompany) -> None:
    await office.task(OLGA, assignee=IVAN, due=at("2026-03-10 15:00"))
    await office.start()
    await office.until("2026-03-10 14:30")
    assert office.kinds(IVAN) == ["assigned", "due"]
    await office.restart()
    await office.settle()
    assert office.kinds(IVAN) == ["assigned", "due"]


async def test_another_due_time_is_another_reminder(office: MemoryCompany) -> None:
    task = await office.task(OLGA, assignee=IVAN, due=at("2026-03-10 15:00"))
    await office.until("2026-03-10 14:30")
    later = {"op": "set", "field": "due", "value": at("2026-03-10 18:00")}
    await office.change(OLGA, task, later)
    await office.until("2026-03-10 16:59")
    assert office.kinds(IVAN) == ["assigned", "due"]
    await office.until("2026-03-10 17:00")
    assert office.kinds(IVAN) == ["assigned", "due", "due"]


async def test_nothing_is_said_of_what_is_done_or_in_the_past(office: MemoryCompany) -> None:
    task = await office.task(OLGA, assignee=IVAN, due=at("2026-03-10 15:00"))
    await office.change(IVAN, task, {"op": "transition", "to": "done"})
    await office.task(OLGA, assignee=IVAN, due=at("2026-03-01 15:00"))
    await office.until("2026-03-20 15:00")
    assert office.kinds(IVAN) == ["assigned", "assigned"]


async def test_who_was_asked_is_reminded_once_they_have_accepted(office: MemoryCompany) -> None:
    await office.organise(ivan=OLGA)
    task = await office.task(IVAN, assignee=OLGA, due=at("2026-03-10 15:00"))
    await office.until("2026-03-09 16:00")
    assert office.kinds(OLGA) == ["requested"]
    await office.change(OLGA, task, {"op": "accept"})
    await office.until("2026-03-10 14:00")
    assert office.kinds(OLGA) == ["requested", "due"]


async def test_chosen_times_count_for_tasks_that_are_there(office: MemoryCompany) -> None:
    await office.task(OLGA, assignee=IVAN, due=at("2026-03-10 15:00"))
    await office.task(IVAN, "Own", room="!ivan", due=at("2026-03-10 15:00"))
    await office.prefer(IVAN, reminders=[10])
    await office.until("2026-03-10 14:49")
    assert office.kinds(IVAN) == ["assigned"]
    await office.until("2026-03-10 14:50")
    assert office.kinds(IVAN) == ["assigned", "due", "due"]
    await office.prefer(IVAN, reminders=[30, 10])
    assert office.kinds(IVAN) == ["assigned", "due", "due"]


async def test_a_chosen_zone_moves_the_morning(office: MemoryCompany) -> None:
    await office.task(OLGA, assignee=IVAN, due={"date": "2026-03-10"})
    await office.prefer(IVAN, reminders=[])
    await office.prefer(IVAN, tz="America/New_York")
    await office.until("2026-03-10 12:59")
    assert office.kinds(IVAN) == ["assigned"]
    await office.until("2026-03-10 09:00", "America/New_York")
    assert office.kinds(IVAN) == ["assigned", "due"]


async def test_a_personal_note_reminds_its_owner(office: MemoryCompany) -> None:
    await office.task(IVAN, "Milk", room="!ivan", due=at("2026-03-10 15:00"))
    await office.until("2026-03-10 15:00")
    await office.pass_time(5 * MINUTE)
    assert office.said(IVAN) == ["IVAN-1 Milk is due 2026-03-10 15:00"]


async def test_who_has_left_the_company_is_not_reminded(office: MemoryCompany) -> None:
    await office.task(OLGA, assignee=IVAN, due=at("2026-03-10 15:00"))
    async with office.engine.work.begin() as unit:
        await organisation.put_person(unit.conn, IVAN, {"active": 0})
        await organisation.changed(unit.conn, unit.now)
    await office.pass_time(30 * DAY)
    assert office.kinds(IVAN) == ["assigned"]
