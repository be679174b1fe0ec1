"""What somebody tries who has no business with a task, a room, a session or a calendar."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import time
import uuid
from typing import Any
from urllib.parse import quote

import aiohttp
import jwt
import pytest
from socketio.exceptions import ConnectionError as Refused

from homeserver.ids import DeviceId, UserId
from homeserver.protocol.signing import SigningKey
from homeserver.services.accounts.token_signer import Claims, TokenSigner
from tests.harness.company_server import SERVER_NAME, Company, Heard, Person, on_sqlite

NOT_FOUND = (404, "not_found")


async def test_a_stranger_finds_no_task_by_any_way(colleagues: Company) -> None:
    olga, eve = await colleagues.person("olga"), await colleagues.person("eve")
    room = await olga.create_room()
    task = await olga.task("Zanzibar", room_id=room, labels=["legal"])
    hers = await eve.create_room()
    for name in (task["id"], task["key"], task["key"].lower()):
        path = f"tasks/{name}"
        for answer in (
            await eve.get(path),
            await eve.get(f"{path}/history"),
            await eve.get(f"{path}/comments"),
            await eve.post(f"{path}/comments", {"body": "Hello"}),
            await eve.put(path, {"title": "Mine"}),
            await eve.call("PATCH", path, {"status": "done"}),
            await eve.call("DELETE", path),
        ):
            assert answer.refusal == NOT_FOUND
    for query in (
        {},
        {"room_id": room},
        {"room_id": [hers, room]},
        {"creator": olga.user_id},
        {"assigner": olga.user_id},
        {"involves": olga.user_id},
        {"label": "legal"},
        {"q": "Zanzibar"},
        {"q": task["key"]},
        {"parent": task["id"]},
        {"kind": "team"},
        {"space_id": room},
    ):
        assert (await eve.get("tasks", **query)).ok == {"data": [], "next_cursor": None}, query
    feed = (await eve.get("feed", since=0)).ok["data"]
    assert task["id"] not in json.dumps(feed)
    for ops in ([{"op": "erase"}], [{"op": "set", "field": "title", "value": "x"}]):
        outcome = await eve.do_one(task, *ops)
        assert (outcome["state"], outcome["code"]) == ("rejected", "not_found")
        assert "task" not in outcome


async def test_a_stranger_reads_and_writes_in_no_room(colleagues: Company) -> None:
    olga, eve = await colleagues.person("olga"), await colleagues.person("eve")
    room = await olga.create_room()
    await olga.say(room, "The secret")
    config = f"rooms/{quote(room)}/tasks-config"
    for answer in (
        await eve.get("messages", room_id=room),
        await eve.post("messages", {"room_id": room, "body": "Hello"}),
        await eve.get(config),
        await eve.put(config, {}),
        await eve.post("tasks", {"title": "x", "room_id": room}),
        await eve.post("me/ics", {"scope": "room", "room_id": room}),
        await eve.post("quick-add/parse", {"text": "x @olga", "room_id": room}),
    ):
        assert answer.refusal == NOT_FOUND
    assert (await eve.get("messages")).ok["data"] == []


async def test_what_is_not_there_looks_like_what_is_not_for_one(colleagues: Company) -> None:
    olga, eve = await colleagues.person("olga"), await colleagues.person("eve")
    secret = await olga.task(room_id=await olga.create_room())
    mine = await eve.task(room_id=await eve.create_room())
    nothing = str(uuid.uuid4())
    for field in ("parent", "blocked_by", "links"):
        answers = []
        for task_id in (secret["id"], nothing):
            value: Any = task_id
            if field == "blocked_by":
                value = [task_id]
            elif field == "links":
                value = [{"rel": "relates", "task_id": task_id}]
            answer = await eve.put(f"tasks/{mine['id']}", {field: value})
            told = json.dumps(answer.body).replace(task_id, "?")
            answers.append((answer.status, answer.body.get("code"), secret["title"] in told))
        assert answers[0] == answers[1], field


async def test_a_member_without_part_only_looks_on(colleagues: Company) -> None:
    olga, ivan, maria = [await colleagues.person(name) for name in ("olga", "ivan", "maria")]
    room = await olga.create_room(ivan, maria)
    task = await olga.task(room_id=room, assigned_to=ivan.user_id)
    path = f"tasks/{task['id']}"
    for body in (
        {"title": "x"},
        {"status": "done"},
        {"assigned_to": maria.user_id},
        {"assigned_to": None},
        {"watchers": [ivan.user_id]},
    ):
        assert (await maria.put(path, body)).refusal == (403, "forbidden"), body
    assert (await maria.call("DELETE", path)).refusal == (403, "forbidden")
    assert (await maria.put(f"rooms/{quote(room)}/tasks-config", {"create": "admin"})).refusal == (
        403,
        "forbidden",
    )
    (await maria.post(f"{path}/comments", {"body": "I see"})).must()
    watching = (await maria.put(path, {"watchers": [maria.user_id]})).ok
    assert watching["watchers"] == [maria.user_id]


async def test_a_key_of_another_s_request_opens_nothing(colleagues: Company) -> None:
    olga, eve = await colleagues.person("olga"), await colleagues.person("eve")
    key, body = str(uuid.uuid4()), {"title": "Once"}
    hers = (await olga.post("tasks", body, Idempotency_Key=key)).ok
    mine = (await eve.post("tasks", body, Idempotency_Key=key)).ok
    assert hers["id"] != mine["id"]
    assert (await eve.get(f"tasks/{hers['id']}")).refusal == NOT_FOUND


@on_sqlite
@pytest.mark.parametrize("field", ["assigned_to", "collaborators", "watchers"])
async def test_a_name_that_nobody_can_have_does_not_stop_a_room(
    colleagues: Company, field: str
) -> None:
    olga = await colleagues.person("olga")
    room = await olga.create_room()
    for name in ("@x:bad_name", "@x:unreachable.example", "@Ю:corp.example", "@x:[::1", "@\x7f:a"):
        value: Any = name if field == "assigned_to" else [name]
        answer = await olga.post("tasks", {"title": "x", "room_id": room, field: value})
        assert answer.status in (201, 400, 403, 409), (name, answer.body)
    assert (await olga.post("tasks", {"title": "Next", "room_id": room})).status == 201


async def test_notifications_are_one_s_own(colleagues: Company) -> None:
    olga, ivan, eve = [await colleagues.person(name) for name in ("olga", "ivan", "eve")]
    await olga.task(assigned_to=ivan.user_id)
    (notice,) = (await ivan.get("notifications", unread=True)).ok["data"]
    assert (await eve.get("notifications")).ok["data"] == []
    for body in ({"ids": [notice["id"]]}, {"up_to": notice["at"] + 1000}):
        (await eve.post("notifications/read", body)).must()
    assert (await ivan.get("notifications", unread=True)).ok["unread"] == 1


async def test_settings_calendars_and_delegations_are_one_s_own(colleagues: Company) -> None:
    olga, eve = await colleagues.person("olga"), await colleagues.person("eve")
    bot = await colleagues.bot("helper")
    calendar = (await olga.post("me/ics", {})).ok["id"]
    delegation = (await olga.post("me/delegations", {"bot": bot.user_id})).ok["id"]
    assert (await eve.call("DELETE", f"me/ics/{calendar}")).refusal == NOT_FOUND
    assert (await eve.call("DELETE", f"me/delegations/{delegation}")).refusal == NOT_FOUND
    assert (await eve.get("me/ics")).ok["data"] == []
    assert (await eve.get("me/delegations")).ok["data"] == []
    assert [each["id"] for each in (await olga.get("me/ics")).ok["data"]] == [calendar]


@on_sqlite
async def test_the_address_of_a_calendar_cannot_be_guessed(colleagues: Company) -> None:
    olga = await colleagues.person("olga")
    await olga.task("Mine", assigned_to=olga.user_id)
    made = (await olga.post("me/ics", {})).ok
    secret = made["url"].rpartition("/")[2].removesuffix(".ics")
    assert len(secret) >= 43, "256 bits"
    shown = await colleagues.request("GET", f"ics/{secret}.ics")
    assert "Mine" in shown.body
    bodies = set()
    for guess in (secret[:-1], secret.swapcase(), f"{secret}x", "' OR 1=1 --", made["id"]):
        answer = await colleagues.request("GET", f"ics/{quote(guess, safe='%')}.ics")
        assert answer.refusal == NOT_FOUND
        bodies.add(json.dumps({**answer.body, "instance": ""}))
    assert len(bodies) == 1
    listed = (await olga.get("me/ics")).ok
    assert secret not in json.dumps(listed)
    (await olga.call("DELETE", f"me/ics/{made['id']}")).must()
    assert (await colleagues.request("GET", f"ics/{secret}.ics")).refusal == NOT_FOUND


async def test_the_calendar_of_somebody_who_left_is_shut(colleagues: Company) -> None:
    olga = await colleagues.person("olga")
    url = (await olga.post("me/ics", {})).ok["url"]
    path = "/v1/ics/" + url.rpartition("/")[2]
    (await colleagues.request("GET", path)).must()
    await colleagues.put_user(olga.user_id, active=False)
    assert (await colleagues.request("GET", path)).refusal == NOT_FOUND


async def test_a_bot_does_no_more_than_its_person_may(colleagues: Company) -> None:
    olga, ivan = await colleagues.person("olga"), await colleagues.person("ivan")
    bot, other = await colleagues.bot("helper"), await colleagues.bot("other")
    room = await olga.create_room(ivan, bot, other)
    task = await olga.task(room_id=room, assigned_to=ivan.user_id)
    path, rename = f"tasks/{task['id']}", {"title": "By the bot"}
    delegation = (await ivan.post("me/delegations", {"bot": bot.user_id})).ok
    token = delegation["token"]
    assert (await bot.put(path, rename)).refusal == NOT_FOUND, "nothing in its own name"
    assert (await bot.put(path, rename, Delegated_Token=token)).refusal == (403, "forbidden")
    started = (await bot.put(path, {"status": "in_progress"}, Delegated_Token=token)).ok
    assert started["status"] == "in_progress"
    (last, *_) = (await olga.get(f"{path}/history")).ok["data"]
    assert {last["actor"], last["on_behalf_of"]} == {bot.user_id, ivan.user_id}
    refused = (403, "forbidden")
    change = {"status": "open"}
    assert (await other.put(path, change, Delegated_Token=token)).refusal == refused
    assert (await olga.put(path, change, Delegated_Token=token)).refusal == refused
    assert (await bot.put(path, change, Delegated_Token="made up")).refusal == refused
    (await ivan.call("DELETE", f"me/delegations/{delegation['id']}")).must()
    assert (await bot.put(path, change, Delegated_Token=token)).refusal == refused
    assert (await bot.post("me/delegations", {"bot": other.user_id})).refusal == refused
    assert (await ivan.post("me/delegations", {"bot": olga.user_id})).refusal == NOT_FOUND
    assert (await bot.get("admin/users")).refusal == refused


async def test_a_bot_does_what_it_was_granted_in_that_room_alone(colleagues: Company) -> None:
    olga, admin = await colleagues.person("olga"), await colleagues.admin()
    bot = await colleagues.bot("helper")
    here, there = await olga.create_room(bot), await olga.create_room(bot)
    names = ["comment", "create", "set:title", "view"]
    grants = {"grants": [{"room_id": here, "operations": names}]}
    path = f"admin/users/{quote(bot.user_id)}/grants"
    assert (await admin.put(path, grants)).ok == grants
    made = await bot.task("By the bot", room_id=here)
    assert made["can"] == ["comment", "set:title"]
    (await bot.put(f"tasks/{made['id']}", {"title": "Better"})).must()
    refused = await bot.put(f"tasks/{made['id']}", {"priority": "high"})
    assert refused.refusal == (403, "forbidden")
    assert (await bot.post("tasks", {"title": "x", "room_id": there})).refusal[0] in (403, 404)
    assert (await olga.put(path, grants)).refusal == (403, "forbidden")


def _signer(company: Company) -> TokenSigner:
    key = (company.server.folder / "token.key").read_text()
    return TokenSigner(SigningKey.parse(key), SERVER_NAME)


def _unsigned(token: str, **changes: Any) -> str:
    """The claims of a token under `alg: none`."""
    claims = {**jwt.decode(token, options={"verify_signature": False}), **changes}
    header = {**jwt.get_unverified_header(token), "alg": "none"}
    parts = (
        base64.urlsafe_b64encode(json.dumps(each).encode()).rstrip(b"=").decode()
        for each in (header, claims)
    )
    return ".".join(parts) + "."


async def _socket_refusal(company: Company, token: Any) -> str:
    heard = Heard()
    with pytest.raises(Refused):
        await heard.open(company.server.url, token)
    await heard.close()
    return str(heard.refusal)


@on_sqlite
async def test_forged_and_stale_tokens_open_neither_door(colleagues: Company) -> None:
    olga = await colleagues.person("olga")
    claims = jwt.decode(olga.token, options={"verify_signature": False})
    user, device = UserId(olga.user_id), DeviceId(claims["did"])
    now = round(time.time() * 1000)
    signer = _signer(colleagues)
    expired = signer.sign(Claims(claims["jti"], user, device, now - 1000), issued_ts=now - 60_000)
    never_issued = signer.sign(Claims("made-up", user, device, None), issued_ts=now)
    secret = base64.urlsafe_b64encode(b"0" * 32).decode()
    by_password = jwt.encode(
        claims,
        secret,
        algorithm="HS256",
        headers={"kid": jwt.get_unverified_header(olga.token)["kid"]},
    )
    for token, code in (
        (_unsigned(olga.token), "token_invalid"),
        (_unsigned(olga.token, sub="@admin:corp.example"), "token_invalid"),
        (by_password, "token_invalid"),
        (expired, "token_expired"),
        (never_issued, "token_revoked"),
        ("x" * 5000, "token_invalid"),
    ):
        stranger = Person(colleagues, olga.user_id, token)
        answer = await stranger.get("tasks")
        assert answer.refusal == (401, code)
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert await _socket_refusal(colleagues, token) == code
    for shape in (5, ["x"], {"token": olga.token}, True):
        assert await _socket_refusal(colleagues, shape) == "token_missing"


@on_sqlite
async def test_a_token_counts_only_where_it_belongs(colleagues: Company) -> None:
    olga = await colleagues.person("olga")
    url = colleagues.server.url
    for query in ({"access_token": olga.token}, {"token": olga.token}):
        answer = await colleagues.request("GET", "tasks", query=query)
        assert answer.refusal == (401, "token_missing")
    for header in (f"Basic {olga.token}", olga.token, "Bearer"):
        answer = await colleagues.request("GET", "tasks", headers={"Authorization": header})
        assert answer.refusal == (401, "token_missing")
    heard = Heard()
    with pytest.raises(Refused):
        await heard.client.connect(
            f"{url}/socket.io/?token={olga.token}&access_token={olga.token}",
            namespaces=["/ws"],
            headers={"Authorization": f"Bearer {olga.token}"},
            transports=["websocket"],
            wait_timeout=20,
        )
    assert heard.refusal == "token_missing"
    await heard.close()


@on_sqlite
async def test_a_socket_of_another_namespace_hears_nothing(colleagues: Company) -> None:
    olga = await colleagues.person("olga")
    for namespace in ("/", "/admin"):
        heard = Heard()
        with pytest.raises(Refused):
            await heard.client.connect(
                colleagues.server.url,
                namespaces=[namespace],
                auth={"token": olga.token},
                transports=["websocket"],
                wait_timeout=20,
            )
        await heard.close()


@on_sqlite
async def test_a_changed_password_closes_the_other_sockets(colleagues: Company) -> None:
    olga = await colleagues.person("olga")
    async with olga.socket() as heard:
        await colleagues.put_user(olga.user_id, password="another horse")
        await heard.until_closed(seconds=10)
    assert (await olga.get("tasks")).refusal == (401, "token_revoked")


@on_sqlite
@pytest.mark.parametrize(
    ("path", "size"), [("tasks", 1 << 20), ("commands", 8 << 20), ("auth/login", 1 << 20)]
)
async def test_a_body_has_a_size(colleagues: Company, path: str, size: int) -> None:
    olga = await colleagues.person("olga")
    url = f"{colleagues.server.url}/v1/{path}"
    headers = {"Authorization": f"Bearer {olga.token}", "Content-Type": "application/json"}

    async def in_chunks() -> Any:
        for _ in range(size // 65536 + 2):
            yield b" " * 65536

    async with aiohttp.ClientSession(headers=headers) as session:
        for data in (io.BytesIO(b" " * (size + 1)), in_chunks()):
            try:
                async with session.post(url, data=data) as answer:
                    assert answer.status == 413
                    assert (await answer.json(content_type=None))["code"] == "too_large"
            except aiohttp.ClientConnectionError:
                # The answer may be lost on a connection that is closed before all is sent.
                continue
    assert (await olga.get("tasks")).ok["data"] == []


@on_sqlite
@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"x"',
        b"[" * 100_000,
        b'{"title":"' + b"\xff\xfe" + b'"}',
        b'{"title":"\\ud800"}',
        b'{"title":NaN}',
        b'{"title":1e999}',
        b'{"title":"x","estimate_min":1e99}',
        b'{"title":"x","fields":{"a":99999999999999999999}}',
        b'{"title":"x","__proto__":{"admin":true}}',
        b'{"title":"x","creator":"@admin:corp.example"}',
        b'{"title":"x","rev":7,"can":["erase"]}',
        b'{"title":"   "}',
    ],
)
async def test_a_body_that_is_no_task_is_invalid(colleagues: Company, raw: bytes) -> None:
    olga = await colleagues.person("olga")
    headers = {"Authorization": f"Bearer {olga.token}", "Content-Type": "application/json"}
    url = f"{colleagues.server.url}/v1/tasks"
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(url, data=raw) as answer,
    ):
        assert answer.status == 400
        assert answer.content_type == "application/problem+json"
        assert (await answer.json(content_type=None))["code"] == "invalid"


async def test_text_with_control_characters_is_stored_or_refused_not_broken(
    colleagues: Company,
) -> None:
    olga = await colleagues.person("olga")
    for title in ("a\x00b", "a\x1bb", "\u202eabc", "a\u2028b", "a\r\nb", "😀" * 255):
        answer = await olga.post("tasks", {"title": title})
        assert answer.status in (201, 400), (title, answer.body)
        if answer.status == 201:
            found = (await olga.get(f"tasks/{answer.body['id']}")).ok
            assert found["title"] == answer.body["title"]


SEARCHES = [
    "' OR '1'='1",
    '"; DROP TABLE task; --',
    "a* OR b*",
    "NEAR(a b)",
    "title:secret",
    "NOT secret",
    "se%ret",
    "se_ret",
    "secret:*",
    "secret & !other | (",
    "\\",
    "\x00secret",
    "-",
    "(((",
    "😀",
    "a" * 200,
]


async def test_a_search_is_words_and_nothing_else(colleagues: Company) -> None:
    olga, eve = await colleagues.person("olga"), await colleagues.person("eve")
    await olga.task("The secret plan")
    await eve.task("Her own business")
    for text in SEARCHES:
        found = await eve.get("tasks", q=text)
        assert found.status in (200, 400), (text, found.body)
        assert "secret" not in json.dumps(found.body.get("data", [])), text
    listed = (await olga.get("tasks", q="secr")).ok["data"]
    assert [each["title"] for each in listed] == ["The secret plan"]


@on_sqlite
@pytest.mark.parametrize(
    "query",
    [
        {"sort": "due; DROP TABLE task"},
        {"sort": "title"},
        {"sort": "due,due,due,due,due,due,due"},
        {"status": "open' OR 1=1"},
        {"limit": "201"},
        {"limit": "-1"},
        {"limit": "1e1"},
        {"limit": "٣"},
        {"cursor": "' OR 1=1"},
        {"cursor": "x" * 1025},
        {"due_before": "tomorrow"},
        {"due_before": "0000-00-00"},
        {"overdue": "maybe"},
        {"parent": "x"},
        {"room_id": "*"},
        {"unknown": "1"},
        {"limit": ["1", "2"]},
    ],
)
async def test_a_list_takes_only_what_is_described(
    colleagues: Company, query: dict[str, Any]
) -> None:
    olga = await colleagues.person("olga")
    assert (await olga.get("tasks", **query)).refusal == (400, "invalid")


async def test_a_cursor_belongs_to_its_list_and_its_reader(colleagues: Company) -> None:
    olga, eve = await colleagues.person("olga"), await colleagues.person("eve")
    for number in range(3):
        await olga.task(f"Task {number}")
        await eve.task(f"Hers {number}")
    cursor = (await olga.get("tasks", limit=1)).ok["next_cursor"]
    (await olga.get("tasks", limit=1, cursor=cursor)).must()
    head = cursor[:8]
    forged = base64.urlsafe_b64encode(b'[{"$gt": 0}, null, "x"]').rstrip(b"=").decode()
    for who, query in (
        (eve, {"cursor": cursor}),
        (olga, {"cursor": cursor, "sort": "-due"}),
        (olga, {"cursor": cursor, "status": "open"}),
        (olga, {"cursor": cursor[:-4] + "AAAA"}),
        (olga, {"cursor": cursor[::-1]}),
        (olga, {"cursor": head + forged}),
        (olga, {"cursor": head}),
    ):
        answer = await who.get("tasks", limit=1, **query)
        assert answer.status in (200, 400)
        if answer.status == 200:
            assert all(each["creator"] == who.user_id for each in answer.ok["data"]), query


@on_sqlite
async def test_only_administrators_administer(colleagues: Company) -> None:
    olga = await colleagues.person("olga", role="manager")
    me = f"admin/users/{quote(olga.user_id)}"
    for answer in (
        await olga.get("admin/users"),
        await olga.get(me),
        await olga.put(me, {"role": "admin"}),
        await olga.put(me, {"password": "another horse"}),
        await olga.get(f"{me}/grants"),
        await olga.get("admin/org"),
        await olga.put("admin/org", {"units": [], "people": []}),
        await olga.post("admin/index", {"action": "rebuild"}),
    ):
        assert answer.refusal == (403, "forbidden")


@on_sqlite
async def test_an_administrator_who_is_none_any_more_is_noticed(colleagues: Company) -> None:
    olga = await colleagues.person("olga", role="admin")
    (await olga.get("admin/users")).must()
    await colleagues.put_user(olga.user_id, role="member")
    await asyncio.sleep(2.1)
    assert (await olga.get("admin/users")).refusal == (403, "forbidden")
