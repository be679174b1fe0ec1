"""Feed, commands, messages and quick-add."""

from __future__ import annotations

import asyncio
import time
import uuid
from typing import Any
from urllib.parse import quote

import pytest

from appservice_tasks import shapes
from tests.harness.company_server import Company, on_sqlite


async def test_the_feed_tells_what_changed_behind_a_position(colleagues: Company) -> None:
    olga, ivan = await colleagues.person("olga"), await colleagues.person("ivan")
    room = await olga.create_room(ivan)
    since = (await ivan.get("feed")).ok
    assert since["data"] == []
    first, second = [await olga.task(f"Task {n}", room_id=room) for n in range(2)]
    (await olga.put(f"tasks/{first['id']}", {"title": "Changed"})).must()
    admin = await colleagues.admin()
    (await admin.call("DELETE", f"tasks/{second['id']}")).must()
    news = (await ivan.get("feed", since=since["next"])).ok
    assert shapes.check(news, "Feed") == []
    told = [each for each in news["data"] if each["kind"] in ("task", "gone")]
    assert [each["kind"] for each in told] == ["task", "gone"]
    assert (told[0]["task"]["title"], told[1]["task_id"]) == ("Changed", second["id"])
    assert [each["seq"] for each in news["data"]] == sorted(each["seq"] for each in news["data"])
    assert (await ivan.get("feed", since=news["next"])).ok == {"data": [], "next": news["next"]}
    seen, at = [], since["next"]
    while True:
        page = (await ivan.get("feed", since=at, limit=1)).ok
        seen += [each["seq"] for each in page["data"]]
        if page["next"] == at:
            break
        at = page["next"]
    assert seen == sorted(set(seen))
    assert {each["seq"] for each in told} <= set(seen)


async def test_the_feed_waits_for_news(colleagues: Company) -> None:
    olga = await colleagues.person("olga")
    await olga.task("First")
    since = (await olga.get("feed")).ok["next"]
    began = time.monotonic()
    waiting = asyncio.create_task(olga.get("feed", since=since, wait=20))
    await asyncio.sleep(0.1)
    task = await olga.task("Second")
    news = (await waiting).ok
    assert task["id"] in [each["task"]["id"] for each in news["data"] if each["kind"] == "task"]
    assert time.monotonic() - began < 15
    assert (await olga.get("feed", since=news["next"], wait=1)).ok["data"] == []


async def test_a_room_that_one_enters_and_leaves_is_in_the_feed(colleagues: Company) -> None:
    olga, ivan = await colleagues.person("olga"), await colleagues.person("ivan")
    room = await olga.create_room()
    since = (await ivan.get("feed")).ok["next"]
    invite = {"user_id": ivan.user_id}
    (await olga.matrix("POST", f"rooms/{quote(room)}/invite", invite)).must()
    for verb, kind in (("join", "room_joined"), ("leave", "room_left")):
        (await ivan.matrix("POST", f"rooms/{quote(room)}/{verb}", {})).must()
        told: list[str] = []
        while not told:
            news = (await ivan.get("feed", since=since, wait=5)).ok
            since = news["next"]
            told = [each["kind"] for each in news["data"] if each.get("room_id") == room]
        assert told == [kind]


async def test_commands_have_their_own_outcomes(colleagues: Company) -> None:
    olga, ivan = await colleagues.person("olga"), await colleagues.person("ivan")
    room = await olga.create_room(ivan)
    task = await olga.task(room_id=room)
    create = {**ivan.command({"op": "create", "task": {"title": "One"}}), "room_id": room}
    start = ivan.command({"op": "transition", "to": "done"}, task_id=create["task_id"], base_rev=1)
    rename = ivan.command(
        {"op": "set", "field": "title", "value": "Mine"}, task_id=task["id"], base_rev=1
    )
    after = {
        **ivan.command({"op": "set", "field": "title", "value": "x"}, task_id=create["task_id"]),
        "depends_on": rename["cmd_id"],
        "base_rev": 2,
    }
    unknown = {**start, "cmd_id": str(uuid.uuid4()), "depends_on": str(uuid.uuid4())}
    answer = (await ivan.post("commands", {"commands": [create, start, rename, after, unknown]})).ok
    assert shapes.check(answer, "Outcomes") == []
    states = [each.get("code", each["state"]) for each in answer["results"]]
    assert states == [
        "accepted",
        "accepted",
        "forbidden",
        "dependency_rejected",
        "dependency_missing",
    ]
    assert answer["results"][1]["task"]["status"] == "done"
    again = (await ivan.post("commands", {"commands": [create, start, rename, after, unknown]})).ok
    assert [each.get("code", each["state"]) for each in again["results"]] == states


async def test_an_atomic_batch_is_all_or_nothing(colleagues: Company) -> None:
    olga = await colleagues.person("olga")
    room, other = await olga.create_room(), await olga.create_room()
    good = {**olga.command({"op": "create", "task": {"title": "Good"}}), "room_id": room}
    bad = olga.command({"op": "erase"}, task_id=good["task_id"], base_rev=1)
    answer = await olga.post("commands", {"commands": [good, bad], "atomic": True})
    codes = {each.get("code", each["state"]) for each in answer.ok["results"]}
    assert "accepted" not in codes
    unknown = olga.command({"op": "erase"}, task_id=str(uuid.uuid4()), base_rev=1)
    answer = await olga.post("commands", {"commands": [good, unknown], "atomic": True})
    assert [each["code"] for each in answer.ok["results"]] == ["dependency_rejected", "not_found"]
    assert (await olga.get("tasks", room_id=room)).ok["data"] == []
    pair = [
        {**olga.command({"op": "create", "task": {"title": f"Task {n}"}}), "room_id": each}
        for n, each in enumerate((room, room))
    ]
    done = await olga.post("commands", {"commands": pair, "atomic": True})
    assert {each["state"] for each in done.ok["results"]} == {"accepted"}
    apart = [
        {**olga.command({"op": "create", "task": {"title": "x"}}), "room_id": each}
        for each in (room, other)
    ]
    refused = await olga.post("commands", {"commands": apart, "atomic": True})
    assert {each["code"] for each in refused.ok["results"]} == {"invalid"}


async def test_a_batch_has_a_size(colleagues: Company) -> None:
    olga = await colleagues.person("olga")
    assert (await olga.post("commands", {"commands": []})).refusal == (400, "invalid")
    many = [olga.command({"op": "accept"}) for _ in range(101)]
    assert (await olga.post("commands", {"commands": many})).refusal == (400, "invalid")
    assert (await olga.post("commands", many[0])).refusal == (400, "invalid")


@on_sqlite
async def test_messages_of_a_room_both_ways(colleagues: Company) -> None:
    olga, ivan = await colleagues.person("olga"), await colleagues.person("ivan")
    room = await olga.create_room(ivan, tasks=False)
    sent = [await olga.say(room, f"Message {n}") for n in range(4)]
    reply = (
        await ivan.post("messages", {"room_id": room, "body": "In the thread", "thread": sent[0]})
    ).ok
    assert shapes.check(reply, "Message") == []
    assert reply["thread"] == sent[0]
    page = (await ivan.get("messages", room_id=room, limit=3)).ok
    assert shapes.check(page, "MessagePage") == []
    bodies = [each["body"] for each in page["data"]]
    while page["next_cursor"]:
        query = {"room_id": room, "limit": 3, "cursor": page["next_cursor"]}
        page = (await ivan.get("messages", **query)).ok
        bodies += [each["body"] for each in page["data"]]
    assert bodies == ["In the thread", *(f"Message {n}" for n in reversed(range(4)))]
    forwards = (await ivan.get("messages", room_id=room, dir="f")).ok["data"]
    assert [each["body"] for each in forwards] == bodies[::-1]
    thread = (await olga.get("messages", room_id=room, thread=sent[0])).ok["data"]
    assert [each["body"] for each in thread] == ["In the thread"]


@on_sqlite
async def test_the_newest_messages_of_all_rooms(colleagues: Company) -> None:
    olga = await colleagues.person("olga")
    rooms = [await olga.create_room(tasks=False) for _ in range(3)]
    for number in range(6):
        await olga.say(rooms[number % 3], f"Message {number}")
    page = (await olga.get("messages", limit=4)).ok
    rest = (await olga.get("messages", limit=4, cursor=page["next_cursor"])).ok
    bodies = [each["body"] for each in (*page["data"], *rest["data"])]
    assert sorted(bodies) == [f"Message {number}" for number in range(6)]
    stamps = [each["ts"] for each in (*page["data"], *rest["data"])]
    assert stamps == sorted(stamps, reverse=True)


@on_sqlite
async def test_a_message_is_sent_once_for_its_key(colleagues: Company) -> None:
    olga = await colleagues.person("olga")
    room, key = await olga.create_room(tasks=False), str(uuid.uuid4())
    body = {"room_id": room, "body": "Once", "formatted_body": "<b>Once</b>"}
    first = await olga.post("messages", body, Idempotency_Key=key)
    assert first.status == 201
    assert (await olga.post("messages", body, Idempotency_Key=key)).ok == first.body
    other = await olga.post("messages", {**body, "body": "Twice"}, Idempotency_Key=key)
    assert other.refusal == (422, "idempotency_key_reused")
    assert len((await olga.get("messages", room_id=room)).ok["data"]) == 1
    for wrong in ("1", "x" * 36, key.upper() + "0"):
        answer = await olga.post("messages", body, Idempotency_Key=wrong)
        assert answer.refusal == (400, "invalid")


@on_sqlite
@pytest.mark.parametrize(
    "query",
    [{"thread": "$x"}, {"dir": "f"}, {"dir": "up"}, {"cursor": "x"}, {"room_id": "nowhere"}],
)
async def test_messages_that_cannot_be_asked_for(
    colleagues: Company, query: dict[str, Any]
) -> None:
    olga = await colleagues.person("olga")
    assert (await olga.get("messages", **query)).refusal == (400, "invalid")


@on_sqlite
async def test_an_edited_message_shows_its_newest_text_and_a_redacted_one_is_gone(
    colleagues: Company,
) -> None:
    olga = await colleagues.person("olga")
    room = await olga.create_room(tasks=False)
    edited, gone = await olga.say(room, "Furst"), await olga.say(room, "Wrong")
    content = {
        "msgtype": "m.text",
        "body": "* First",
        "m.new_content": {"msgtype": "m.text", "body": "First"},
        "m.relates_to": {"rel_type": "m.replace", "event_id": edited},
    }
    path = f"rooms/{quote(room)}"
    (await olga.matrix("PUT", f"{path}/send/m.room.message/{uuid.uuid4()}", content)).must()
    (await olga.matrix("PUT", f"{path}/redact/{quote(gone)}/{uuid.uuid4()}", {})).must()
    shown = (await olga.get("messages", room_id=room)).ok["data"]
    assert [(each["event_id"], each["body"]) for each in shown] == [(edited, "First")]


@on_sqlite
async def test_a_line_becomes_a_draft_and_nothing_is_written(colleagues: Company) -> None:
    olga = await colleagues.person("olga")
    ivan = await colleagues.person("ivan", display_name="Иван Петров")
    room = await olga.create_room(ivan)
    line = f"Договор @{ivan.localpart} 31.12.2030 !high #legal"
    draft = (await olga.post("quick-add/parse", {"text": line, "room_id": room, "lang": "ru"})).ok
    assert shapes.check(draft, "QuickAdd") == []
    assert draft["title"] == "Договор"
    assert draft["assigned_to"] == ivan.user_id
    assert draft["due"] == {"date": "2030-12-31"}
    assert (draft["priority"], draft["labels"]) == ("high", ["legal"])
    kinds = {each["kind"]: line[each["start"] : each["end"]] for each in draft["hints"]["tokens"]}
    assert set(kinds) == {"person", "due", "priority", "label"}
    assert (await olga.get("tasks")).ok["data"] == []
    english = (
        await olga.post("quick-add/parse", {"text": "Call tomorrow 15:00 !!!", "tz": "UTC"})
    ).ok
    assert english["title"].startswith("Call")
    assert english["due"]["tz"] == "UTC"
    nobody = (await olga.post("quick-add/parse", {"text": "x @nobody-at-all"})).ok
    assert nobody["hints"]["unknown_people"] == ["nobody-at-all"]
    for body in ({}, {"text": "x" * 1001}, {"text": "x", "tz": "Mars"}, {"text": 1}):
        assert (await olga.post("quick-add/parse", body)).refusal == (400, "invalid")
    empty = (await olga.post("quick-add/parse", {"text": ""})).ok
    assert empty["title"] == ""


async def test_a_room_says_its_rules_and_takes_new_ones(colleagues: Company) -> None:
    olga, ivan = await colleagues.person("olga"), await colleagues.person("ivan")
    room = await olga.create_room(ivan, tasks=False)
    path = f"rooms/{quote(room)}/tasks-config"
    before = (await ivan.get(path)).ok
    assert shapes.check(before, "RoomTasks") == []
    assert (before["enabled"], before["config"]) == (False, None)
    assert (await ivan.put(path, {})).refusal == (403, "forbidden")
    assert (await olga.post("tasks", {"title": "x", "room_id": room})).status in (404, 409)
    change = {
        "prefix": f"R{uuid.uuid4().hex[:6].upper()}",
        "labels": [{"id": "legal", "name": {"en": "Legal", "ru": "Право"}, "color": "#aa0000"}],
        "non_member": "reject",
    }
    ready = (await olga.put(path, change)).ok
    assert shapes.check(ready, "RoomTasks") == []
    assert (ready["enabled"], ready["labels"]) == (True, change["labels"])
    assert ready["config"]["prefix"] == change["prefix"]
    assert (await olga.put(path, {})).ok == ready, "again changes nothing"
    assert (await olga.task(room_id=room))["key"] == f"{change['prefix']}-1"
    (await olga.put(path, {"enabled": False})).must()
    assert (await olga.post("tasks", {"title": "x", "room_id": room})).refusal == (
        409,
        "tasks_disabled",
    )
    for wrong in ({"prefix": "low"}, {"create": "nobody"}, {"authority": olga.user_id}):
        assert (await olga.put(path, wrong)).refusal == (400, "invalid")


@on_sqlite
async def test_an_encrypted_room_cannot_have_tasks(colleagues: Company) -> None:
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


async def test_who_is_not_in_the_room_is_invited_or_refused(colleagues: Company) -> None:
    olga, ivan = await colleagues.person("olga"), await colleagues.person("ivan")
    room = await olga.create_room()
    path = f"rooms/{quote(room)}/tasks-config"
    (await olga.put(path, {"non_member": "reject"})).must()
    body = {"title": "x", "room_id": room, "assigned_to": ivan.user_id}
    assert (await olga.post("tasks", body)).refusal == (409, "assignee_not_member")
    (await olga.put(path, {"non_member": "invite"})).must()
    assert (await olga.post("tasks", body)).ok["assigned_to"] == ivan.user_id
