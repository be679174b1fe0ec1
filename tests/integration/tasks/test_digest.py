"""My day: told once a day, at the hour that each has chosen."""

from __future__ import annotations

from tests.harness.memory_company import IVAN, OLGA, MemoryCompany, moment


async def test_it_comes_once_a_day_at_the_chosen_hour(office: MemoryCompany) -> None:
    await office.prefer(IVAN, digest_hour=8)
    await office.settle()
    office.homeserver.rooms["!ivan"].log.clear()  # that of the first day
    await office.until("2026-03-03 07:59")
    assert office.said(IVAN) == []
    await office.until("2026-03-03 08:00")
    assert office.said(IVAN) == ["Your day\n\nNothing is due today."]
    await office.restart()
    await office.start()
    await office.until("2026-03-03 23:59")
    assert len(office.said(IVAN)) == 1
    await office.until("2026-03-04 08:00")
    assert len(office.said(IVAN)) == 2
    assert office.said(OLGA) == []


async def test_it_says_what_is_late_due_and_asked(office: MemoryCompany) -> None:
    await office.organise(olga=IVAN)
    await office.prefer(IVAN, reminders=[])
    await office.task(OLGA, "Late", assignee=OLGA, due={"date": "2026-03-03"})
    late = {"at": moment("2026-03-04 07:00"), "tz": "Europe/Berlin"}
    await office.task(IVAN, "Late", assignee=IVAN, due=late)
    await office.task(IVAN, "Milk", room="!ivan", due={"date": "2026-03-04"})
    await office.task(IVAN, "Tomorrow", assignee=IVAN, due={"date": "2026-03-05"})
    await office.task(OLGA, "Look at this", assignee=IVAN)
    done = await office.task(IVAN, "Done", assignee=IVAN, due={"date": "2026-03-04"})
    await office.change(IVAN, done, {"op": "transition", "to": "done"})
    await office.until("2026-03-04 08:30")
    await office.prefer(IVAN, digest_hour=8)
    await office.settle()
    assert office.said(IVAN)[-1] == (
        "Your day\n"
        "\nOverdue:\n• TEAM-2 Late, 2026-03-04 07:00\n"
        "\nToday:\n• IVAN-1 Milk, 2026-03-04\n"
        "\nRequests to you:\n• TEAM-4 Look at this"
    )


async def test_it_follows_language_and_zone(office: MemoryCompany) -> None:
    await office.prefer(IVAN, lang="ru", tz="Asia/Vladivostok", digest_hour=9, reminders=[])
    await office.settle()
    await office.task(IVAN, "Отчёт", assignee=IVAN, due={"date": "2026-03-04"})
    before = len(office.said(IVAN))
    await office.until("2026-03-03 23:59")  # 08:59 of the fourth in Vladivostok
    assert len(office.said(IVAN)) == before
    await office.until("2026-03-04 00:00")
    assert "Ваш день\n\nСегодня:\n• TEAM-1 Отчёт, 04.03.2026" in office.said(IVAN)


async def test_a_service_that_was_stopped_tells_later_that_day(office: MemoryCompany) -> None:
    await office.prefer(IVAN, digest_hour=8)
    (worker,) = office.workers
    await office.stop(worker)
    said = len(office.said(IVAN))
    office.now = moment("2026-03-05 17:00")
    await office.start()
    await office.settle()
    assert len(office.said(IVAN)) == said + 1


async def test_it_comes_on_the_days_when_clocks_change(office: MemoryCompany) -> None:
    await office.prefer(IVAN, digest_hour=2)  # which does not exist on the 29th of March
    await office.until("2026-03-28 23:00")
    said = len(office.said(IVAN))
    await office.until("2026-03-29 03:00")
    await office.until("2026-03-29 12:00")
    assert len(office.said(IVAN)) == said + 1
