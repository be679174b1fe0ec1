"""One's own settings, calendars, and what one was told."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from appservice_tasks import shapes
from tests.harness.company_server import Company, on_sqlite

DEFAULTS = {"lang": "en", "tz": "UTC", "digest_hour": None, "reminders": [1440, 60]}


async def test_settings_are_changed_one_by_one(colleagues: Company) -> None:
    olga = await colleagues.person("olga")
    first = (await olga.get("me/settings")).ok
    assert shapes.check(first, "Settings") == []
    assert first["reminders"] == DEFAULTS["reminders"]
    changes: list[dict[str, Any]] = [
        {"lang": "ru"},
        {"tz": "Asia/Yekaterinburg"},
        {"digest_hour": 9},
        {"reminders": [2880, 30]},
        {"reminders": []},
        {"digest_hour": None},
        {},
    ]
    for change in changes:
        first = {**first, **change}
        assert (await olga.put("me/settings", change)).ok == first
    assert (await olga.get("me/settings")).ok == first


@on_sqlite
@pytest.mark.parametrize(
    "change",
    [
        {"lang": "de"},
        {"tz": "Mars/Olympus"},
        {"tz": "../etc/passwd"},
        {"digest_hour": 24},
        {"reminders": [60, 60]},
        {"reminders": [-1]},
        {"reminders": list(range(6))},
        {"colour": "red"},
    ],
)
async def test_settings_that_cannot_be_are_refused(
    colleagues: Company, change: dict[str, Any]
) -> None:
    olga = await colleagues.person("olga")
    assert (await olga.put("me/settings", change)).refusal == (400, "invalid")


async def test_a_reminder_follows_the_settings(colleagues: Company) -> None:
    olga = await colleagues.person("olga")

    async def remind(*minutes: int) -> None:
        (await olga.put("me/settings", {"reminders": list(minutes)})).must()

    async def due_in(milliseconds: int) -> tuple[str, int]:
        moment = round(time.time() * 1000) + milliseconds
        return (await olga.task("Soon", due={"at": moment, "tz": "UTC"}))["id"], moment

    async with olga.socket() as heard:

        def told() -> list[tuple[str, str | None, str]]:
            notices = heard.told("notification")
            return [(each["kind"], each["actor"], each["task_id"]) for each in notices]

        for slack in (1_500, 8_000, 30_000):  # a busy machine takes its time
            await remind(60)
            task_id, moment = await due_in(60_000 + slack)
            await remind(1)
            if time.time() * 1000 < moment - 60_000:
                break
        while ("due", None, task_id) not in told():
            await heard.until("notification", len(told()) + 1, seconds=slack / 1000 + 30)
        late, _ = await due_in(90_000)
        await remind(2)
        await asyncio.sleep(0.5)
        assert late not in [each[2] for each in told()], "what would be late by now is not told"


async def test_a_calendar_shows_one_s_tasks(colleagues: Company) -> None:
    olga, ivan = await colleagues.person("olga"), await colleagues.person("ivan")
    room = await olga.create_room(ivan)
    due = {"date": "2030-01-31"}
    await olga.task("For Ivan; today, or so", room_id=room, assigned_to=ivan.user_id, due=due)
    await ivan.task("My own", assigned_to=ivan.user_id)
    made: dict[str, str] = {}
    for name, body in {
        "assigned": {},
        "assigned_by_me": {"scope": "assigned_by_me"},
        "room": {"scope": "room", "room_id": room},
        "events": {"as": "VEVENT"},
    }.items():
        answer = await ivan.post("me/ics", body)
        assert answer.status == 201
        assert shapes.check(answer.body, "NewCalendar") == []
        assert answer.body["url"].startswith(f"{colleagues.server.url}/v1/ics/")
        text = await colleagues.request(
            "GET", answer.body["url"].partition(colleagues.server.url)[2]
        )
        assert text.headers["Content-Type"] == "text/calendar; charset=utf-8"
        assert text.headers["Cache-Control"].startswith("private")
        made[name] = text.body.replace("\r\n ", "")
    assert "My own" in made["assigned"]
    assert r"For Ivan\; today\, or so" in made["assigned"]
    assert "DUE;VALUE=DATE:20300131" in made["assigned"]
    assert "For Ivan" not in made["assigned_by_me"]
    assert "My own" not in made["room"]
    assert "BEGIN:VEVENT" in made["events"]
    assert all(each.endswith("END:VCALENDAR\r\n") for each in made.values())
    listed = (await ivan.get("me/ics")).ok
    assert shapes.check(listed, "Calendars") == []
    assert {each["scope"] for each in listed["data"]} == {"assigned", "assigned_by_me", "room"}


@on_sqlite
@pytest.mark.parametrize(
    "body", [{"scope": "room"}, {"room_id": "!x"}, {"scope": "all"}, {"as": "VJOURNAL"}]
)
async def test_a_calendar_that_cannot_be_is_refused(
    colleagues: Company, body: dict[str, Any]
) -> None:
    olga = await colleagues.person("olga")
    assert (await olga.post("me/ics", body)).refusal == (400, "invalid")


async def test_one_is_told_what_others_do(colleagues: Company) -> None:
    olga, ivan = await colleagues.person("olga"), await colleagues.person("ivan")
    room = await olga.create_room(ivan)
    tasks = [await olga.task(f"Task {n}", room_id=room, assigned_to=ivan.user_id) for n in range(3)]
    page = (await ivan.get("notifications", limit=2)).ok
    assert shapes.check(page, "NotificationPage") == []
    assert page["unread"] == 3
    rest = (await ivan.get("notifications", limit=2, cursor=page["next_cursor"])).ok
    told = [*page["data"], *rest["data"]]
    assert [each["title"] for each in told] == ["Task 2", "Task 1", "Task 0"]
    assert {each["kind"] for each in told} == {"assigned"}
    assert rest["next_cursor"] is None
    (await ivan.post("notifications/read", {"ids": [told[0]["id"]]})).must()
    unread = (await ivan.get("notifications", unread=True)).ok
    assert ([each["title"] for each in unread["data"]], unread["unread"]) == (
        ["Task 1", "Task 0"],
        2,
    )
    (await ivan.post("notifications/read", {"up_to": told[0]["at"]})).must()
    assert (await ivan.get("notifications")).ok["unread"] == 0
    (await ivan.put(f"tasks/{tasks[0]['id']}", {"status": "done"})).must()
    (news, *_) = (await olga.get("notifications")).ok["data"]
    assert (news["kind"], news["actor"], news["task_id"], news["status"]) == (
        "status",
        ivan.user_id,
        tasks[0]["id"],
        "done",
    )
    assert (await olga.get("notifications", cursor="x")).refusal == (400, "invalid")
    bad: list[dict[str, Any]] = [{}, {"ids": []}, {"ids": ["x"]}, {"ids": ["x"], "up_to": 1}]
    for body in bad:
        assert (await ivan.post("notifications/read", body)).refusal == (400, "invalid")
