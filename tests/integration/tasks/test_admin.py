"""People, lines of report, bots and the index, for administrators."""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import quote

import pytest

from appservice_tasks import shapes
from tests.harness.company_server import AUTHORITY, PASSWORD, SERVER_NAME, Company, on_sqlite


def _new(stem: str) -> str:
    return f"@{stem}-{secrets.token_hex(4)}:{SERVER_NAME}"


def _path(user_id: str, more: str = "") -> str:
    return f"admin/users/{quote(user_id)}{more}"


async def test_an_account_is_made_and_changed_by_putting_it(colleagues: Company) -> None:
    admin, user_id = await colleagues.admin(), _new("olga")
    wanted: dict[str, Any] = {"password": PASSWORD, "display_name": "Olga", "role": "manager"}
    made = await admin.put(_path(user_id), wanted)
    assert made.status == 201
    assert shapes.check(made.body, "UserPutAnswer") == []
    assert (made.body["role"], made.body["display_name"]) == ("manager", "Olga")
    again = await admin.put(_path(user_id), wanted)
    assert (again.status, again.body) == (200, made.body), "it may be repeated"
    olga = await colleagues.login(user_id)
    changed = await admin.put(_path(user_id), {"email": "Olga@Mail.Example"})
    assert (changed.ok["email"], changed.ok["role"]) == ("olga@mail.example", "manager")
    assert (await admin.get(_path(user_id))).ok == changed.ok
    (await olga.get("tasks")).must()
    await colleagues.put_user(user_id, email=None)


async def test_two_people_have_not_one_address(colleagues: Company) -> None:
    admin = await colleagues.admin()
    olga, ivan = await colleagues.person("olga"), await colleagues.person("ivan")
    address = f"{olga.localpart}@mail.example"
    (await admin.put(_path(olga.user_id), {"email": address})).must()
    taken = await admin.put(_path(ivan.user_id), {"email": address.upper()})
    assert taken.refusal == (409, "conflict")


@on_sqlite
@pytest.mark.parametrize(
    ("user_id", "body"),
    [
        ("@olga:elsewhere.example", {}),
        (AUTHORITY, {"password": PASSWORD}),
        ("@olga", {}),
        ("olga", {}),
        ("@:corp.example", {}),
        ("@Ol ga:corp.example", {"password": PASSWORD}),
        ("new", {"role": "king"}),
        ("new", {"email": "nobody"}),
        ("new", {"email": "a@b\u0011"}),
        ("new", {"unit": "nowhere"}),
        ("new", {"reports_to": "@boss:elsewhere.example"}),
        ("new", {"reports_to": "new"}),
        ("new", {"password": ""}),
        ("new", {"password": "x" * 73}),
        ("new", {"admin": True}),
    ],
)
async def test_what_cannot_be_is_refused_before_an_account_is_made(
    colleagues: Company, user_id: str, body: dict[str, Any]
) -> None:
    admin, new = await colleagues.admin(), _new("new")
    target = new if user_id == "new" else user_id
    wanted = {name: new if value == "new" else value for name, value in body.items()}
    assert (await admin.put(_path(target), wanted)).refusal == (400, "invalid")
    assert (await admin.get(_path(new))).refusal == (404, "not_found")


async def test_people_are_listed_page_by_page(colleagues: Company) -> None:
    admin, stem = await colleagues.admin(), f"many{secrets.token_hex(3)}"
    made = [(await colleagues.person(stem)).user_id for _ in range(5)]
    page = (await admin.get("admin/users", q=stem, limit=2)).ok
    assert shapes.check(page, "UserPage") == []
    found = [each["user_id"] for each in page["data"]]
    while page["next_cursor"]:
        query = {"q": stem, "limit": 2, "cursor": page["next_cursor"]}
        page = (await admin.get("admin/users", **query)).ok
        found += [each["user_id"] for each in page["data"]]
    assert found == sorted(made)
    everybody = (await admin.get("admin/users", limit=200)).ok["data"]
    assert AUTHORITY not in [each["user_id"] for each in everybody]
    assert (await admin.get("admin/users", cursor="x y")).status in (200, 400)


async def test_who_leaves_returns_their_tasks(colleagues: Company) -> None:
    olga, ivan = await colleagues.person("olga"), await colleagues.person("ivan")
    room = await olga.create_room(ivan)
    task = await olga.task(room_id=room, assigned_to=ivan.user_id)
    gone = await colleagues.put_user(ivan.user_id, active=False)
    assert gone["active"] is False
    back = (await olga.get(f"tasks/{task['id']}")).ok
    assert back["assigned_to"] in (None, olga.user_id)
    kinds = [each["kind"] for each in (await olga.get("notifications")).ok["data"]]
    assert "returned" in kinds
    refused = await olga.put(f"tasks/{task['id']}", {"assigned_to": ivan.user_id})
    assert refused.refusal == (403, "assignee_not_allowed")
    await colleagues.put_user(ivan.user_id, active=True, password=PASSWORD)
    (await (await colleagues.login(ivan.user_id)).get("tasks")).must()


async def test_a_bot_is_given_its_token_once(colleagues: Company) -> None:
    admin, user_id = await colleagues.admin(), f"@bot_standup-{secrets.token_hex(3)}:{SERVER_NAME}"
    made = await admin.put(_path(user_id), {"role": "bot", "display_name": "Stand-up"})
    assert made.status == 201
    assert made.body["role"] == "bot"
    assert made.body["access_token"]
    again = (await admin.put(_path(user_id), {"role": "bot"})).ok
    assert "access_token" not in again
    other = _new("helper")
    named_otherwise = (await admin.put(_path(other), {"role": "bot"})).ok
    assert named_otherwise["access_token"]


async def test_grants_are_of_bots(colleagues: Company) -> None:
    admin, olga, bot = (
        await colleagues.admin(),
        await colleagues.person("olga"),
        await colleagues.bot("helper"),
    )
    room = await olga.create_room(bot)
    grants = {"grants": [{"room_id": room, "operations": ["create", "view"]}]}
    path = _path(bot.user_id, "/grants")
    assert (await admin.get(path)).ok == {"grants": []}
    assert (await admin.put(path, grants)).ok == grants
    assert (await admin.get(path)).ok == grants
    assert shapes.check(grants, "Grants") == []
    twice = {"grants": grants["grants"] * 2}
    assert (await admin.put(path, twice)).refusal == (400, "invalid")
    no_operation = {"grants": [{"room_id": room, "operations": ["erase"]}]}
    assert (await admin.put(path, no_operation)).refusal == (400, "invalid")
    assert (await admin.put(_path(olga.user_id, "/grants"), grants)).refusal == (404, "not_found")
    assert (await admin.put(path, {"grants": []})).ok == {"grants": []}
    assert (await bot.get("tasks", room_id=room)).ok["data"] == []


async def test_the_organisation_is_replaced_whole(colleagues: Company) -> None:
    admin = await colleagues.admin()
    boss, olga = await colleagues.person("boss"), await colleagues.person("olga")
    head = {"id": "all", "name": "Everybody", "parent": None, "head": boss.user_id}
    sales = {"id": "sales", "name": "Продажи", "parent": "all", "head": None}
    place = {"user_id": olga.user_id, "unit": "sales", "reports_to": boss.user_id}
    wanted = {"units": [head, sales], "people": [place]}
    try:
        put = (await admin.put("admin/org", wanted)).ok
        assert shapes.check(put, "Organisation") == []
        assert put == wanted
        assert (await admin.get("admin/org")).ok == wanted
        record = (await admin.get(_path(olga.user_id))).ok
        assert (record["unit"], record["reports_to"]) == ("sales", boss.user_id)
        moved = await colleagues.put_user(olga.user_id, reports_to=None)
        assert moved["reports_to"] is None
        circle = await admin.put(_path(boss.user_id), {"reports_to": boss.user_id})
        assert circle.refusal == (400, "invalid")
    finally:
        (await admin.put("admin/org", {"units": [], "people": []})).must()
    assert (await admin.get("admin/org")).ok == {"units": [], "people": []}
    assert (await admin.get(_path(olga.user_id))).ok["unit"] is None


@on_sqlite
@pytest.mark.parametrize(
    ("units", "people", "pointer"),
    [
        ([("a", None), ("a", None)], [], "/units/1"),
        ([("a", "b")], [], "/units/0/parent"),
        ([("a", "b"), ("b", "a")], [], "/units/0/parent"),
        ([], [("olga", "nowhere", None)], "/people/0/unit"),
        ([], [("olga", None, "ivan"), ("ivan", None, "olga")], "/people/0/reports_to"),
        ([], [("olga", None, None), ("olga", None, None)], "/people/1"),
        ([], [("olga", None, "olga")], "/people/0/reports_to"),
    ],
)
async def test_an_organisation_is_a_forest(
    colleagues: Company,
    units: list[tuple[str, str | None]],
    people: list[tuple[str, str | None, str | None]],
    pointer: str,
) -> None:
    admin = await colleagues.admin()

    def whole(name: str | None) -> str | None:
        return None if name is None else f"@{name}:{SERVER_NAME}"

    wanted = {
        "units": [{"id": own, "name": own, "parent": parent} for own, parent in units],
        "people": [
            {"user_id": whole(who), "unit": unit, "reports_to": whole(boss)}
            for who, unit, boss in people
        ],
    }
    refused = await admin.put("admin/org", wanted)
    assert refused.refusal == (400, "invalid")
    assert pointer in [each["pointer"] for each in refused.body["errors"]]


async def test_the_index_is_compared_and_folded_anew(colleagues: Company) -> None:
    admin, olga = await colleagues.admin(), await colleagues.person("olga")
    room = await olga.create_room()
    task = await olga.task("Kept", room_id=room)
    (await olga.put(f"tasks/{task['id']}", {"title": "Kept well"})).must()
    before = (await olga.get(f"tasks/{task['id']}")).ok
    history = (await olga.get(f"tasks/{task['id']}/history")).ok
    for action in ("verify", "rebuild", "verify"):
        report = (await admin.post("admin/index", {"action": action, "room_id": room})).ok
        assert shapes.check(report, "IndexReport") == []
        assert report == {"equal": True, "differences": []}
    assert (await olga.get(f"tasks/{task['id']}")).ok == before
    assert (await olga.get(f"tasks/{task['id']}/history")).ok == history
    nowhere = await admin.post("admin/index", {"action": "verify", "room_id": "!nowhere"})
    assert nowhere.refusal == (404, "not_found")
    assert (await admin.post("admin/index", {"action": "drop"})).refusal == (400, "invalid")
