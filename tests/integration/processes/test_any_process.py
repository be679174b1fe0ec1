"""Any process serves any request: what one has answered holds at all of them."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Awaitable
from typing import Any

import pytest

from homeserver.storage.postgresql import PostgresDatabase
from tests.harness.client_api import Answer
from tests.harness.whole_server import PASSWORD, SECRET, Person, WholeServer

Json = dict[str, Any]


def at(server: WholeServer, person: Person) -> Person:
    """The same session, by way of another process."""
    return Person(server, person.session)


async def done(asked: Awaitable[Answer]) -> None:
    """Waits for what must succeed."""
    assert (await asked).ok is not None


async def new_room(person: Person, **options: Any) -> str:
    made = (await person.post("createRoom", {"preset": "public_chat", **options})).ok
    return str(made["room_id"])


def send_path(room_id: str, txn: str) -> str:
    return f"rooms/{room_id}/send/m.room.message/{txn}"


def text(body: str) -> Json:
    return {"msgtype": "m.text", "body": body}


async def bodies(person: Person, room_id: str) -> list[str]:
    """Every message of a room, oldest first."""
    chunk = (await person.get(f"rooms/{room_id}/messages", dir="f", limit=1000)).ok["chunk"]
    return [e["content"]["body"] for e in chunk if e["type"] == "m.room.message"]


async def test_one_reads_ones_own_writes_at_any_process(servers: list[WholeServer]) -> None:
    first, *others = servers
    olga = await first.register("olga")
    room_id = await new_room(olga)
    for number, server in enumerate(others):
        here = at(server, olga)
        name = {"displayname": f"Olga {number}"}
        await done(here.put(f"profile/{olga.user_id}/displayname", name))
        await done(here.put(f"rooms/{room_id}/state/m.room.topic/", {"topic": f"{number}"}))
        await done(here.put(send_path(room_id, f"{number}"), text(f"{number}")))
        await done(here.put(f"user/{olga.user_id}/account_data/kept", {"n": number}))
        for each in servers:
            there = at(each, olga)
            profile = (await there.get(f"profile/{olga.user_id}")).ok
            assert profile["displayname"] == f"Olga {number}"
            topic = (await there.get(f"rooms/{room_id}/state/m.room.topic/")).ok
            assert topic == {"topic": f"{number}"}
            assert (await bodies(there, room_id))[-1] == f"{number}"
            kept = (await there.get(f"user/{olga.user_id}/account_data/kept")).ok
            assert kept == {"n": number}
            joined = (await there.get("sync")).ok["rooms"]["join"][room_id]
            assert joined["timeline"]["events"][-1]["content"]["body"] == f"{number}"


async def test_who_joins_at_one_process_may_send_at_another_at_once(
    servers: list[WholeServer],
) -> None:
    first, second, third = servers
    olga, ivan = await first.register("olga"), await second.register("ivan")
    room_id = await new_room(olga)
    await done(at(third, olga).put(send_path(room_id, "a"), text("it is in memory everywhere")))
    for server in servers:
        assert (await at(server, ivan).put(send_path(room_id, "no"), text("no"))).status == 403
    await done(ivan.post(f"join/{room_id}"))
    for number, server in enumerate(servers):
        await done(at(server, ivan).put(send_path(room_id, f"{number}"), text("yes")))
    await done(olga.post(f"rooms/{room_id}/kick", {"user_id": ivan.user_id}))
    for server in servers:
        assert (await at(server, ivan).put(send_path(room_id, "x"), text("no"))).status == 403


async def test_a_session_that_has_ended_is_dead_everywhere(servers: list[WholeServer]) -> None:
    first, second, third = servers
    for end in ("logout", "logout/all"):
        person = await first.register(f"p{end[-1]}")
        for server in servers:
            await done(at(server, person).get("account/whoami"))
        await done(at(second, person).post(end))
        for server in servers:
            assert (await at(server, person).get("account/whoami")).status == 401
            assert (await at(server, person).get("sync")).status == 401
    person = await first.register("leaver")
    phone = await third.login("leaver")
    await done(at(third, person).get("account/whoami"))
    change = {"new_password": "another horse", "auth": person.proof()}
    await done(at(second, person).post("account/password", change))
    assert (await at(first, phone).get("account/whoami")).status == 401
    gone = {"auth": person.proof("another horse")}
    await done(at(third, person).post("account/deactivate", gone))
    for server in servers:
        assert (await at(server, person).get("account/whoami")).status == 401
        assert (await server.try_login("leaver", "another horse")).status == 403


async def test_who_is_no_administrator_any_more_is_none_anywhere(
    servers: list[WholeServer],
) -> None:
    first, second, third = servers
    admin = await first.admin()
    olga = await second.register("olga")
    path = f"/_teammessenger/admin/v1/users/{olga.user_id}"
    await done(at(third, admin).call("PATCH", path, {"admin": True}))
    for server in servers:
        await done(at(server, olga).call("GET", "/_teammessenger/admin/v1/users"))
    await done(at(first, admin).call("PATCH", path, {"admin": False}))
    for server in servers:
        answer = await at(server, olga).call("GET", "/_teammessenger/admin/v1/users")
        assert answer.status == 403


async def test_a_transaction_is_one_event_whichever_process_repeats_it(
    servers: list[WholeServer],
) -> None:
    olga = await servers[0].register("olga")
    room_id = await new_room(olga)
    for server in servers:  # each of them knows the device to send what is new
        await done(at(server, olga).put(send_path(room_id, f"w{id(server)}"), text("warm")))
    for number in range(10):
        answers = await asyncio.gather(
            *(
                at(server, olga).put(send_path(room_id, f"t{number}"), text(f"{number}"))
                for server in servers
            )
        )
        assert len({answer.ok["event_id"] for answer in answers}) == 1
    found = [body for body in await bodies(olga, room_id) if body != "warm"]
    assert found == [f"{number}" for number in range(10)]


async def test_what_signs_in_once_does_so_once(servers: list[WholeServer]) -> None:
    first = servers[0]
    olga = await first.register("olga")
    made = await olga.call("POST", "/_matrix/client/v1/login/get_token", {"auth": olga.proof()})
    login = {"type": "m.login.token", "token": made.ok["login_token"]}
    answers = await asyncio.gather(*(s.call("POST", "login", login) for s in servers))
    assert sorted(answer.status for answer in answers) == [200, 403, 403]
    admin = await first.admin()
    users = "/_teammessenger/admin/v1/users"
    link = (await admin.call("POST", users, {"localpart": "new"})).ok["welcome_token"]
    welcome = f"/_teammessenger/client/v1/welcome/{link}"
    answers = await asyncio.gather(
        *(s.call("POST", welcome, {"password": PASSWORD}) for s in servers)
    )
    assert sorted(answer.status for answer in answers) == [200, 404, 404]


async def test_a_refresh_token_used_twice_ends_its_session_everywhere(
    servers: list[WholeServer],
) -> None:
    first, second, third = servers
    olga = await first.register("olga", refresh_token=True)
    old = {"refresh_token": olga.session["refresh_token"]}
    new = Person(second, olga.session | (await second.call("POST", "refresh", old)).ok)
    await done(at(third, new).get("account/whoami"))  # the new pair is in use
    assert (await first.call("POST", "refresh", old)).status == 401
    for server in servers:
        assert (await at(server, new).get("account/whoami")).status == 401


async def test_a_poll_parked_at_one_process_hears_of_another(servers: list[WholeServer]) -> None:
    first, second, third = servers
    olga, ivan = await first.register("olga"), await second.register("ivan")
    room_id = await new_room(olga)
    await done(ivan.post(f"join/{room_id}"))
    there = at(third, ivan)
    since = (await there.get("sync", set_presence="offline")).ok["next_batch"]
    asked = there.get("sync", since=since, timeout=20_000, set_presence="offline")
    poll = asyncio.create_task(asked)
    await asyncio.sleep(0.05)
    await done(olga.put(send_path(room_id, "1"), text("hello")))
    async with asyncio.timeout(5):
        answer = (await poll).ok
    (event,) = answer["rooms"]["join"][room_id]["timeline"]["events"]
    assert event["content"]["body"] == "hello"
    poll = asyncio.create_task(there.get("sync", since=answer["next_batch"], timeout=20_000))
    await asyncio.sleep(0.05)
    await done(at(second, olga).put(f"rooms/{room_id}/typing/{olga.user_id}", {"typing": True}))
    async with asyncio.timeout(5):
        answer = (await poll).ok
    (typing,) = answer["rooms"]["join"][room_id]["ephemeral"]["events"]
    assert typing["content"] == {"user_ids": [olga.user_id]}


async def test_what_two_processes_change_at_once_is_both_there(
    servers: list[WholeServer],
) -> None:
    olga = await servers[0].register("olga")
    room_id = await new_room(olga)
    tags = f"user/{olga.user_id}/rooms/{room_id}/tags"
    rule = {"actions": ["notify"]}
    await asyncio.gather(
        *(at(s, olga).put(f"{tags}/u.{n}", {}) for n, s in enumerate(servers)),
        *(
            at(s, olga).put(f"pushrules/global/sender/@s{n}:a.example", rule)
            for n, s in enumerate(servers)
        ),
    )
    assert set((await olga.get(tags)).ok["tags"]) == {f"u.{n}" for n in range(3)}
    rules = (await olga.get("pushrules/")).ok["global"]["sender"]
    assert {each["rule_id"] for each in rules} == {f"@s{n}:a.example" for n in range(3)}


async def test_without_notifications_the_log_is_read_all_the_same(
    servers: list[WholeServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, _ = servers
    for server in servers:
        database = server.engine.database
        assert isinstance(database, PostgresDatabase)
        await database._listener.close()
    olga = await first.register("olga")
    room_id = await new_room(olga)
    there = at(second, olga)
    since = (await there.get("sync", set_presence="offline")).ok["next_batch"]
    asked = there.get("sync", since=since, timeout=20_000, set_presence="offline")
    poll = asyncio.create_task(asked)
    await asyncio.sleep(0.05)
    await done(olga.put(send_path(room_id, "1"), text("hello")))
    async with asyncio.timeout(5):
        answer = (await poll).ok
    assert room_id in answer["rooms"]["join"]


async def test_a_script_registers_at_one_process_with_the_number_of_another(
    servers: list[WholeServer],
) -> None:
    path = "/_synapse/admin/v1/register"
    nonce = (await servers[0].call("GET", path)).ok["nonce"]
    said = f"{nonce}\0olga\0{PASSWORD}\0notadmin".encode()
    body = {
        "nonce": nonce,
        "username": "olga",
        "password": PASSWORD,
        "admin": False,
        "mac": hmac.new(SECRET.encode(), said, "sha1").hexdigest(),
    }
    answers = await asyncio.gather(*(server.call("POST", path, body) for server in servers))
    assert sorted(answer.status for answer in answers) == [200, 400, 400]


async def test_a_log_that_cannot_be_read_for_a_moment_is_followed_again(
    servers: list[WholeServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, _ = servers
    olga = await first.register("olga")
    there = at(second, olga)
    await done(there.get("account/whoami"))

    async def fail(*_: object, **__: object) -> None:
        raise ConnectionRefusedError

    with monkeypatch.context() as patch:
        patch.setattr(second.engine.feed._stored, "after", fail)
        assert (await there.get("account/whoami")).status == 503
    await done(there.get("account/whoami"))
