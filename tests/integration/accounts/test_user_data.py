"""Account data, tags and push rules."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.harness.whole_server import Person, WholeServer

FORBIDDEN = (403, "M_FORBIDDEN")
NOT_FOUND = (404, "M_NOT_FOUND")
RULE = "pushrules/global/room/!foo:a.example"


async def _room(person: Person) -> str:
    room = (await person.post("createRoom", {})).ok["room_id"]
    assert isinstance(room, str)
    return room


# --- account data ---


async def test_account_data_is_kept_globally_and_for_rooms(server: WholeServer) -> None:
    olga = await server.register("olga")
    room = await _room(olga)
    for where in (f"user/{olga.user_id}", f"user/{olga.user_id}/rooms/{room}"):
        path = f"{where}/account_data/org.example.key"
        assert (await olga.get(path)).refusal == NOT_FOUND
        for value in ({"value": "first", "number": 0.5}, {"value": "второе"}, {}):
            assert (await olga.put(path, value)).ok == {}
            assert (await olga.get(path)).ok == value


async def test_account_data_can_be_deleted(server: WholeServer) -> None:
    olga = await server.register("olga")
    room = await _room(olga)
    for where in (f"user/{olga.user_id}", f"user/{olga.user_id}/rooms/{room}"):
        path = f"{where}/account_data/org.example.key"
        unstable = f"/_matrix/client/unstable/org.matrix.msc3391/{path}"
        await olga.put(path, {"a": 1})
        assert (await olga.delete(unstable)).ok == {}
        assert (await olga.get(path)).refusal == NOT_FOUND
        assert (await olga.delete(unstable)).ok == {}, "gone already"
    everything = (await olga.get("sync")).ok
    types = {each["type"] for each in everything["account_data"]["events"]}
    assert "org.example.key" not in types


async def test_a_deletion_reaches_clients_that_know_the_entry(server: WholeServer) -> None:
    olga = await server.register("olga")
    path = f"user/{olga.user_id}/account_data/org.example.key"
    await olga.put(path, {"a": 1})
    since = (await olga.get("sync")).ok["next_batch"]
    await olga.delete(f"/_matrix/client/unstable/org.matrix.msc3391/{path}")
    events = (await olga.get("sync", since=since)).ok["account_data"]["events"]
    assert events == [{"type": "org.example.key", "content": {}}]


async def test_account_data_is_nobody_elses_business(server: WholeServer) -> None:
    olga, ivan = await server.register("olga"), await server.register("ivan")
    room = await _room(olga)
    mine = f"user/{olga.user_id}"
    await olga.put(f"{mine}/account_data/a.b", {"secret": 1})
    for path in (
        f"{mine}/account_data/a.b",
        f"{mine}/account_data/m.push_rules",
        f"{mine}/rooms/{room}/account_data/a.b",
        f"{mine}/rooms/{room}/tags",
        f"{mine}/rooms/{room}/tags/u.work",
    ):
        if not path.endswith("u.work"):
            assert (await ivan.get(path)).refusal == FORBIDDEN
        if not path.endswith("tags"):
            assert (await ivan.put(path, {})).refusal == FORBIDDEN
        assert (await server.call("PUT", path, {})).status in (401, 405)
    unstable = f"/_matrix/client/unstable/org.matrix.msc3391/{mine}/account_data/a.b"
    assert (await ivan.delete(unstable)).refusal == FORBIDDEN
    assert (await olga.get(f"{mine}/account_data/a.b")).ok == {"secret": 1}


async def test_rooms_one_has_nothing_to_do_with_take_no_data(server: WholeServer) -> None:
    olga, ivan = await server.register("olga"), await server.register("ivan")
    room = await _room(olga)
    for room_id in (room, "!unknown:a.example"):
        where = f"user/{ivan.user_id}/rooms/{room_id}"
        assert (await ivan.put(f"{where}/account_data/a.b", {})).refusal == NOT_FOUND
        assert (await ivan.get(f"{where}/account_data/a.b")).refusal == NOT_FOUND
        assert (await ivan.put(f"{where}/tags/u.x", {})).refusal == NOT_FOUND
        assert (await ivan.get(f"{where}/tags")).refusal == NOT_FOUND


@pytest.mark.parametrize("data_type", ["m.fully_read", "m.push_rules"])
async def test_what_only_the_server_writes_is_refused(server: WholeServer, data_type: str) -> None:
    olga = await server.register("olga")
    room = await _room(olga)
    for where in (f"user/{olga.user_id}", f"user/{olga.user_id}/rooms/{room}"):
        path = f"{where}/account_data/{data_type}"
        assert (await olga.put(path, {})).refusal == (405, "M_BAD_JSON")
        unstable = f"/_matrix/client/unstable/org.matrix.msc3391/{path}"
        assert (await olga.delete(unstable)).refusal == (405, "M_BAD_JSON")


@pytest.mark.parametrize(
    ("data_type", "body", "refusal"),
    [
        ("a.b", "[]", (400, "M_BAD_JSON")),
        ("a.b", "{", (400, "M_NOT_JSON")),
        ("a%00b", "{}", (400, "M_INVALID_PARAM")),
        ("x" * 256, "{}", (400, "M_INVALID_PARAM")),
        ("a.b", '{"a": "%s"}' % ("x" * 300_000), (413, "M_TOO_LARGE")),
        ("a.b", '{"a": "%s"}' % ("x" * 1_100_000), (413, "M_TOO_LARGE")),
    ],
)
async def test_what_is_no_account_data_is_refused(
    server: WholeServer, data_type: str, body: str, refusal: tuple[int, str]
) -> None:
    olga = await server.register("olga")
    path = f"user/{olga.user_id}/account_data/{data_type}"
    assert (await olga.put(path, body)).refusal == refusal


# --- tags ---


async def test_rooms_are_tagged(server: WholeServer) -> None:
    olga = await server.register("olga")
    path = f"user/{olga.user_id}/rooms/{await _room(olga)}/tags"
    assert (await olga.get(path)).ok == {"tags": {}}
    await olga.put(f"{path}/m.favourite", {"order": 0.5})
    await olga.put(f"{path}/u.работа", {})
    await olga.put(f"{path}/m.favourite", {"order": 1})
    assert (await olga.get(path)).ok == {"tags": {"m.favourite": {"order": 1}, "u.работа": {}}}
    assert (await olga.delete(f"{path}/m.favourite")).ok == {}
    assert (await olga.delete(f"{path}/m.favourite")).ok == {}, "gone already"
    assert (await olga.get(path)).ok == {"tags": {"u.работа": {}}}


async def test_tags_put_at_once_are_all_kept(server: WholeServer) -> None:
    olga = await server.register("olga")
    path = f"user/{olga.user_id}/rooms/{await _room(olga)}/tags"
    await asyncio.gather(*(olga.put(f"{path}/u.{number}", {}) for number in range(8)))
    assert len((await olga.get(path)).ok["tags"]) == 8


@pytest.mark.parametrize("order", ["0.5", -1, 2, True, [], None])
async def test_an_order_is_a_number_from_0_to_1(server: WholeServer, order: Any) -> None:
    olga = await server.register("olga")
    path = f"user/{olga.user_id}/rooms/{await _room(olga)}/tags/u.x"
    assert (await olga.put(path, {"order": order})).refusal == (400, "M_INVALID_PARAM")


async def test_a_tags_name_has_at_most_255_bytes(server: WholeServer) -> None:
    olga = await server.register("olga")
    path = f"user/{olga.user_id}/rooms/{await _room(olga)}/tags"
    assert (await olga.put(f"{path}/u.{'я' * 126}", {})).ok == {}
    assert (await olga.put(f"{path}/u.{'я' * 127}", {})).refusal == (400, "M_INVALID_PARAM")


# --- push rules ---


async def test_everybody_starts_with_the_predefined_rules(server: WholeServer) -> None:
    olga = await server.register("olga")
    rules = (await olga.get("pushrules/")).ok
    assert rules["global"]["override"][0]["rule_id"] == ".m.rule.master"
    assert (await olga.get("pushrules/global/")).ok == rules["global"]
    assert (await olga.get("pushrules")).ok == rules
    data = (await olga.get(f"user/{olga.user_id}/account_data/m.push_rules")).ok
    assert data == rules


async def test_a_rule_is_added_switched_changed_and_removed(server: WholeServer) -> None:
    olga = await server.register("olga")
    assert (await olga.put(RULE, {"actions": ["notify"]})).ok == {}
    assert (await olga.get(RULE)).ok == {
        "rule_id": "!foo:a.example",
        "default": False,
        "enabled": True,
        "actions": ["notify"],
    }
    assert (await olga.put(f"{RULE}/enabled", {"enabled": False})).ok == {}
    assert (await olga.get(f"{RULE}/enabled")).ok == {"enabled": False}
    assert (await olga.put(f"{RULE}/actions", {"actions": ["dont_notify"]})).ok == {}
    assert (await olga.get(f"{RULE}/actions")).ok == {"actions": ["dont_notify"]}
    assert (await olga.delete(RULE)).ok == {}
    assert (await olga.get(RULE)).refusal == NOT_FOUND


async def test_predefined_rules_are_switched_but_not_removed(server: WholeServer) -> None:
    olga = await server.register("olga")
    path = "pushrules/global/override/.m.rule.master"
    assert (await olga.get(f"{path}/enabled")).ok == {"enabled": False}
    assert (await olga.put(f"{path}/enabled", {"enabled": True})).ok == {}
    assert (await olga.get(f"{path}/enabled")).ok == {"enabled": True}
    assert (await olga.delete(path)).status == 400


async def test_a_changed_rule_wakes_a_poll(server: WholeServer) -> None:
    olga = await server.register("olga")
    since = (await olga.get("sync")).ok["next_batch"]
    changes: list[tuple[str, dict[str, Any]]] = [
        (RULE, {"actions": ["notify"]}),
        (f"{RULE}/enabled", {"enabled": False}),
        (f"{RULE}/enabled", {"enabled": True}),
        (f"{RULE}/actions", {"actions": ["dont_notify"]}),
    ]
    for path, body in changes:
        poll = asyncio.create_task(olga.get("sync", since=since, timeout=10_000))
        await asyncio.sleep(0.02)
        assert (await olga.put(path, body)).ok == {}
        answer = (await poll).ok
        events = answer["account_data"]["events"]
        content = next(each["content"] for each in events if each["type"] == "m.push_rules")
        assert content["global"]["room"][0]["rule_id"] == "!foo:a.example"
        since = answer["next_batch"]


async def test_order_is_given_by_before_and_after(server: WholeServer) -> None:
    olga = await server.register("olga")
    content = "pushrules/global/content"
    for name in ("one", "two", "three"):
        await olga.put(f"{content}/{name}", {"actions": [], "pattern": name})
    await olga.put(f"{content}/three", {"actions": [], "pattern": "x"}, after="one")
    rules = (await olga.get("pushrules/global/")).ok["content"]
    own = [each["rule_id"] for each in rules if not each["default"]]
    assert own == ["two", "one", "three"]
    refused = await olga.put(f"{content}/four", {"actions": [], "pattern": "x"}, before="zzz")
    assert refused.status == 400


async def test_rules_changed_at_once_are_all_kept(server: WholeServer) -> None:
    olga = await server.register("olga")
    body = {"actions": ["notify"]}
    await asyncio.gather(
        *(olga.put(f"pushrules/global/room/!r{n}:a.example", body) for n in range(8))
    )
    assert len((await olga.get("pushrules/global/")).ok["room"]) == 8


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "pushrules/global/magic/x", {"actions": []}),
        ("PUT", "pushrules/global/room/!x:a.example", {}),
        ("PUT", "pushrules/global/room/!x:a.example", {"actions": "notify"}),
        ("PUT", "pushrules/global/override/.m.rule.mine", {"actions": []}),
        ("PUT", "pushrules/global/content/x", {"actions": []}),
        ("PUT", "pushrules/global/override/.m.rule.master/enabled", {"enabled": "yes"}),
        ("PUT", "pushrules/global/override/.m.rule.master/enabled", {}),
    ],
)
async def test_bad_rules_are_refused(
    server: WholeServer, method: str, path: str, body: Any
) -> None:
    olga = await server.register("olga")
    before = (await olga.get("pushrules/")).ok
    assert (await olga.call(method, path, body)).status == 400
    assert (await olga.get("pushrules/")).ok == before


async def test_unknown_rules_are_not_found(server: WholeServer) -> None:
    olga = await server.register("olga")
    for suffix in ("", "/enabled", "/actions"):
        assert (await olga.get(RULE + suffix)).refusal == NOT_FOUND
    assert (await olga.delete(RULE)).refusal == NOT_FOUND
    enabled = await olga.put(f"{RULE}/enabled", {"enabled": True})
    assert enabled.refusal == NOT_FOUND


async def test_the_first_change_marks_since_when_rules_differ(server: WholeServer) -> None:
    from homeserver.storage import log, unread

    olga = await server.register("olga")
    async with server.engine.database.read() as conn:
        assert await unread.custom_push_from(conn, olga.user_id) is None
    await olga.put(RULE, {"actions": ["notify"]})
    async with server.engine.database.read() as conn:
        first = await unread.custom_push_from(conn, olga.user_id)
        assert first == await log.last_position(conn)
    await olga.put(f"{RULE}/enabled", {"enabled": False})
    async with server.engine.database.read() as conn:
        assert await unread.custom_push_from(conn, olga.user_id) == first
