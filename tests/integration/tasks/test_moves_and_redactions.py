"""Tasks that go to another room, and revisions that somebody takes back."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

from tests.harness.company_server import Company, Json, Person

SECONDS = 60.0
TASK = "org.teammessenger.task"
CHANGE = "org.teammessenger.change"


async def until(check: Callable[[], Awaitable[Any]]) -> Any:
    """The first answer that is something."""
    async with asyncio.timeout(SECONDS):
        while True:
            found = await check()
            if found:
                return found
            await asyncio.sleep(0.05)


async def task_events(person: Person, room: str) -> list[Json]:
    """The task events of a room, oldest first."""
    path = f"rooms/{quote(room)}/messages"
    events = (await person.matrix("GET", path, dir="b", limit=200)).ok["chunk"]
    return [event for event in reversed(events) if event["type"] == TASK]


async def take_back(person: Person, room: str, event_id: str) -> None:
    path = f"rooms/{quote(room)}/redact/{quote(event_id)}/{uuid.uuid4()}"
    (await person.matrix("PUT", path, {})).must()


async def test_a_moved_task_goes_on_in_its_new_room(colleagues: Company) -> None:
    olga, ivan = await colleagues.person("olga"), await colleagues.person("ivan")
    here, there = await olga.create_room(ivan), await olga.create_room(ivan, name="There")
    task = await olga.task("Sign", room_id=here, assigned_to=ivan.user_id)
    comment = {"room_id": here, "thread": task["event_id"], "body": "Look here"}
    (await ivan.post("messages", comment)).must()
    moved = (await olga.do_one(task, {"op": "move", "room_id": there}))["task"]
    assert (moved["id"], moved["key"], moved["rev"]) == (task["id"], task["key"], 2)
    assert moved["event_id"] != task["event_id"]
    (root,) = await task_events(ivan, there)
    assert root["event_id"] == moved["event_id"]
    assert "m.relates_to" not in root["content"]
    assert root["content"][TASK]["title"] == "Sign"
    assert root["content"][TASK]["origin"] == {"room_id": here, "event_id": task["event_id"]}

    started = (await ivan.put(f"tasks/{task['key']}", {"status": "in_progress"})).ok
    assert (started["room_id"], started["rev"]) == (there, 3)
    assert len(await task_events(ivan, there)) == 2
    history = (await ivan.get(f"tasks/{task['id']}/history")).ok["data"]
    assert sorted(each["rev"] for each in history) == [1, 2, 3]
    assert [each["id"] for each in (await ivan.get("tasks", room_id=here)).ok["data"]] == []
    old = (await ivan.get("messages", room_id=here, thread=task["event_id"])).ok["data"]
    assert [each["body"] for each in old] == ["Look here"]


async def test_a_task_does_not_leave_its_people_behind(colleagues: Company) -> None:
    olga, ivan = await colleagues.person("olga"), await colleagues.person("ivan")
    here, there = await olga.create_room(ivan), await olga.create_room(name="There")
    task = await olga.task(room_id=here, assigned_to=ivan.user_id)
    refused = await olga.do_one(task, {"op": "move", "room_id": there})
    assert refused["code"] == "assignee_not_member"
    encrypted = await olga.create_room(tasks=False, name="None")
    assert (await olga.do_one(task, {"op": "move", "room_id": encrypted}))["state"] == "rejected"
    assert (await ivan.get(f"tasks/{task['id']}")).ok["rev"] == 1


async def test_a_task_whose_newest_event_is_taken_back_is_published_again(
    colleagues: Company,
) -> None:
    olga, ivan = await colleagues.person("olga"), await colleagues.person("ivan")
    room = await olga.create_room(ivan)
    task = await olga.task("Sign", room_id=room)
    path = f"tasks/{task['id']}"
    (await olga.put(path, {"title": "Sign it"})).must()
    newest = (await task_events(olga, room))[-1]
    await take_back(olga, room, newest["event_id"])

    async def again() -> Json | None:
        last = (await task_events(ivan, room))[-1]
        return last if last["event_id"] != newest["event_id"] else None

    last = await until(again)
    shown = last["content"]["m.new_content"][TASK]
    assert (shown["title"], shown["rev"]) == ("Sign it", 3)
    assert last["content"][CHANGE]["cause"]["via"] == "repair"

    async def is_shown() -> bool:
        now = (await ivan.get(path)).ok
        return (now["title"], now["rev"]) == ("Sign it", 3)

    await until(is_shown)
    history = (await olga.get(f"{path}/history")).ok["data"]
    second = next(each for each in history if each["rev"] == 2)
    assert "Sign it" not in str(second)
    (await olga.put(path, {"priority": "high"})).must()


async def test_an_old_revision_that_is_taken_back_is_forgotten(colleagues: Company) -> None:
    olga = await colleagues.person("olga")
    room = await olga.create_room()
    task = await olga.task("Sign", room_id=room)
    path = f"tasks/{task['id']}"
    for title in ("A slip of the tongue", "Sign it"):
        (await olga.put(path, {"title": title})).must()
    slip = (await task_events(olga, room))[1]
    await take_back(olga, room, slip["event_id"])

    async def forgotten() -> bool:
        history = (await olga.get(f"{path}/history")).ok["data"]
        second = next(each for each in history if each["rev"] == 2)
        return "slip" not in str(second)

    await until(forgotten)
    now = (await olga.get(path)).ok
    assert (now["title"], now["rev"]) == ("Sign it", 3)


async def test_a_member_cannot_take_back_what_the_service_says(colleagues: Company) -> None:
    olga, ivan = await colleagues.person("olga"), await colleagues.person("ivan")
    room = await olga.create_room(ivan)
    task = await olga.task(room_id=room)
    path = f"rooms/{quote(room)}/redact/{quote(task['event_id'])}/x"
    assert (await ivan.matrix("PUT", path, {})).refusal == (403, "M_FORBIDDEN")


async def test_who_leaves_the_company_returns_their_tasks(colleagues: Company) -> None:
    olga, ivan = await colleagues.person("olga"), await colleagues.person("ivan")
    room = await olga.create_room(ivan)
    task = await olga.task(room_id=room, assigned_to=ivan.user_id)
    own = await ivan.task("Diary")
    await colleagues.put_user(ivan.user_id, active=False)

    async def returned() -> bool:
        now = (await olga.get(f"tasks/{task['id']}")).ok
        return bool(now["assigned_to"] == olga.user_id)

    await until(returned)
    refused = await olga.post("tasks", {"title": "x", "room_id": room, "assigned_to": ivan.user_id})
    assert refused.refusal == (403, "assignee_not_allowed")
    admin = await colleagues.admin()
    assert (await admin.get(f"tasks/{own['id']}")).refusal == (404, "not_found")
