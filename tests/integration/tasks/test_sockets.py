"""The socket: who may open it, what it tells to whom, and when it closes."""

from __future__ import annotations

import asyncio
import time
import uuid
from urllib.parse import quote

import aiohttp
import pytest
from socketio.exceptions import ConnectionError as Refused

from appservice_tasks import shapes
from tests.harness.company_server import Company, Heard, Person, on_sqlite


async def _refusal(company: Company, token: str | None) -> str:
    heard = Heard()
    with pytest.raises(Refused):
        await heard.open(company.server.url, token)
    await heard.close()
    return str(heard.refusal)


@on_sqlite
async def test_a_socket_without_a_good_token_does_not_open(colleagues: Company) -> None:
    olga = await colleagues.person("olga")
    head, payload, signature = olga.token.split(".")
    assert await _refusal(colleagues, None) == "token_missing"
    assert await _refusal(colleagues, "") == "token_missing"
    assert await _refusal(colleagues, "nonsense") == "token_invalid"
    assert await _refusal(colleagues, f"{head}.{payload}.{signature[::-1]}") == "token_invalid"
    assert await _refusal(colleagues, f"{head}.{payload[:-3]}AAA.{signature}") == "token_invalid"
    assert await _refusal(colleagues, colleagues.server.as_token) == "token_invalid"
    (await olga.post("auth/logout", None)).must()
    assert await _refusal(colleagues, olga.token) == "token_revoked"


@pytest.mark.parametrize("path", ["socket.io", "ws"])
async def test_what_is_said_reaches_every_member(colleagues: Company, path: str) -> None:
    olga, ivan = await colleagues.person("olga"), await colleagues.person("ivan")
    room = await olga.create_room(ivan, tasks=False)
    async with olga.socket(path) as hers, ivan.socket(path) as his:
        ack = await hers.ask("send_message", {"room_id": room, "body": "Привет"})
        assert ack["ok"] is True
        for heard in (hers, his):
            message = await heard.until("new_message")
            assert shapes.check(message, "Message") == []
            assert message["event_id"] == ack["event_id"]
            assert (message["room_id"], message["sender"]) == (room, olga.user_id)
            assert (message["type"], message["body"]) == ("m.text", "Привет")
        await ivan.say(room, "By the other way")
        assert (await hers.until("new_message", 2))["body"] == "By the other way"


@on_sqlite
async def test_one_transaction_id_sends_one_message(colleagues: Company) -> None:
    olga = await colleagues.person("olga")
    room = await olga.create_room(tasks=False)
    async with olga.socket() as heard:
        said = {"room_id": room, "body": "Once", "txn_id": "1"}
        first, again = await heard.ask("send_message", said), await heard.ask("send_message", said)
        assert first == again
        await heard.ask("send_message", {"room_id": room, "body": "Last"})
        await heard.until("new_message", 2)
        assert [each["body"] for each in heard.told("new_message")] == ["Once", "Last"]


async def test_only_members_hear_and_write(colleagues: Company) -> None:
    olga, eve = await colleagues.person("olga"), await colleagues.person("eve")
    room = await olga.create_room(eve, tasks=False)
    async with eve.socket() as hers:
        await olga.say(room, "For both")
        await hers.until("new_message")
        (await eve.matrix("POST", f"rooms/{quote(room)}/leave", {})).must()
        ack = await hers.ask("send_message", {"room_id": room, "body": "Still here?"})
        assert (ack["ok"], ack["code"]) == (False, "not_found")
        await olga.say(room, "Not for Eve")
        own = await eve.create_room(tasks=False)
        await eve.say(own, "To myself")
        assert (await hers.until("new_message", 2))["body"] == "To myself"


async def test_who_joins_later_hears_from_then_on(colleagues: Company) -> None:
    olga, ivan = await colleagues.person("olga"), await colleagues.person("ivan")
    async with ivan.socket() as his:
        room = await olga.create_room(tasks=False)
        await olga.say(room, "Before")
        (await olga.matrix("POST", f"rooms/{quote(room)}/invite", {"user_id": ivan.user_id})).must()
        (await ivan.matrix("POST", f"rooms/{quote(room)}/join", {})).must()
        await olga.say(room, "After")
        assert (await his.until("new_message"))["body"] == "After"


@on_sqlite
async def test_a_subscription_narrows(colleagues: Company) -> None:
    olga = await colleagues.person("olga")
    loud, quiet = await olga.create_room(tasks=False), await olga.create_room(tasks=False)
    async with olga.socket() as heard:
        assert await heard.ask("subscribe", {"room_ids": [loud]}) == {"ok": True}
        await olga.say(quiet, "Quiet")
        await olga.say(loud, "Loud")
        assert (await heard.until("new_message"))["body"] == "Loud"
        ack = await heard.ask("subscribe", {"room_ids": ["!nowhere"]})
        assert (ack["ok"], ack["code"]) == (False, "not_found")


async def test_tasks_appear_change_and_go(colleagues: Company) -> None:
    olga, ivan, eve = [await colleagues.person(name) for name in ("olga", "ivan", "eve")]
    room = await olga.create_room(ivan)
    async with ivan.socket() as his, eve.socket() as hers:
        task = await olga.task(room_id=room, assigned_to=ivan.user_id)
        created = await his.until("task_created")
        assert shapes.check(created, "SocketTask") == []
        assert (created["rev"], created["task"]["id"]) == (1, task["id"])
        assert created["task"]["can"] == (await ivan.get(f"tasks/{task['id']}")).ok["can"]
        notice = await his.until("notification")
        assert shapes.check(notice, "Notification") == []
        assert (notice["kind"], notice["actor"]) == ("assigned", olga.user_id)
        (await olga.put(f"tasks/{task['id']}", {"title": "Other"})).must()
        updated = await his.until("task_updated")
        assert (updated["rev"], updated["task"]["title"]) == (2, "Other")
        assert updated["seq"] > created["seq"]
        admin = await colleagues.admin()
        (await admin.call("DELETE", f"tasks/{task['id']}")).must()
        gone = await his.until("task_gone")
        assert shapes.check(gone, "SocketGone") == []
        assert gone["task_id"] == task["id"]
        assert hers.events == []


async def test_a_command_on_the_socket_is_decided(colleagues: Company) -> None:
    olga, ivan = await colleagues.person("olga"), await colleagues.person("ivan")
    room = await olga.create_room(ivan)
    async with olga.socket() as hers, ivan.socket() as his:
        command = olga.command({"op": "create", "task": {"title": "By socket"}})
        made = await hers.ask("task_command", {**command, "room_id": room})
        assert (made["ok"], made["state"], made["rev"]) == (True, "accepted", 1)
        assert made["task"]["title"] == "By socket"
        rename = ivan.command(
            {"op": "set", "field": "title", "value": "Mine"}, task_id=made["task_id"], base_rev=1
        )
        refused = await his.ask("task_command", rename)
        assert (refused["ok"], refused["code"]) == (False, "forbidden")
        rejected = await his.until("task_rejected")
        assert shapes.check(rejected, "Outcome") == []
        assert (rejected["cmd_id"], rejected["code"]) == (rename["cmd_id"], "forbidden")
        assert hers.told("task_rejected") == []


async def test_what_was_missed_is_told_again(colleagues: Company) -> None:
    olga = await colleagues.person("olga")
    since = (await olga.get("feed")).ok["next"]
    first, second = await olga.task("First"), await olga.task("Second")
    (await olga.put(f"tasks/{first['id']}", {"title": "Changed"})).must()
    async with olga.socket() as heard:
        ack = await heard.ask("resume", {"since": since})
        assert ack["ok"] is True
        told = {
            each["task"]["id"]: each["task"]["title"]
            for name in ("task_created", "task_updated")
            for each in heard.told(name)
        }
        assert told == {first["id"]: "Changed", second["id"]: "Second"}
        assert await heard.ask("resume", {"since": ack["next"]}) == ack


@on_sqlite
@pytest.mark.parametrize(
    ("event", "data"),
    [
        ("send_message", {}),
        ("send_message", None),
        ("send_message", {"room_id": "x", "body": "y"}),
        ("send_message", {"room_id": "!x", "body": "y", "extra": 1}),
        ("task_command", {"ops": []}),
        ("subscribe", {"room_ids": "all"}),
        ("resume", {"since": -1}),
        ("nonsense", {}),
        ("connect", {}),
    ],
)
async def test_what_does_not_fit_is_refused(colleagues: Company, event: str, data: object) -> None:
    olga = await colleagues.person("olga")
    async with olga.socket() as heard:
        ack = await heard.ask(event, data)
        assert (ack["ok"], ack["code"]) == (False, "invalid")
        assert (await heard.ask("subscribe", {"room_ids": []}))["ok"] is True


@on_sqlite
async def test_a_revoked_token_closes_its_socket_within_two_seconds(colleagues: Company) -> None:
    olga = await colleagues.person("olga")
    again = await colleagues.login(olga.localpart)
    async with olga.socket() as first, again.socket() as second:
        (await olga.matrix("POST", "logout", {})).must()
        began = time.monotonic()
        await first.until_closed(seconds=10)
        assert time.monotonic() - began < 2.5
        assert second.client.connected


async def test_a_deactivated_person_hears_no_more(colleagues: Company) -> None:
    olga = await colleagues.person("olga")
    async with olga.socket() as heard:
        await colleagues.put_user(olga.user_id, active=False)
        await heard.until_closed(seconds=10)


@on_sqlite
async def test_polling_works_where_websockets_do_not(colleagues: Company) -> None:
    olga = await colleagues.person("olga")
    url = f"{colleagues.server.url}/ws/?EIO=4&transport=polling"
    async with aiohttp.ClientSession() as session:
        async with session.get(url) as opened:
            assert (await opened.text()).startswith("0{")
        async with session.get(url.replace("polling", "carrier-pigeon")) as refused:
            assert refused.status == 400
    heard = Heard(transports=["polling"])
    await heard.open(colleagues.server.url, olga.token)
    try:
        room = await olga.create_room(tasks=False)
        await heard.ask("send_message", {"room_id": room, "body": "Slowly"})
        assert (await heard.until("new_message"))["body"] == "Slowly"
        (await olga.post("auth/logout", None)).must()
        await heard.until_closed(seconds=10)
    finally:
        await heard.close()


@on_sqlite
async def test_many_messages_come_in_order(colleagues: Company) -> None:
    olga, ivan = await colleagues.person("olga"), await colleagues.person("ivan")
    room = await olga.create_room(ivan, tasks=False)
    async with olga.socket() as hers, ivan.socket() as his:
        await asyncio.gather(
            *(
                hers.ask("send_message", {"room_id": room, "body": str(number)})
                for number in range(30)
            )
        )
        await his.until("new_message", 30)
        bodies = [each["body"] for each in his.told("new_message")]
        assert bodies == [str(number) for number in range(30)]


async def _say_by_room_event(person: Person, room: str, command: dict[str, object]) -> None:
    kind = "org.teammessenger.task.command"
    path = f"rooms/{quote(room)}/send/{kind}/{uuid.uuid4()}"
    (await person.matrix("PUT", path, command)).must()


async def test_a_refused_room_event_is_told_to_its_sender(colleagues: Company) -> None:
    olga, ivan = await colleagues.person("olga"), await colleagues.person("ivan")
    room = await olga.create_room(ivan)
    task = await olga.task(room_id=room)
    async with ivan.socket() as his:
        rename = {"op": "set", "field": "title", "value": "Mine"}
        command = ivan.command(rename, task_id=task["id"], base_rev=1)
        await _say_by_room_event(ivan, room, command)
        rejected = await his.until("task_rejected")
        assert (rejected["cmd_id"], rejected["code"]) == (command["cmd_id"], "forbidden")
