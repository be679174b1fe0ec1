"""Rooms for tasks: set up by whoever may, one's own made when they are needed."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

from tests.harness.company_server import AUTHORITY, Company, Person

SECONDS = 60.0
NOTICE = "org.teammessenger.notice"


async def until(check: Callable[[], Awaitable[Any]]) -> Any:
    """The first answer that is something."""
    async with asyncio.timeout(SECONDS):
        while True:
            found = await check()
            if found:
                return found
            await asyncio.sleep(0.05)


async def joined(person: Person) -> set[str]:
    return set((await person.matrix("GET", "joined_rooms")).ok["joined_rooms"])


async def home(person: Person) -> str:
    """The personal room, once there is one."""

    async def look() -> str | None:
        for room in await joined(person):
            config = await person.matrix(
                "GET", f"rooms/{quote(room)}/state/org.teammessenger.tasks.config/"
            )
            if config.status == 200 and config.body["kind"] == "personal":
                return room
        return None

    return str(await until(look))


async def told(person: Person, room: str) -> list[dict[str, Any]]:
    """The service's messages in a room, oldest first."""
    path = f"rooms/{quote(room)}/messages"
    events = (await person.matrix("GET", path, dir="b", limit=100)).ok["chunk"]
    return [
        event["content"]
        for event in reversed(events)
        if event["type"] == "m.room.message" and event["sender"] == AUTHORITY
    ]


async def test_whoever_signs_in_has_a_personal_room(colleagues: Company) -> None:
    olga = await colleagues.person("olga")
    (await olga.get("tasks")).must()
    room = await home(olga)

    async def both_in() -> bool:
        members = (await olga.matrix("GET", f"rooms/{quote(room)}/joined_members")).ok["joined"]
        return set(members) == {olga.user_id, AUTHORITY}

    await until(both_in)
    assert (await olga.task("Milk"))["room_id"] == room
    again = await colleagues.login(olga.localpart)
    (await again.get("tasks")).must()
    await asyncio.sleep(0.2)
    assert await joined(olga) == {room}


async def test_a_bot_has_no_personal_room(colleagues: Company) -> None:
    bot = await colleagues.bot("quiet")
    (await bot.get("tasks")).must()
    await asyncio.sleep(0.5)
    assert await joined(bot) == set()


async def test_notices_wait_in_the_inbox_until_their_reader_comes(colleagues: Company) -> None:
    olga = await colleagues.person("olga")
    ivan = await colleagues.person("ivan")
    room = await olga.create_room(ivan)
    task = await olga.task("Sign", room_id=room, assigned_to=ivan.user_id)
    (await ivan.get("notifications")).must()
    own = await home(ivan)
    (notice,) = await until(lambda: told(ivan, own))
    assert notice["body"] == f"Olga assigned {task['key']} Sign to you"
    assert notice["m.mentions"] == {"user_ids": [ivan.user_id]}
    assert (notice[NOTICE]["task_id"], notice[NOTICE]["kind"]) == (task["id"], "assigned")


async def test_a_killed_service_tells_each_thing_once(colleagues: Company) -> None:
    olga, ivan = await colleagues.person("olga"), await colleagues.person("ivan")
    room = await olga.create_room(ivan)
    (await ivan.get("tasks")).must()
    own = await home(ivan)
    sending = [
        asyncio.create_task(olga.post("tasks", body))
        for body in (
            {"title": f"Task {number}", "room_id": room, "assigned_to": ivan.user_id}
            for number in range(6)
        )
    ]
    await asyncio.sleep(0.15)
    colleagues.server.kill("appservice_tasks")
    await asyncio.gather(*sending)
    await asyncio.to_thread(colleagues.server.wait_until_up)
    (await olga.task("The last", room_id=room, assigned_to=ivan.user_id))
    tasks = (await olga.get("tasks", room_id=room)).ok["data"]

    async def all_told() -> bool:
        return len(await told(ivan, own)) >= len(tasks)

    await until(all_told)
    bodies = sorted(each["body"] for each in await told(ivan, own))
    assert bodies == sorted(f"Olga assigned {each['key']} {each['title']} to you" for each in tasks)


async def test_a_room_is_set_up_by_who_may_and_only_once(colleagues: Company) -> None:
    olga, ivan, eve = [await colleagues.person(name) for name in ("olga", "ivan", "eve")]
    room = await olga.create_room(ivan, tasks=False, name="Отдел продаж")
    path = f"rooms/{quote(room)}/tasks-config"
    assert (await ivan.put(path, {})).refusal == (403, "forbidden")
    assert (await eve.put(path, {})).refusal == (404, "not_found")
    before = (await ivan.get(path)).ok
    assert (before["enabled"], before["rights"]["configure"]) == (False, False)
    first = (await olga.put(path, {})).ok
    assert (first["enabled"], first["config"]["authority"]) == (True, AUTHORITY)
    assert first["config"]["prefix"].startswith("OP")
    assert (await olga.put(path, {})).ok["config"] == first["config"]
    levels = (await olga.matrix("GET", f"rooms/{quote(room)}/state/m.room.power_levels/")).ok
    assert levels["events"]["org.teammessenger.task"] == 100
    assert levels["users"][AUTHORITY] == 100
    other = await olga.create_room(name="Отдел продаж")
    second = (await olga.get(f"rooms/{quote(other)}/tasks-config")).ok
    assert second["config"]["prefix"] != first["config"]["prefix"]


async def test_a_room_that_was_never_set_up_says_so_to_its_members_alone(
    colleagues: Company,
) -> None:
    olga, ivan, eve = [await colleagues.person(name) for name in ("olga", "ivan", "eve")]
    room = await olga.create_room(ivan, tasks=False)
    wanted = {"title": "Write", "room_id": room}
    key = {"Idempotency_Key": str(uuid.uuid4())}
    assert (await ivan.post("tasks", wanted, **key)).refusal == (409, "tasks_disabled")
    assert (await eve.post("tasks", wanted)).refusal == (404, "not_found")
    (await olga.put(f"rooms/{quote(room)}/tasks-config", {})).must()
    assert (await ivan.post("tasks", wanted, **key)).ok["title"] == "Write"
    assert (await eve.post("tasks", wanted)).refusal == (404, "not_found")
    (await ivan.matrix("POST", f"rooms/{quote(room)}/leave", {})).must()

    async def is_a_stranger() -> bool:  # once the service has heard of it
        return (await ivan.post("tasks", wanted)).status == 404

    await until(is_a_stranger)


async def test_commands_and_sockets_say_of_such_a_room_what_rest_says(colleagues: Company) -> None:
    olga, ivan, eve = [await colleagues.person(name) for name in ("olga", "ivan", "eve")]
    room = await olga.create_room(ivan, tasks=False)

    def creating(who: Person) -> dict[str, Any]:
        return {**who.command({"op": "create", "task": {"title": "Write"}}), "room_id": room}

    command = creating(ivan)
    (refused,) = await ivan.do(command)
    assert (refused["state"], refused["code"]) == ("rejected", "tasks_disabled")
    async with ivan.socket() as heard:
        refused = await heard.ask("task_command", creating(ivan))
    assert (refused["ok"], refused["code"]) == (False, "tasks_disabled")
    (unseen,) = await eve.do(creating(eve))
    assert unseen["code"] == "not_found"
    (olga_s, hers) = creating(olga), olga.command({"op": "accept"}, task_id=str(uuid.uuid4()))
    pair = (await olga.post("commands", {"commands": [olga_s, hers], "atomic": True})).ok["results"]
    assert [each["code"] for each in pair] == ["tasks_disabled", "dependency_rejected"]
    (await olga.put(f"rooms/{quote(room)}/tasks-config", {})).must()
    (made,) = await ivan.do(command)
    assert made["state"] == "accepted", "it was refused without being kept"


async def test_an_encrypted_room_says_why_it_has_no_tasks(colleagues: Company) -> None:
    olga = await colleagues.person("olga")
    encryption = {
        "type": "m.room.encryption",
        "state_key": "",
        "content": {"algorithm": "m.megolm.v1.aes-sha2"},
    }
    room = await olga.create_room(tasks=False, initial_state=[encryption])
    path = f"rooms/{quote(room)}/tasks-config"
    assert (await olga.put(path, {})).refusal == (409, "encrypted_room_not_enabled")
    assert (await olga.get(path)).ok["obstacle"] == "encrypted_room_not_enabled"


async def test_tasks_stop_while_others_could_write_them(colleagues: Company) -> None:
    olga, ivan = await colleagues.person("olga"), await colleagues.person("ivan")
    room = await olga.create_room(ivan)
    path = f"rooms/{quote(room)}/state/m.room.power_levels/"
    levels = (await olga.matrix("GET", path)).ok
    open_to_all = {**levels, "events": {**levels["events"], "org.teammessenger.task": 0}}
    (await olga.matrix("PUT", path, open_to_all)).must()

    async def refused() -> bool:
        answer = await olga.post("tasks", {"title": "x", "room_id": room})
        return answer.status == 409 and answer.body["code"] == "tasks_disabled"

    await until(refused)
    (note,) = await until(lambda: told(olga, room))
    assert note["body"].startswith("Tasks are switched off here")
    assert note["m.mentions"] == {"user_ids": [olga.user_id]}
    (await olga.put(f"rooms/{quote(room)}/tasks-config", {})).must()
    (await olga.post("tasks", {"title": "x", "room_id": room})).must()


async def test_two_people_have_one_direct_room(colleagues: Company) -> None:
    olga, ivan = await colleagues.person("olga"), await colleagues.person("ivan")
    body = {"title": "x"}
    first, second = await asyncio.gather(
        olga.post("tasks", {**body, "assigned_to": ivan.user_id}),
        ivan.post("tasks", {**body, "assigned_to": olga.user_id}),
    )
    assert first.ok["room_id"] == second.ok["room_id"]
    assert {first.ok["key"], second.ok["key"]} < {f"DM-{n}" for n in range(1, 1000)}
    direct = await olga.matrix("GET", f"user/{quote(olga.user_id)}/account_data/m.direct")
    other = await ivan.matrix("GET", f"user/{quote(ivan.user_id)}/account_data/m.direct")
    noted = [direct.body.get(ivan.user_id, []), other.body.get(olga.user_id, [])]
    assert [first.ok["room_id"]] in noted


async def test_a_conversation_that_is_there_is_used(colleagues: Company) -> None:
    olga, ivan = await colleagues.person("olga"), await colleagues.person("ivan")
    room = await olga.create_room(ivan, tasks=False, is_direct=True)
    data = f"user/{quote(olga.user_id)}/account_data/m.direct"
    (await olga.matrix("PUT", data, {ivan.user_id: [room]})).must()
    assert (await olga.task(assigned_to=ivan.user_id))["room_id"] == room


async def test_who_joined_a_moment_ago_acts_at_once(colleagues: Company) -> None:
    olga, ivan = await colleagues.person("olga"), await colleagues.person("ivan")
    room = await olga.create_room()
    invite = {"user_id": ivan.user_id}
    (await olga.matrix("POST", f"rooms/{quote(room)}/invite", invite)).must()
    (await ivan.matrix("POST", f"rooms/{quote(room)}/join", {})).must()
    assert (await ivan.task(room_id=room))["creator"] == ivan.user_id


async def test_a_personal_room_with_guests_is_a_team_s(colleagues: Company) -> None:
    olga, ivan = await colleagues.person("olga"), await colleagues.person("ivan")
    task = await olga.task("Diary")
    room = task["room_id"]
    invite = {"user_id": ivan.user_id}
    (await olga.matrix("POST", f"rooms/{quote(room)}/invite", invite)).must()
    (await ivan.matrix("POST", f"rooms/{quote(room)}/join", {})).must()
    other = await until(lambda: _elsewhere(olga, room))
    assert other != room


async def _elsewhere(person: Person, room: str) -> str | None:
    made: str = (await person.task("Diary"))["room_id"]
    return None if made == room else made
