"""Presence: client-server-api, "Presence"."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from homeserver.protocol.presence import IDLE_MS, SILENCE_MS
from homeserver.services.sync import presences
from tests.harness.whole_server import Person, WholeServer, whole_server

SOON = 5.0
Json = dict[str, Any]


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is gathered for long."""
    monkeypatch.setattr(presences, "GATHER_SECONDS", 0.02)
    monkeypatch.setattr(presences, "HOLD_SECONDS", 0.01)


@pytest.fixture
async def two(server: WholeServer) -> tuple[Person, Person, str]:
    """Olga and Ivan in a room of their own."""
    olga, ivan = await server.register("olga"), await server.register("ivan")
    return olga, ivan, await meet(olga, ivan)


async def meet(host: Person, *guests: Person) -> str:
    room: str = (await host.post("createRoom", {"preset": "public_chat"})).ok["room_id"]
    for guest in guests:
        assert (await guest.post(f"rooms/{room}/join")).status == 200
    return room


async def put(person: Person, presence: str, **more: Any) -> None:
    path = f"presence/{person.user_id}/status"
    assert (await person.put(path, {"presence": presence, **more})).ok == {}


async def status(asker: Person, person: Person) -> Json:
    answer: Json = (await asker.get(f"presence/{person.user_id}/status")).ok
    return answer


async def sync(person: Person, since: str | None = None, **query: str | int) -> Json:
    """A poll that says nothing of the person who polls."""
    given: dict[str, str | int] = {"set_presence": "offline", **query}
    if since is not None:
        given["since"] = since
    answer: Json = (await person.get("sync", **given)).ok
    return answer


def shown(answer: Json) -> dict[str, str]:
    events = answer.get("presence", {}).get("events", [])
    assert all(event["type"] == "m.presence" for event in events)
    return {event["sender"]: event["content"]["presence"] for event in events}


async def news(person: Person, since: str, **query: str | int) -> tuple[dict[str, str], str]:
    """What comes next of presence, and the token after it."""
    async with asyncio.timeout(SOON):
        while True:
            answer = await sync(person, since, timeout=4_000, **query)
            since = answer["next_batch"]
            if found := shown(answer):
                return found, since


async def told(server: WholeServer) -> None:
    """What has changed so far has been told: nothing is gathered for longer."""
    await asyncio.sleep(0.2)


async def test_one_says_how_one_is(two: tuple[Person, Person, str]) -> None:
    olga, ivan, _ = two
    assert await status(olga, olga) == {"presence": "offline"}
    await put(olga, "unavailable", status_msg="In a meeting")
    expected = {"presence": "unavailable", "status_msg": "In a meeting", "last_active_ago": 0}
    assert await status(olga, olga) == await status(ivan, olga) == expected
    olga.server.clock.forward(2)
    assert (await status(ivan, olga))["last_active_ago"] == 2_000
    await put(olga, "online")
    assert await status(ivan, olga) == {"presence": "online", "last_active_ago": 0}
    await put(olga, "offline", status_msg=None)
    assert (await status(ivan, olga))["presence"] == "offline"


@pytest.mark.parametrize(
    ("body", "errcode"),
    [
        ({}, "M_MISSING_PARAM"),
        ({"presence": "busy"}, "M_BAD_JSON"),
        ({"presence": 1}, "M_BAD_JSON"),
        ({"presence": "online", "status_msg": 1}, "M_BAD_JSON"),
        ({"presence": "online", "status_msg": "x" * 1_001}, "M_INVALID_PARAM"),
    ],
)
async def test_nonsense_is_refused(server: WholeServer, body: Json, errcode: str) -> None:
    olga = await server.register("olga")
    answer = await olga.put(f"presence/{olga.user_id}/status", body)
    assert answer.refusal == (400, errcode)
    refused = await olga.get("sync", set_presence="busy")
    assert refused.refusal == (400, "M_INVALID_PARAM")


async def test_presence_is_for_those_who_share_a_room(two: tuple[Person, Person, str]) -> None:
    olga, ivan, room = two
    stranger = await olga.server.register("stranger")
    for person in (olga.user_id, "@nobody:a.example"):
        answer = await stranger.get(f"presence/{person}/status")
        assert answer.refusal == (403, "M_FORBIDDEN")
    path = f"presence/{olga.user_id}/status"
    assert (await ivan.put(path, {"presence": "online"})).refusal == (403, "M_FORBIDDEN")
    since = (await sync(stranger))["next_batch"]
    await put(olga, "online")
    await told(olga.server)
    assert shown(await sync(stranger)) == {}
    assert shown(await sync(stranger, since)) == {}
    assert (await ivan.post(f"rooms/{room}/leave")).status == 200
    assert (await ivan.get(path)).refusal == (403, "M_FORBIDDEN")
    assert shown(await sync(ivan)) == {}


async def test_a_change_wakes_those_who_wait(two: tuple[Person, Person, str]) -> None:
    olga, ivan, _ = two
    since = (await sync(ivan))["next_batch"]
    poll = asyncio.create_task(news(ivan, since))
    await asyncio.sleep(0.1)
    assert not poll.done()
    await put(olga, "online", status_msg="Here")
    found, since = await poll
    assert found == {olga.user_id: "online"}
    assert shown(await sync(ivan, since)) == {}
    await put(olga, "online", status_msg="There")
    assert await news(ivan, since) == ({olga.user_id: "online"}, (await sync(ivan))["next_batch"])
    assert (await status(ivan, olga))["status_msg"] == "There"
    assert shown(await sync(ivan)) == {olga.user_id: "online"}


@pytest.mark.parametrize(
    ("said", "state"), [({}, "online"), ({"set_presence": "unavailable"}, "unavailable")]
)
async def test_who_polls_is_there(
    two: tuple[Person, Person, str], said: dict[str, str], state: str
) -> None:
    olga, ivan, _ = two
    since = (await sync(ivan))["next_batch"]
    await olga.get("sync", **said)
    assert (await news(ivan, since))[0] == {olga.user_id: state}


async def test_who_polls_without_being_there_is_offline(two: tuple[Person, Person, str]) -> None:
    olga, ivan, _ = two
    await sync(olga)
    assert await status(ivan, olga) == {"presence": "offline"}
    await olga.get("sync")
    await sync(olga)  # another window of the same device; nothing is taken back
    assert (await status(ivan, olga))["presence"] == "online"


async def test_who_falls_silent_is_offline(two: tuple[Person, Person, str]) -> None:
    olga, ivan, _ = two
    clock = olga.server.clock
    await olga.get("sync", timeout=0)
    await told(olga.server)
    since = (await sync(ivan))["next_batch"]
    clock.forward(SILENCE_MS / 1000)
    assert (await status(ivan, olga))["presence"] == "offline"
    person = olga.server.engine.presences._people[olga.user_id]
    olga.server.engine.presences._review(olga.user_id, person, clock())
    assert (await news(ivan, since))[0] == {olga.user_id: "offline"}
    assert shown(await sync(ivan)) == {}  # who is not there is nobody's news


async def test_an_idle_person_is_unavailable_until_they_say_something(
    two: tuple[Person, Person, str],
) -> None:
    olga, ivan, room = two
    clock = olga.server.clock
    await olga.get("sync")
    for _ in range(IDLE_MS // 20_000):
        clock.forward(20)
        await olga.get("sync")
    assert (await status(ivan, olga))["presence"] == "unavailable"
    sent = await olga.put(f"rooms/{room}/send/m.room.message/1", {"body": "x"})
    assert sent.status == 200
    assert (await status(ivan, olga))["presence"] == "online"


async def test_newcomers_are_shown_to_each_other(server: WholeServer) -> None:
    """Those in a room that one enters, and those who enter a room in which one is."""
    olga, ivan = await server.register("olga"), await server.register("ivan")
    room = await meet(olga)
    await put(olga, "online")
    await put(ivan, "unavailable")
    await told(server)
    of_olga, of_ivan = (await sync(olga))["next_batch"], (await sync(ivan))["next_batch"]
    assert shown(await sync(ivan, of_ivan)) == {}
    assert (await ivan.post(f"rooms/{room}/join")).status == 200
    for_ivan, for_olga = await sync(ivan, of_ivan), await sync(olga, of_olga)
    assert shown(for_ivan)[olga.user_id] == "online"
    assert shown(for_olga) == {ivan.user_id: "unavailable"}
    assert shown(await sync(ivan, for_ivan["next_batch"])) == {}
    assert shown(await sync(olga, for_olga["next_batch"])) == {}


async def test_a_client_may_want_no_presence_or_not_of_everybody(
    two: tuple[Person, Person, str],
) -> None:
    olga, ivan, _ = two
    none, others = (
        '{"presence":{"types":[]}}',
        f'{{"presence":{{"not_senders":["{olga.user_id}"]}}}}',
    )
    await put(olga, "online")
    await told(olga.server)
    for wanted in (none, others):
        answer = await sync(ivan, filter=wanted)
        assert shown(answer) == {}
        await put(olga, "unavailable")
        await put(olga, "online", status_msg=wanted)
        await told(olga.server)
        assert shown(await sync(ivan, answer["next_batch"], filter=wanted)) == {}
    assert "~p" not in (await sync(ivan, filter=none))["next_batch"]


async def test_ignored_people_are_not_shown(two: tuple[Person, Person, str]) -> None:
    olga, ivan, _ = two
    path = f"user/{ivan.user_id}/account_data/m.ignored_user_list"
    await ivan.put(path, {"ignored_users": {olga.user_id: {}}})
    since = (await sync(ivan))["next_batch"]
    await put(olga, "online")
    await told(olga.server)
    assert shown(await sync(ivan)) == shown(await sync(ivan, since)) == {}


async def test_those_who_do_not_come_back_after_a_restart_are_offline(
    tmp_path: Path, migrated_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with whole_server(tmp_path, migrated_database_url) as server:
        olga, ivan = await server.register("olga"), await server.register("ivan")
        await meet(olga, ivan)
        await put(olga, "online")
        await told(server)
        since = (await sync(ivan))["next_batch"]
    monkeypatch.setattr(presences, "SETTLE_SECONDS", 0.1)
    async with whole_server(tmp_path, migrated_database_url) as server:
        server.clock.forward(5)
        ivan.server = server
        found, _ = await news(ivan, since)
        assert found[olga.user_id] == "offline"


async def test_presence_can_be_off(tmp_path: Path, migrated_database_url: str) -> None:
    settings = {"presence": {"enabled": False}}
    async with whole_server(tmp_path, migrated_database_url, settings) as server:
        olga = await server.register("olga")
        await put(olga, "online", status_msg="Here")
        answer = (await olga.get("sync")).ok
        assert await status(olga, olga) == {"presence": "offline"}
        await asyncio.sleep(0.1)
        assert shown(await sync(olga)) == {}
        assert "~p" not in answer["next_batch"]
