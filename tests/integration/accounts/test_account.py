"""One's own account: interactive authentication, passwords, devices, leaving."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from homeserver.services.accounts import provision
from tests.harness.whole_server import PASSWORD, Person, WholeServer

UNKNOWN = (401, "M_UNKNOWN_TOKEN")
NEW = "another password"


async def _alive(person: Person) -> bool:
    return (await person.get("account/whoami")).status == 200


# --- interactive authentication ---


async def test_the_question_names_flows_params_and_a_session(server: WholeServer) -> None:
    olga = await server.register("olga")
    answer = await olga.delete("devices/X")
    assert answer.status == 401
    assert answer.body["flows"] == [{"stages": ["m.login.password"]}]
    assert answer.body["params"] == {}
    assert isinstance(answer.body["session"], str)


async def test_a_wrong_password_may_be_corrected_in_the_same_session(server: WholeServer) -> None:
    olga = await server.register("olga")
    laptop = await server.login("olga")
    path = f"devices/{laptop.device_id}"
    session = (await olga.delete(path)).body["session"]
    wrong = await olga.delete(path, {"auth": olga.proof("wrong wrong") | {"session": session}})
    assert wrong.refusal == (401, "M_FORBIDDEN")
    assert wrong.body["session"] == session
    assert wrong.body["flows"]
    assert "params" in wrong.body
    assert await _alive(laptop)
    right = await olga.delete(path, {"auth": olga.proof() | {"session": session}})
    assert right.ok == {}
    assert not await _alive(laptop)


async def test_somebody_elses_password_proves_nothing(server: WholeServer) -> None:
    olga, ivan = await server.register("olga"), await server.register("ivan")
    answer = await olga.delete(f"devices/{olga.device_id}", {"auth": ivan.proof()})
    assert answer.refusal == (403, "M_FORBIDDEN")
    assert await _alive(olga)


async def test_a_session_is_good_for_its_operation_only(server: WholeServer) -> None:
    olga = await server.register("olga")
    session = (await olga.delete("devices/ONE")).body["session"]
    auth = olga.proof() | {"session": session}
    assert (await olga.delete("devices/TWO", {"auth": auth})).refusal == (403, "M_FORBIDDEN")
    deactivate = await olga.post("account/deactivate", {"auth": auth})
    assert deactivate.refusal == (403, "M_FORBIDDEN")
    assert await _alive(olga)


async def test_a_request_may_not_change_while_it_is_authenticated(server: WholeServer) -> None:
    olga = await server.register("olga")
    laptop = await server.login("olga")
    asked = {"devices": ["NONE"]}
    session = (await olga.post("delete_devices", asked)).body["session"]
    other = {"devices": [laptop.device_id], "auth": olga.proof() | {"session": session}}
    assert (await olga.post("delete_devices", other)).refusal == (403, "M_FORBIDDEN")
    assert await _alive(laptop)
    same = asked | {"auth": olga.proof() | {"session": session}}
    assert (await olga.post("delete_devices", same)).ok == {}


async def test_a_session_that_is_unknown_spent_or_old_is_refused(server: WholeServer) -> None:
    olga = await server.register("olga")
    for session in ("made up", "\0", 5):
        answer = await olga.delete("devices/X", {"auth": olga.proof() | {"session": session}})
        assert answer.refusal == (400, "M_INVALID_PARAM")
    old = (await olga.delete("devices/X")).body["session"]
    server.clock.forward(301)
    answer = await olga.delete("devices/X", {"auth": olga.proof() | {"session": old}})
    assert answer.refusal == (400, "M_INVALID_PARAM")
    fresh = (await olga.delete("devices/X")).body["session"]
    proof = {"auth": olga.proof() | {"session": fresh}}
    assert (await olga.delete("devices/X", proof)).status == 200
    again = await olga.delete("devices/X", {"auth": {"session": fresh}})
    assert again.refusal == (400, "M_INVALID_PARAM"), "used up by its success"


@pytest.mark.parametrize(
    ("auth", "status"),
    [
        ("text", 400),
        ({}, 401),
        ({"type": "m.login.dummy"}, 401),
        ({"type": "m.login.magic"}, 401),
        ({"type": ["m.login.password"]}, 401),
        ({"type": "m.login.password"}, 400),
        ({"type": "m.login.password", "password": 5}, 400),
        ({"type": "m.login.password", "identifier": "olga", "password": PASSWORD}, 400),
    ],
)
async def test_what_proves_nothing_changes_nothing(
    server: WholeServer, auth: Any, status: int
) -> None:
    olga = await server.register("olga")
    answer = await olga.delete(f"devices/{olga.device_id}", {"auth": auth})
    assert answer.status == status
    assert await _alive(olga)


async def test_the_owner_is_meant_when_nobody_is_named(server: WholeServer) -> None:
    olga = await server.register("olga")
    laptop = await server.login("olga")
    auth = {"type": "m.login.password", "password": PASSWORD}
    assert (await olga.delete(f"devices/{laptop.device_id}", {"auth": auth})).ok == {}
    assert not await _alive(laptop)


async def test_what_a_session_remembers_holds_no_password(server: WholeServer) -> None:
    from homeserver.storage.database import Sql

    olga = await server.register("olga")
    await olga.post("account/password", {"new_password": "very secret words"})
    async with server.engine.database.read() as conn:
        rows = await conn.fetch(Sql("SELECT request, completed FROM uia_session"))
    assert rows
    assert all(b"secret" not in bytes(row[0]) for row in rows)


# --- passwords ---


async def test_a_new_password_replaces_the_old_and_ends_other_sessions(
    server: WholeServer,
) -> None:
    olga = await server.register("olga")
    laptop = await server.login("olga", refresh_token=True)
    body = {"new_password": NEW, "auth": olga.proof()}
    assert (await olga.post("account/password", body)).ok == {}
    assert await _alive(olga)
    assert not await _alive(laptop)
    refresh = {"refresh_token": laptop.session["refresh_token"]}
    assert (await server.call("POST", "refresh", refresh)).refusal == UNKNOWN
    assert (await server.try_login("olga")).refusal == (403, "M_FORBIDDEN")
    assert (await server.try_login("olga", NEW)).status == 200


async def test_other_sessions_may_be_kept(server: WholeServer) -> None:
    olga = await server.register("olga")
    laptop = await server.login("olga")
    body = {"new_password": NEW, "auth": olga.proof(), "logout_devices": False}
    assert (await olga.post("account/password", body)).ok == {}
    assert await _alive(laptop)


@pytest.mark.parametrize(
    ("password", "errcode"),
    [
        ("short", "M_WEAK_PASSWORD"),
        ("x" * 73, "M_INVALID_PARAM"),
        (5, "M_BAD_JSON"),
        (None, "M_BAD_JSON"),
    ],
)
async def test_a_bad_new_password_is_refused_before_anything_is_asked(
    server: WholeServer, password: object, errcode: str
) -> None:
    olga = await server.register("olga")
    body = {"new_password": password}
    assert (await olga.post("account/password", body)).refusal == (400, errcode)
    assert (await server.try_login("olga")).status == 200


async def test_a_temporary_password_must_be_changed_first(server: WholeServer) -> None:
    await server.register("olga")
    temporary = await provision.reset_password(server.config, "@olga:a.example")
    answer = await server.try_login("olga", temporary)
    assert answer.ok["org.teammessenger.must_change_password"] is True
    olga = Person(server, answer.ok)
    required = (403, "ORG.TEAMMESSENGER.PASSWORD_CHANGE_REQUIRED")
    for method, path in (("GET", "devices"), ("GET", "sync"), ("GET", "capabilities")):
        assert (await olga.call(method, path)).refusal == required
    assert await _alive(olga), "whoami is allowed"
    same = {"new_password": temporary, "auth": olga.proof(temporary)}
    assert (await olga.post("account/password", same)).refusal == (400, "M_WEAK_PASSWORD")
    body = {"new_password": NEW, "auth": olga.proof(temporary)}
    assert (await olga.post("account/password", body)).ok == {}
    assert (await olga.get("devices")).status == 200
    later = (await server.try_login("olga", NEW)).ok
    assert "org.teammessenger.must_change_password" not in later


async def test_somebody_with_a_temporary_password_may_sign_out(server: WholeServer) -> None:
    await server.register("olga")
    temporary = await provision.reset_password(server.config, "olga")
    olga = await server.login("olga", temporary)
    assert (await olga.post("logout")).ok == {}


# --- devices ---


async def test_devices_are_listed_named_and_removed(server: WholeServer) -> None:
    olga = await server.register("olga", initial_device_display_name="Phone")
    laptop = await server.login("olga")
    path = f"devices/{laptop.device_id}"
    assert (await olga.put(path, {"display_name": "Laptop"})).ok == {}
    assert (await olga.put(path, {})).ok == {}, "nothing given, nothing changed"
    listed = {
        each["device_id"]: each.get("display_name")
        for each in (await olga.get("devices")).ok["devices"]
    }
    assert listed == {olga.device_id: "Phone", laptop.device_id: "Laptop"}
    body = {"devices": [laptop.device_id, "UNKNOWN"], "auth": olga.proof()}
    assert (await olga.post("delete_devices", body)).ok == {}
    assert (await olga.get(path)).refusal == (404, "M_NOT_FOUND")
    assert not await _alive(laptop)


async def test_devices_of_others_are_out_of_reach(server: WholeServer) -> None:
    olga, ivan = await server.register("olga"), await server.register("ivan")
    path = f"devices/{ivan.device_id}"
    assert (await olga.get(path)).refusal == (404, "M_NOT_FOUND")
    assert (await olga.put(path, {"display_name": "mine"})).refusal == (404, "M_NOT_FOUND")
    assert (await olga.delete(path, {"auth": olga.proof()})).ok == {}
    assert await _alive(ivan)


async def test_bad_names_and_ids_of_devices_are_refused(server: WholeServer) -> None:
    olga = await server.register("olga")
    path = f"devices/{olga.device_id}"
    assert (await olga.put(path, {"display_name": "x" * 101})).status == 400
    assert (await olga.put(path, {"display_name": "a\0b"})).status == 400
    assert (await olga.put(path, {"display_name": 5})).refusal == (400, "M_BAD_JSON")
    assert (await olga.get("devices/a%00b")).refusal == (400, "M_INVALID_PARAM")
    assert (await olga.post("delete_devices", {"devices": "X"})).status == 400
    assert (await olga.post("delete_devices", {})).refusal == (400, "M_MISSING_PARAM")


async def test_the_last_call_of_a_device_is_noted(server: WholeServer) -> None:
    olga = await server.register("olga")
    server.clock.forward(500)
    elsewhere = {"X-Forwarded-For": "203.0.113.9"}
    await server.request("GET", "account/whoami", token=olga.token, headers=elsewhere)
    await server.accounts.last_seen.write()
    device = (await olga.get(f"devices/{olga.device_id}")).ok
    assert (device["last_seen_ts"], device["last_seen_ip"]) == (server.clock.ms, "203.0.113.9")


# --- leaving ---


async def test_a_closed_account_is_closed_for_good(server: WholeServer) -> None:
    olga = await server.register("olga")
    laptop = await server.login("olga", refresh_token=True)
    assert (await olga.post("account/deactivate")).body["flows"]
    wrong = await olga.post("account/deactivate", {"auth": olga.proof("wrong wrong")})
    assert wrong.refusal == (401, "M_FORBIDDEN")
    answer = await olga.post("account/deactivate", {"auth": olga.proof()})
    assert answer.ok == {"id_server_unbind_result": "success"}
    for session in (olga, laptop):
        assert (await session.get("account/whoami")).refusal == UNKNOWN
    refresh = {"refresh_token": laptop.session["refresh_token"]}
    assert (await server.call("POST", "refresh", refresh)).refusal == UNKNOWN
    assert (await server.try_login("olga")).refusal == (403, "M_FORBIDDEN")
    taken = await server.call("GET", "register/available", username="olga")
    assert taken.refusal == (400, "M_USER_IN_USE")


async def test_who_leaves_for_good_leaves_their_rooms(server: WholeServer) -> None:
    olga, ivan = await server.register("olga"), await server.register("ivan")
    room = (await olga.post("createRoom", {"preset": "public_chat"})).ok["room_id"]
    await ivan.post(f"join/{room}")
    await ivan.post("account/deactivate", {"auth": ivan.proof()})
    members = (await olga.get(f"rooms/{room}/joined_members")).ok["joined"]
    assert list(members) == [olga.user_id]


async def test_erasing_removes_profile_and_account_data(server: WholeServer) -> None:
    olga = await server.register("olga")
    await olga.put(f"profile/{olga.user_id}/displayname", {"displayname": "Olga"})
    await olga.put(f"user/{olga.user_id}/account_data/x.y", {"a": 1})
    body = {"auth": olga.proof(), "erase": True}
    assert (await olga.post("account/deactivate", body)).status == 200
    assert (await server.call("GET", f"profile/{olga.user_id}")).ok == {}
    from homeserver.storage.database import Sql

    async with server.engine.database.read() as conn:
        assert await conn.fetch_value(Sql("SELECT COUNT(*) FROM account_data")) == 0


async def test_the_last_administrator_cannot_leave(server: WholeServer) -> None:
    admin = await server.admin()
    answer = await admin.post("account/deactivate", {"auth": admin.proof()})
    assert answer.refusal == (400, "M_INVALID_PARAM")
    assert await _alive(admin)


async def test_there_are_no_third_party_ids(server: WholeServer) -> None:
    olga = await server.register("olga")
    assert (await olga.get("account/3pid")).ok == {"threepids": []}
    assert (await olga.post("account/3pid/add")).refusal == (403, "M_THREEPID_DENIED")


async def test_many_requests_at_once_with_a_fresh_pair_all_pass(server: WholeServer) -> None:
    olga = await server.register("olga", refresh_token=True)
    body = {"refresh_token": olga.session["refresh_token"]}
    token = (await server.call("POST", "refresh", body)).ok["access_token"]
    answers = await asyncio.gather(
        *(server.call("GET", "account/whoami", token=token) for _ in range(10))
    )
    assert {each.status for each in answers} == {200}
