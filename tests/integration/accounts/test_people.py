"""The People page: administrators add, invite, promote and deactivate; links are opened once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.harness.client_api import Answer
from tests.harness.whole_server import PASSWORD, Person, WholeServer

USERS = "/_teammessenger/admin/v1/users"
WELCOME = "/_teammessenger/client/v1/welcome"
WEEK = 7 * 24 * 3600


async def _add(admin: Person, localpart: str, **extra: Any) -> dict[str, Any]:
    added: dict[str, Any] = (await admin.post(USERS, {"localpart": localpart} | extra)).ok
    return added


async def _open(server: WholeServer, token: str, password: str = PASSWORD, **more: Any) -> Answer:
    return await server.call("POST", f"{WELCOME}/{token}", {"password": password} | more)


async def test_a_new_colleague_comes_in_by_a_link(server: WholeServer) -> None:
    admin = await server.admin()
    added = await _add(admin, "Olga", display_name="Ольга Петрова")
    assert added["user_id"] == "@olga:a.example"
    assert added["expires_ts"] == server.clock.ms + WEEK * 1000
    token = added["welcome_token"]
    assert (await server.call("GET", f"{WELCOME}/{token}")).ok == {
        "user_id": "@olga:a.example",
        "display_name": "Ольга Петрова",
        "server_name": "a.example",
    }
    session = (await _open(server, token, device_id="PHONE", refresh_token=True)).ok
    assert session["user_id"] == "@olga:a.example"
    assert session["device_id"] == "PHONE"
    assert session["expires_in_ms"] == 900_000
    olga = Person(server, session)
    assert (await olga.get("capabilities")).status == 200, "nothing is left to be changed"
    assert (await server.try_login("olga")).status == 200


async def test_a_link_works_once(server: WholeServer) -> None:
    token = (await _add(await server.admin(), "olga"))["welcome_token"]
    answers = await asyncio.gather(*(_open(server, token) for _ in range(4)))
    assert sorted(each.status for each in answers) == [200, 404, 404, 404]
    assert (await server.call("GET", f"{WELCOME}/{token}")).refusal == (404, "M_NOT_FOUND")
    assert (await _open(server, token)).refusal == (404, "M_NOT_FOUND")


async def test_a_bad_password_does_not_use_the_link_up(server: WholeServer) -> None:
    token = (await _add(await server.admin(), "olga"))["welcome_token"]
    assert (await _open(server, token, "short")).refusal == (400, "M_WEAK_PASSWORD")
    assert (await _open(server, token, "x" * 73)).refusal == (400, "M_INVALID_PARAM")
    missing = await server.call("POST", f"{WELCOME}/{token}", {})
    assert missing.refusal == (400, "M_MISSING_PARAM")
    assert (await _open(server, token)).status == 200


async def test_a_link_lives_for_a_week(server: WholeServer) -> None:
    token = (await _add(await server.admin(), "olga"))["welcome_token"]
    server.clock.forward(WEEK + 1)
    assert (await server.call("GET", f"{WELCOME}/{token}")).refusal == (404, "M_NOT_FOUND")
    assert (await _open(server, token)).refusal == (404, "M_NOT_FOUND")


async def test_unknown_links_and_tokens_of_other_kinds_open_nothing(server: WholeServer) -> None:
    olga = await server.register("olga")
    made = await olga.post("/_matrix/client/v1/login/get_token", {"auth": olga.proof()})
    for token in ("nonsense", "%00", made.ok["login_token"], olga.token):
        assert (await server.call("GET", f"{WELCOME}/{token}")).refusal == (404, "M_NOT_FOUND")
        assert (await _open(server, token)).refusal == (404, "M_NOT_FOUND")
    link = (await _add(await server.admin(), "ivan"))["welcome_token"]
    login = await server.call("POST", "login", {"type": "m.login.token", "token": link})
    assert login.refusal == (403, "M_FORBIDDEN")


async def test_a_new_link_replaces_password_sessions_and_older_links(
    server: WholeServer,
) -> None:
    admin = await server.admin()
    first = (await _add(admin, "olga"))["welcome_token"]
    olga = Person(server, (await _open(server, first)).ok)
    path = f"{USERS}/{olga.user_id}/welcome"
    second = (await admin.post(path)).ok["welcome_token"]
    third = (await admin.post(path)).ok["welcome_token"]
    assert (await olga.get("account/whoami")).refusal == (401, "M_UNKNOWN_TOKEN")
    assert (await server.try_login("olga")).refusal == (403, "M_FORBIDDEN")
    assert (await _open(server, second)).refusal == (404, "M_NOT_FOUND")
    person = (await admin.get(f"{USERS}/{olga.user_id}")).ok
    assert (person["has_password"], person["must_change_password"]) == (False, True)
    assert (await _open(server, third, "chosen anew")).status == 200
    assert (await server.try_login("olga", "chosen anew")).status == 200
    person = (await admin.get(f"{USERS}/{olga.user_id}")).ok
    assert (person["has_password"], person["must_change_password"]) == (True, False)


async def test_changing_the_password_makes_links_void(server: WholeServer) -> None:
    admin = await server.admin()
    first = (await _add(admin, "olga"))["welcome_token"]
    olga = Person(server, (await _open(server, first)).ok)
    body = {"new_password": "another password", "auth": olga.proof()}
    await olga.post("account/password", body)
    assert (await _open(server, first)).status == 404


async def test_people_are_listed_searched_and_paged(server: WholeServer) -> None:
    admin = await server.admin()
    for name, shown in (("olga", "Ольга Петрова"), ("ivan", "Иван"), ("per%cent_1", None)):
        answer = await admin.post(USERS, {"localpart": name, "display_name": shown})
        assert answer.status == (400 if "%" in name else 200)
    everyone = (await admin.get(USERS)).ok
    assert everyone["total"] == 3
    assert [each["user_id"] for each in everyone["users"]] == [
        "@admin:a.example",
        "@ivan:a.example",
        "@olga:a.example",
    ]
    assert "next_batch" not in everyone
    olga = everyone["users"][2]
    assert olga == {
        "user_id": "@olga:a.example",
        "display_name": "Ольга Петрова",
        "avatar_url": None,
        "admin": False,
        "active": True,
        "has_password": False,
        "must_change_password": False,
        "created_ts": server.clock.ms,
        "last_seen_ts": None,
    }
    for term in ("ПЕТРОВА", "ольга", "OLG", "@olga:a"):
        found = (await admin.get(USERS, search=term)).ok
        assert ([each["user_id"] for each in found["users"]], found["total"]) == (
            ["@olga:a.example"],
            1,
        )
    for term in ("%", "_", "\\", "zzz"):
        assert (await admin.get(USERS, search=term)).ok["total"] == 0
    seen: list[str] = []
    page: dict[str, Any] = {"next_batch": ""}
    while "next_batch" in page:
        page = (await admin.get(USERS, limit=1, **{"from": page["next_batch"]})).ok
        seen += [each["user_id"] for each in page["users"]]
    assert seen == [each["user_id"] for each in everyone["users"]]


@pytest.mark.parametrize("query", [{"limit": "x"}, {"limit": 0}, {"search": "a\0"}, {"from": "\0"}])
async def test_bad_queries_are_refused(server: WholeServer, query: dict[str, Any]) -> None:
    admin = await server.admin()
    assert (await admin.get(USERS, **query)).refusal == (400, "M_INVALID_PARAM")


@pytest.mark.parametrize(
    ("body", "errcode"),
    [
        ({}, "M_MISSING_PARAM"),
        ({"localpart": "a b"}, "M_INVALID_USERNAME"),
        ({"localpart": ""}, "M_INVALID_USERNAME"),
        ({"localpart": "admin"}, "M_USER_IN_USE"),
        ({"localpart": 5}, "M_BAD_JSON"),
        ({"localpart": "olga", "admin": "yes"}, "M_BAD_JSON"),
        ({"localpart": "olga", "display_name": "x" * 300}, "M_INVALID_PARAM"),
        ({"localpart": "olga", "display_name": "a\0b"}, "M_BAD_JSON"),
    ],
)
async def test_people_who_cannot_be_added(
    server: WholeServer, body: dict[str, Any], errcode: str
) -> None:
    admin = await server.admin()
    assert (await admin.post(USERS, body)).refusal == (400, errcode)
    assert (await admin.get(USERS)).ok["total"] == 1


async def test_only_administrators_get_in(server: WholeServer) -> None:
    await server.admin()
    olga = await server.register("olga")
    user = f"{USERS}/@admin:a.example"
    for method, path in (
        ("GET", USERS),
        ("POST", USERS),
        ("GET", user),
        ("PATCH", user),
        ("POST", f"{user}/welcome"),
    ):
        assert (await olga.call(method, path, {})).refusal == (403, "M_FORBIDDEN")
        assert (await server.call(method, path, {})).refusal == (401, "M_MISSING_TOKEN")


async def test_rights_take_effect_at_once(server: WholeServer) -> None:
    admin = await server.admin()
    olga = await server.register("olga")
    path = f"{USERS}/{olga.user_id}"
    assert (await olga.get(USERS)).status == 403
    assert (await admin.call("PATCH", path, {"admin": True})).ok["admin"] is True
    assert (await olga.get(USERS)).status == 200
    capabilities = (await olga.get("capabilities")).ok["capabilities"]
    assert capabilities["org.teammessenger.account"] == {"admin": True}
    assert (await admin.call("PATCH", path, {"admin": False})).ok["admin"] is False
    assert (await olga.get(USERS)).status == 403


async def test_who_is_deactivated_is_out_until_activated(server: WholeServer) -> None:
    admin = await server.admin()
    olga = await server.register("olga", refresh_token=True)
    link = (await _add(admin, "ivan"))["welcome_token"]
    path = f"{USERS}/{olga.user_id}"
    assert (await admin.call("PATCH", path, {"active": False})).ok["active"] is False
    assert (await olga.get("account/whoami")).refusal == (401, "M_UNKNOWN_TOKEN")
    body = {"refresh_token": olga.session["refresh_token"]}
    assert (await server.call("POST", "refresh", body)).refusal == (401, "M_UNKNOWN_TOKEN")
    assert (await server.try_login("olga")).refusal == (403, "M_USER_DEACTIVATED")
    assert (await server.try_login("olga", "wrong wrong")).refusal == (403, "M_FORBIDDEN")
    refused = await admin.post(f"{path}/welcome")
    assert refused.refusal == (400, "M_INVALID_PARAM")
    await admin.call("PATCH", f"{USERS}/@ivan:a.example", {"active": False})
    assert (await _open(server, link)).refusal == (404, "M_NOT_FOUND")
    assert (await admin.call("PATCH", path, {"active": True})).ok["active"] is True
    assert (await server.try_login("olga")).status == 200


async def test_a_name_given_by_the_administrator_follows_into_rooms(server: WholeServer) -> None:
    admin = await server.admin()
    olga = await server.register("olga")
    room = (await olga.post("createRoom", {})).ok["room_id"]
    body = {"display_name": "Olga P."}
    answer = await admin.call("PATCH", f"{USERS}/{olga.user_id}", body)
    assert answer.ok["display_name"] == "Olga P."
    members = (await olga.get(f"rooms/{room}/joined_members")).ok["joined"]
    assert members[olga.user_id]["display_name"] == "Olga P."
    nothing = await admin.call("PATCH", f"{USERS}/{olga.user_id}", {"display_name": ""})
    assert nothing.ok["display_name"] is None


@pytest.mark.parametrize("change", [{"admin": False}, {"active": False}])
async def test_the_last_administrator_stays(server: WholeServer, change: dict[str, Any]) -> None:
    admin = await server.admin()
    path = f"{USERS}/{admin.user_id}"
    assert (await admin.call("PATCH", path, change)).refusal == (400, "M_INVALID_PARAM")
    assert (await admin.get(USERS)).status == 200
    both = await admin.call("PATCH", path, {"admin": False, "active": False})
    assert both.refusal == (400, "M_INVALID_PARAM")
    olga = await server.register("olga")
    await admin.call("PATCH", f"{USERS}/{olga.user_id}", {"admin": True})
    assert (await admin.call("PATCH", path, change)).status == 200
    assert (await olga.get(USERS)).status == 200


async def test_two_administrators_cannot_remove_each_other_at_once(server: WholeServer) -> None:
    admin = await server.admin()
    olga = await server.register("olga")
    await admin.call("PATCH", f"{USERS}/{olga.user_id}", {"admin": True})
    answers = await asyncio.gather(
        admin.call("PATCH", f"{USERS}/{olga.user_id}", {"active": False}),
        olga.call("PATCH", f"{USERS}/{admin.user_id}", {"active": False}),
    )
    left = [each for each in (admin, olga) if (await each.get("account/whoami")).status == 200]
    assert len(left) == 1, [each.body for each in answers]
    assert (await left[0].get(USERS)).status == 200


async def test_unknown_people_are_not_found(server: WholeServer) -> None:
    admin = await server.admin()
    for path in (f"{USERS}/@nobody:a.example", f"{USERS}/@olga:b.example"):
        assert (await admin.get(path)).refusal == (404, "M_NOT_FOUND")
        assert (await admin.call("PATCH", path, {})).refusal == (404, "M_NOT_FOUND")
        assert (await admin.post(f"{path}/welcome")).refusal == (404, "M_NOT_FOUND")
    assert (await admin.get(f"{USERS}/olga")).refusal == (400, "M_INVALID_PARAM")


async def test_an_administrator_makes_no_link_for_themself(server: WholeServer) -> None:
    admin = await server.admin()
    answer = await admin.post(f"{USERS}/{admin.user_id}/welcome")
    assert answer.refusal == (400, "M_INVALID_PARAM")
    assert (await admin.get("account/whoami")).status == 200


async def test_a_program_makes_an_account_with_a_password(server: WholeServer) -> None:
    admin = await server.admin()
    wanted = {"password": PASSWORD, "display_name": "Ольга"}
    made = await admin.put(f"{USERS}/@olga:a.example", wanted)
    assert (made.status, made.body["display_name"]) == (201, "Ольга")
    assert (await server.login("olga")).user_id == "@olga:a.example"


async def test_putting_a_person_again_changes_nothing(server: WholeServer) -> None:
    admin = await server.admin()
    wanted = {"password": PASSWORD, "display_name": "Ольга", "admin": True, "active": True}
    await admin.put(f"{USERS}/@olga:a.example", wanted)
    olga = await server.login("olga")
    assert (await admin.put(f"{USERS}/@olga:a.example", wanted)).ok["admin"] is True
    assert (await olga.get("account/whoami")).status == 200, "the session has not ended"


async def test_another_password_ends_the_sessions(server: WholeServer) -> None:
    admin = await server.admin()
    olga = await server.register("olga")
    await admin.put(f"{USERS}/{olga.user_id}", {"password": "another horse"})
    assert (await olga.get("account/whoami")).status == 401
    assert (await server.try_login("olga", "another horse")).status == 200


async def test_a_put_refuses_what_cannot_be(server: WholeServer) -> None:
    admin, olga = await server.admin(), await server.register("olga")
    other = await admin.put(f"{USERS}/@olga:b.example", {})
    assert other.refusal == (400, "M_INVALID_PARAM")
    weak = await admin.put(f"{USERS}/@ivan:a.example", {"password": "short"})
    assert weak.refusal == (400, "M_WEAK_PASSWORD")
    last = await admin.put(f"{USERS}/{admin.user_id}", {"admin": False})
    assert last.refusal == (400, "M_INVALID_PARAM")
    assert (await olga.put(f"{USERS}/@ivan:a.example", {})).refusal == (403, "M_FORBIDDEN")


async def test_a_token_says_what_its_account_is(server: WholeServer) -> None:
    admin, olga = await server.admin(), await server.register("olga")
    for person, is_admin in ((admin, True), (olga, False)):
        said = (await person.get("account/whoami")).ok["org.teammessenger.account"]
        assert said == {"admin": is_admin, "must_change_password": False}
