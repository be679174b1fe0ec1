"""People whose clients know no tasks: they see a card of each task, and act by `!task`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from tests.harness.company_server import AUTHORITY, Company, Person

SECONDS = 60.0
CARD = "org.teammessenger.card"
Event = dict[str, Any]


async def log(person: Person, room: str) -> list[Event]:
    """The newest events of a room, oldest first, as any Matrix client reads them."""
    path = f"rooms/{quote(room)}/messages"
    events: list[Event] = (await person.matrix("GET", path, dir="b", limit=200)).ok["chunk"]
    return events[::-1]


async def until(
    person: Person, room: str, found: Callable[[list[Event]], list[Any]], count: int = 1
) -> list[Any]:
    """What is found in a room's log, once it is so much."""
    async with asyncio.timeout(SECONDS):
        while True:
            got = found(await log(person, room))
            if len(got) >= count:
                return got
            await asyncio.sleep(0.05)


def said(events: list[Event]) -> list[Event]:
    """The authority's messages."""
    return [
        event
        for event in events
        if event["type"] == "m.room.message" and event["sender"] == AUTHORITY
    ]


def cards(events: list[Event]) -> list[Event]:
    return [event for event in said(events) if CARD in event["content"]]


def answers(to: str) -> Callable[[list[Event]], list[str]]:
    """The answers at a message."""

    def found(events: list[Event]) -> list[str]:
        return [
            event["content"]["body"]
            for event in said(events)
            if event["content"].get("m.relates_to", {}).get("m.in_reply_to") == {"event_id": to}
        ]

    return found


async def ask(person: Person, room: str, body: str) -> str:
    """What the service answers to a message."""
    event_id = await person.say(room, body)
    (answer,) = await until(person, room, answers(event_id))
    return str(answer)


async def carded(person: Person, *others: Person) -> str:
    """A room with cards."""
    room = await person.create_room(*others)
    path = f"rooms/{quote(room)}/tasks-config"
    config = (await person.put(path, {"compat": "card"})).ok["config"]
    assert config["compat"] == "card"
    return room


async def test_a_card_says_what_the_task_is_and_is_edited_with_it(colleagues: Company) -> None:
    olga, ivan = await colleagues.person("olga"), await colleagues.person("ivan")
    room = await carded(olga, ivan)
    task = await olga.task(
        "Sign the contract", room_id=room, assigned_to=ivan.user_id, due={"date": "2030-01-31"}
    )
    (card,) = await until(ivan, room, cards)
    line = f"☑ {task['key']} Sign the contract → Ivan, due 31.01.2030"
    assert card["content"]["msgtype"] == "m.notice"
    assert card["content"]["body"] == f"{line} — Open"
    (await ivan.put(f"tasks/{task['id']}", {"status": "in_progress"})).must()
    (await ivan.put(f"tasks/{task['id']}", {"status": "done"})).must()

    def shown(events: list[Event]) -> list[str]:
        """What a client shows that folds edits."""
        edits = [
            event["content"]["m.new_content"]["body"]
            for event in cards(events)
            if event["content"].get("m.relates_to", {}).get("event_id") == card["event_id"]
        ]
        return [body for body in edits if body == f"{line} — Done"]

    await until(ivan, room, shown)
    originals = [
        each for each in cards(await log(ivan, room)) if "m.relates_to" not in each["content"]
    ]
    assert [each["event_id"] for each in originals] == [card["event_id"]]
    path = f"rooms/{quote(room)}/event/{quote(card['event_id'])}"
    bundled = (await ivan.matrix("GET", path)).ok["unsigned"]["m.relations"]["m.replace"]
    assert bundled["content"]["m.new_content"]["body"] == f"{line} — Done"


async def test_rooms_have_no_cards_unless_they_want_them(colleagues: Company) -> None:
    olga = await colleagues.person("olga")
    room = await olga.create_room()
    task = await olga.task(room_id=room)
    assert task["key"] in await ask(olga, room, "!task list")
    assert cards(await log(olga, room)) == []


async def test_an_erased_task_takes_its_card_and_commands_along(colleagues: Company) -> None:
    olga = await colleagues.person("olga")
    room = await carded(olga)
    path = f"rooms/{quote(room)}/tasks-config"
    (await olga.put(path, {"task_admins": [olga.user_id]})).must()
    line = await ask(olga, room, "!task The secret")
    key = line.split()[0]
    await until(olga, room, cards)
    assert (await olga.call("DELETE", f"tasks/{key}")).status == 204

    def clean(events: list[Event]) -> list[bool]:
        return [] if any("secret" in str(event["content"]) for event in events) else [True]

    await until(olga, room, clean)


async def test_a_message_opens_a_task(colleagues: Company) -> None:
    olga, ivan = await colleagues.person("olga"), await colleagues.person("ivan")
    room = await olga.create_room(ivan)
    line = await ask(
        olga, room, f"!task Sign the contract @{ivan.localpart} 31.01.2030 !high #legal"
    )
    (task,) = (await olga.get("tasks", room_id=room)).ok["data"]
    assert line == f"{task['key']} Sign the contract → Ivan, due 31.01.2030 — Open"
    assert (task["title"], task["assigned_to"], task["priority"], task["labels"]) == (
        "Sign the contract",
        ivan.user_id,
        "high",
        ["legal"],
    )
    assert (task["due"], task["creator"]) == ({"date": "2030-01-31"}, olga.user_id)
    history = (await olga.get(f"tasks/{task['id']}/history")).ok["data"]
    assert history[0]["cause"]["via"] == "matrix"


async def test_a_task_lives_by_commands_in_english(colleagues: Company) -> None:
    olga, ivan = await colleagues.person("olga"), await colleagues.person("ivan")
    room = await olga.create_room(ivan)
    key = (await ask(olga, room, "!task Write the report")).split()[0]
    assert "!task start|done" in await ask(olga, room, "!task help")
    assert await ask(olga, room, "!task list") == f"{key} Write the report — Open"
    assert await ask(olga, room, f"!task assign {key} @{ivan.localpart}") == (
        f"{key} Write the report → Ivan — Open"
    )
    assert (await ask(ivan, room, f"!task start {key}")).endswith("— In progress")
    assert (await ask(olga, room, f"!task due {key.lower()} 31.01.2030")).endswith(
        "due 31.01.2030 — In progress"
    )
    assert (await ask(ivan, room, f"!task done {key}")).endswith("— Done")
    assert await ask(ivan, room, "!task list") == "There are no open tasks here."
    assert (await ask(ivan, room, f"!task reopen {key}")).endswith("— Open")
    assert (await ask(olga, room, f"!task cancel {key}")).endswith("— Cancelled")
    assert (await ask(ivan, room, f"!task show {key}")).endswith("— Cancelled")


async def test_a_task_lives_by_commands_in_russian(colleagues: Company) -> None:
    olga, ivan = await colleagues.person("olga"), await colleagues.person("ivan")
    room = await olga.create_room(ivan)
    line = await ask(olga, room, f"!задача Написать отчёт @{ivan.localpart} 31.01.2030")
    key = line.split()[0]
    assert line == f"{key} Написать отчёт → Ivan, срок 31.01.2030 — Открыта"
    assert "!задача начать|готово" in await ask(olga, room, "!задача помощь")
    assert (await ask(ivan, room, f"!задача начать {key}")).endswith("— В работе")
    assert (await ask(ivan, room, f"!задача готово {key}")).endswith("— Готово")
    assert await ask(ivan, room, "!задача список") == "Открытых задач здесь нет."
    assert (await ask(ivan, room, f"!задача открыть {key}")).endswith("— Открыта")
    assert (await ask(olga, room, f"!задача срок {key} 1.02.2030")).endswith(
        "срок 01.02.2030 — Открыта"
    )
    assert (await ask(olga, room, f"!задача отменить {key}")).endswith("— Отменена")
    assert (await ask(olga, room, f"!задача покажи {key}")).startswith(f"{key} Написать отчёт")


async def test_a_request_is_answered_by_command(colleagues: Company) -> None:
    olga, ivan = await colleagues.person("olga"), await colleagues.person("ivan")
    room = await olga.create_room(ivan)
    for command, state, assignee in (
        ("accept {}", "active", ivan.user_id),
        ("decline {} no time", "declined", None),
    ):
        task = await olga.task(room_id=room, assigned_to=ivan.user_id, request=True)
        await ask(ivan, room, "!task " + command.format(task["key"]))
        now = (await olga.get(f"tasks/{task['id']}")).ok
        assert (now["assignment"]["state"], now["assigned_to"]) == (state, assignee)
    assert now["assignment"]["reason"] == "no time"


@pytest.mark.parametrize(
    ("command", "english", "russian"),
    [
        ("done OPS-999", "There is no task OPS-999 here.", "Задачи OPS-999 здесь нет."),
        ("assign {key} @nemo", "I do not know who “@nemo” is.", "Не знаю, кто это: «@nemo»."),
        ("due {key} blah", "I do not understand this date.", "Не понимаю эту дату."),
        (
            "cancel {key}",
            "That was not done: you may not do that.",
            "Не получилось: у вас нет на это права.",
        ),
    ],
    ids=["unknown task", "unknown person", "no date", "forbidden"],
)
async def test_what_cannot_be_done_is_explained(
    colleagues: Company, command: str, english: str, russian: str
) -> None:
    olga, ivan = await colleagues.person("olga"), await colleagues.person("ivan")
    room = await olga.create_room(ivan)
    task = await olga.task(room_id=room)
    asked = command.format(key=task["key"])
    assert await ask(ivan, room, f"!task {asked}") == english
    assert await ask(ivan, room, f"!задача {asked}") == russian
    (await ivan.put("me/settings", {"lang": "ru"})).must()
    assert await ask(ivan, room, f"!task {asked}") == russian
    assert (await olga.get(f"tasks/{task['id']}")).ok["rev"] == 1


async def test_a_way_that_the_workflow_lacks_is_explained(colleagues: Company) -> None:
    olga = await colleagues.person("olga")
    room = await olga.create_room()
    key = (await ask(olga, room, "!task Write")).split()[0]
    await ask(olga, room, f"!task done {key}")
    assert await ask(olga, room, f"!task cancel {key}") == (
        "That was not done: it cannot go there from its present status."
    )


async def test_a_room_without_tasks_says_so(colleagues: Company) -> None:
    olga = await colleagues.person("olga")
    room = await olga.create_room()
    (await olga.put(f"rooms/{quote(room)}/tasks-config", {"enabled": False})).must()
    assert await ask(olga, room, "!task Write") == (
        "That was not done: tasks are not set up in this room."
    )


async def test_only_messages_of_people_are_commands(colleagues: Company) -> None:
    olga = await colleagues.person("olga")
    room = await olga.create_room()
    path = f"rooms/{quote(room)}/send/m.room.message/quiet"
    notice = {"msgtype": "m.notice", "body": "!task of a bot"}
    (await olga.matrix("PUT", path, notice)).must()
    first = await olga.say(room, "!task Only this")
    await until(olga, room, answers(first))
    edit = {
        "msgtype": "m.text",
        "body": "* !task Only that",
        "m.new_content": {"msgtype": "m.text", "body": "!task Only that"},
        "m.relates_to": {"rel_type": "m.replace", "event_id": first},
    }
    (await olga.matrix("PUT", path + "2", edit)).must()
    await ask(olga, room, "!task list")
    assert [each["title"] for each in (await olga.get("tasks", room_id=room)).ok["data"]] == [
        "Only this"
    ]
