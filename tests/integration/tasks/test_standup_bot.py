"""The bot of examples/standup_bot: the very program, and what a bot cannot do."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.harness.company_server import Company, Person

PROGRAM = Path(__file__).parents[3] / "examples" / "standup_bot" / "standup_bot.py"
SECONDS = 60.0


@contextlib.asynccontextmanager
async def running(bot: Person, room: str, delegations: Path) -> AsyncIterator[None]:
    """The program, until the end of the block."""
    environment = {
        "TEAM_URL": bot.company.server.url,
        "BOT_TOKEN": bot.token,
        "ROOM_ID": room,
        "DELEGATIONS": str(delegations),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(PROGRAM), env=environment, stderr=asyncio.subprocess.PIPE
    )
    try:
        yield
    finally:
        said = "" if process.returncode is None else "it ended by itself"
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        assert process.stderr is not None
        said += (await process.stderr.read()).decode()
        await process.wait()
        assert said == ""


async def messages(person: Person, room: str, **query: Any) -> list[dict[str, Any]]:
    page = (await person.get("messages", room_id=room, dir="f", **query)).ok
    found: list[dict[str, Any]] = page["data"]
    return found


async def until(found: Any, count: int) -> list[Any]:
    """What `found` gives once there is so much of it."""
    async with asyncio.timeout(SECONDS):
        while True:
            got = await found()
            if len(got) >= count:
                break
            await asyncio.sleep(0.1)
    assert len(got) == count
    return list(got)


async def invited_bot(owner: Person, room: str, *operations: str) -> Person:
    """A bot with grants in a room, and invited there."""
    bot = await owner.company.bot("standup")
    grants = {"grants": [{"room_id": room, "operations": list(operations)}]}
    admin = await owner.company.admin()
    (await admin.put(f"admin/users/{quote(bot.user_id)}/grants", grants)).must()
    invite = {"user_id": bot.user_id}
    (await owner.matrix("POST", f"rooms/{quote(room)}/invite", invite)).must()
    return bot


async def answer(person: Person, room: str, thread: str, body: str) -> None:
    (await person.post("messages", {"room_id": room, "thread": thread, "body": body})).must()


async def test_answers_become_tasks(colleagues: Company, tmp_path: Path) -> None:
    olga, ivan = await colleagues.person("olga"), await colleagues.person("ivan")
    room = await olga.create_room(ivan)
    bot = await invited_bot(olga, room, "view", "comment", "create")
    delegation = (await ivan.post("me/delegations", {"bot": bot.user_id})).ok
    delegations = tmp_path / "delegations.json"
    delegations.write_text(json.dumps({ivan.user_id: delegation["token"]}))

    async def questions() -> list[Any]:
        said = [each for each in await messages(olga, room) if each["sender"] == bot.user_id]
        return [each for each in said if "thread" not in each]

    async def tasks() -> list[Any]:
        return list((await olga.get("tasks", room_id=room, sort="key")).ok["data"])

    async with running(bot, room, delegations):
        (question,) = await until(questions, 1)
        thread = question["event_id"]
        await answer(ivan, room, thread, "Yesterday the budget.\n- Call the bank\n- Sign")
        await until(tasks, 2)
        await answer(olga, room, thread, "Nothing new")
        await answer(olga, room, thread, "- Order paper")
        first, second, third = await until(tasks, 3)
    for task, title in ((first, "Call the bank"), (second, "Sign")):
        assert (task["title"], task["assigned_to"], task["creator"]) == (
            title,
            ivan.user_id,
            ivan.user_id,
        )
    assert (third["title"], third["assigned_to"], third["creator"]) == (
        "Order paper",
        None,
        bot.user_id,
    )
    assert third["source"]["room_id"] == room
    history = (await olga.get(f"tasks/{first['id']}/history")).ok["data"]
    assert (history[0]["actor"], history[0]["on_behalf_of"]) == (bot.user_id, ivan.user_id)

    async with running(bot, room, delegations):
        await answer(olga, room, thread, "- Order ink")
        await until(tasks, 4)
    assert len(await questions()) == 1
    said = [each["body"] for each in await messages(olga, room, thread=thread)]
    keys = [first["key"], second["key"], third["key"]]
    assert f"{keys[0]} Call the bank\n{keys[1]} Sign" in said
    assert said.count(f"{keys[2]} Order paper") == 1


async def test_a_bot_does_not_exceed_its_person(colleagues: Company) -> None:
    olga, ivan, eve = [await colleagues.person(name) for name in ("olga", "ivan", "eve")]
    room = await olga.create_room(ivan)
    bot = await invited_bot(olga, room, "view", "create", "transition")
    (await bot.matrix("POST", f"join/{quote(room)}", {})).must()
    task = await olga.task(room_id=room)
    path = f"tasks/{task['id']}"
    token = (await ivan.post("me/delegations", {"bot": bot.user_id})).ok

    async def change(who: Person, delegated: str | None, **body: Any) -> tuple[int, str]:
        headers = {} if delegated is None else {"Delegated-Token": delegated}
        return (await who.call("PATCH", path, body, headers=headers)).refusal

    forbidden = (403, "forbidden")
    assert await change(ivan, None, title="His") == forbidden
    assert await change(bot, token["token"], title="His") == forbidden
    assert await change(bot, token["token"], status="done") == forbidden, "Ivan may not either"
    assert await change(bot, None, title="The bot's") == forbidden, "it was not granted"
    assert await change(bot, None, assigned_to=ivan.user_id) == forbidden

    for_bot = await bot.post("me/delegations", {"bot": bot.user_id})
    assert for_bot.refusal == forbidden, "a bot has nothing to lend"
    other = await invited_bot(olga, room, "view", "create")
    (await other.matrix("POST", f"join/{quote(room)}", {})).must()
    assert await change(other, token["token"], title="His") == forbidden, "it is not its token"
    assert await change(eve, token["token"], title="Hers") == forbidden

    secret = await eve.create_room()
    hers = await eve.task(room_id=secret)
    for who, delegated in ((bot, None), (bot, token["token"])):
        headers = {"Delegated-Token": delegated} if delegated else {}
        body = {"title": "x", "room_id": secret}
        assert (await who.call("POST", "tasks", body, headers=headers)).status in (403, 404)
        answer = await who.call("GET", f"tasks/{hers['id']}", headers=headers)
        assert answer.refusal == (404, "not_found")

    (await ivan.call("DELETE", f"me/delegations/{token['id']}")).must()
    made = {"title": "x", "room_id": room}
    headers = {"Delegated-Token": token["token"], "Idempotency-Key": str(uuid.uuid4())}
    assert (await bot.call("POST", "tasks", made, headers=headers)).refusal == forbidden
    again = (await ivan.post("me/delegations", {"bot": bot.user_id})).ok
    headers = {"Delegated-Token": again["token"]}
    (await bot.call("POST", "tasks", made, headers=headers)).must()
    await colleagues.put_user(ivan.user_id, active=False)
    assert (await bot.call("POST", "tasks", made, headers=headers)).refusal == forbidden


async def test_a_deactivated_bot_does_nothing_more(colleagues: Company) -> None:
    olga = await colleagues.person("olga")
    room = await olga.create_room()
    bot = await invited_bot(olga, room, "view", "create")
    (await bot.matrix("POST", f"join/{quote(room)}", {})).must()
    made = {"title": "x", "room_id": room}
    (await bot.post("tasks", made)).must()
    await colleagues.put_user(bot.user_id, active=False)
    await asyncio.sleep(2.1)
    assert (await bot.post("tasks", made)).status in (401, 403)
